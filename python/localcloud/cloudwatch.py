"""CloudWatch: each metric is listed once.

AWS: `ListMetrics` answers each metric, a name with its dimensions, once. moto 5.2.5 takes two lists of
dimensions for the same only if all of them are equal, so it lists a metric with two as often as it was published.
"""

from moto.cloudwatch import models
from moto.cloudwatch.models import Dimension


def install() -> None:
    """Fill the gap."""

    def are_dimensions_same(metric_dimensions: list[Dimension], dimensions: list[Dimension]) -> bool:
        return sorted(metric_dimensions) == sorted(dimensions)

    models.are_dimensions_same = are_dimensions_same
