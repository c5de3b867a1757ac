"""What Terraform says of bulk runs, as far as it decides what they cost."""

from dataclasses import dataclass

from operations.cost import workflow
from operations.cost.environment import Environment, Function
from operations.cost.measured import Measured
from operations.cost.prices import Prices

STAGES = ("serialize", "classify", "filter")  # what a batch does for each of its photos


@dataclass(frozen=True)
class Bulk:
    states: int  # on a run's way
    batch: int  # photos
    calls_at_once: float  # to the endpoint, by one function
    function: Function

    def batch_milliseconds(self, measured: Measured) -> float:
        """As long as its photos took one by one, several at a time."""
        each = sum(measured.functions[stage].milliseconds for stage in STAGES)
        return self.batch * each / self.calls_at_once


def read(environment: Environment, prices: Prices) -> Bulk:
    states = workflow.path(environment.machines["bulk"])
    (batch,) = [state["ItemBatcher"]["MaxItemsPerBatch"] for state in states if state["Type"] == "Map"]
    return Bulk(len(states), batch, prices.assumptions["bulk_calls_at_once"], environment.functions["batch"])
