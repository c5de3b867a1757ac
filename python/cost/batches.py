"""What Terraform says of bulk runs, as far as it decides what they cost."""

from dataclasses import dataclass

from cost import transitions
from cost.standing import Environment, Function


@dataclass(frozen=True)
class Bulk:
    states: int  # on a run's way
    batch: int  # photos
    at_once: int  # batches
    function: Function
    collect: Function  # what checks and counts the results
    gathers: int  # of it at once


def read(environment: Environment) -> Bulk:
    states = transitions.path(environment.machines["bulk"])
    maps = [state for state in states if state["Type"] == "Map"]
    (batches,) = [it for it in maps if "ItemBatcher" in it]
    gathers = max((it["MaxConcurrency"] for it in maps if it is not batches), default=1)
    functions, size = environment.functions, batches["ItemBatcher"]["MaxItemsPerBatch"]
    return Bulk(
        len(states), size, batches["MaxConcurrency"], functions["batch"], functions["collect"], gathers
    )
