"""CloudWatch's metrics: what is put reaches the alarms, and each metric is listed and counted by itself.

AWS: `ListMetrics` answers each metric, a name with its dimensions, once; statistics are those of the metric that has
exactly the dimensions that were asked for.
moto 5.2.5 lists a metric without dimensions, or with two and more, as often as it was published; and it counts what has
more dimensions as well.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend, MetricDatumBase, Statistics

from core.contract.shapes import Json
from localcloud import gaps
from localcloud.metrics import datapoints, series
from localcloud.metrics.series import Metric, Place, Sample


class Exactly:
    """What `get_metric_statistics` looks through: the data of one metric."""

    def __init__(self, data: list[MetricDatumBase]) -> None:
        self.data = data

    def get_all_metrics(self) -> list[MetricDatumBase]:
        return self.data


def install() -> None:
    """Fill the gaps."""

    @gaps.wrap(CloudWatchBackend, "get_filtered_metrics")
    def get_filtered_metrics(
        _original: gaps.Original,
        self: CloudWatchBackend,
        metric_name: str,
        namespace: str,
        dimensions: list[Json],
    ) -> list[MetricDatumBase]:
        first: dict[Metric, MetricDatumBase] = {}
        for datum in self.get_all_metrics():
            named = datapoints.name_dimensions(datum.dimensions)
            first.setdefault(Metric(datum.namespace, datum.name, named), datum)
        return [datum for datum in first.values() if datum.filter(namespace, metric_name, dimensions)]

    @gaps.wrap(CloudWatchBackend, "put_metric_data")
    def put_metric_data(
        original: gaps.Original, self: CloudWatchBackend, namespace: str, metric_data: Sequence[Json]
    ) -> None:
        original(self, namespace, metric_data)
        place = Place(self.account_id, self.region_name)
        for datum in metric_data:
            metric = Metric(namespace, datum["MetricName"], _sort(datum.get("Dimensions", ())))
            series.put(place, metric, _read_time(datum.get("Timestamp")), _read(datum))

    @gaps.wrap(CloudWatchBackend, "get_metric_statistics")
    def get_metric_statistics(
        original: gaps.Original,
        self: CloudWatchBackend,
        namespace: str,
        metric_name: str,
        *asked: object,
        dimensions: list[Json],
        **more: object,
    ) -> list[Statistics]:
        named = _sort(dimensions)
        data = [
            datum
            for datum in self.get_all_metrics()
            if datum.name == metric_name
            and datum.namespace == namespace
            and datapoints.name_dimensions(datum.dimensions) == named
        ]
        return original(Exactly(data), namespace, metric_name, *asked, dimensions=dimensions, **more)


def _sort(dimensions: Sequence[Json]) -> tuple[tuple[str, str], ...]:
    """As a metric's name has them."""
    return tuple(sorted((each["Name"], each["Value"]) for each in dimensions))


def _read(datum: Json) -> list[Sample]:
    """A datum's values: one, several that came so many times, or a set of statistics."""
    if values := datum.get("Values"):
        counts = datum.get("Counts") or [1] * len(values)
        return [
            Sample(value, value, value * count, count)
            for value, count in zip(map(float, values), map(float, counts), strict=True)
        ]
    if found := datum.get("StatisticValues"):
        return [Sample(*(float(found[name]) for name in ("Minimum", "Maximum", "Sum", "SampleCount")))]
    value = float(datum.get("Value", 0))
    return [Sample(value, value, value, 1)]


def _read_time(moment: Any) -> float | None:
    if not isinstance(moment, datetime):
        return None
    zone = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return zone.timestamp()
