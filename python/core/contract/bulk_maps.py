"""A bulk run's two kinds of map: one classifies its photos, the other says afterwards what became of them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_stepfunctions.type_defs import MapRunListItemTypeDef

GATHER = "Gather"  # the label of the second kind


def find_classifying(runs: Iterable["MapRunListItemTypeDef"]) -> str | None:
    """The ARN of the newest map run that classifies, of those of an execution."""
    found = [run for run in runs if label(run["mapRunArn"]) != GATHER]
    return max(found, key=lambda run: run["startDate"])["mapRunArn"] if found else None


def label(map_run: str) -> str:
    """The Map state's, of an ARN that ends with <machine>/<label>:<id>."""
    return map_run.rpartition("/")[2].partition(":")[0]
