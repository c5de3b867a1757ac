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


def read(environment: Environment) -> Bulk:
    states = transitions.path(environment.machines["bulk"])
    (batches,) = [state for state in states if state["Type"] == "Map"]
    size = batches["ItemBatcher"]["MaxItemsPerBatch"]
    return Bulk(len(states), size, batches["MaxConcurrency"], environment.functions["batch"])
