"""What was measured: one series of values for each metric, which is a name with its namespace and its dimensions.

AWS: its services publish metrics of their own. moto 5.2.5 publishes none. They are kept here and not among the data
that moto keeps, a list that every request goes through; moto asks for them when it answers a request, and gets one set
of statistics for each minute. Alarms read the series themselves, also of what was put by `PutMetricData`.
"""

import threading
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import NamedTuple

from moto.cloudwatch.models import MetricAggregatedDatum
from moto.core.common_models import CloudWatchMetricProvider

from localcloud.metrics import pace


class Place(NamedTuple):
    """Where a metric is: nothing crosses accounts and regions."""

    account: str
    region: str


class Metric(NamedTuple):
    """A metric's whole name."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]  # sorted


class Sample(NamedTuple):
    """A value, or what `PutMetricData` may say of several."""

    minimum: float
    maximum: float
    total: float
    number: float


@dataclass
class Series:
    """The samples of one metric in the order of their times."""

    unit: str | None
    times: list[float] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)

    def add(self, moment: float, sample: Sample) -> None:
        place = len(self.times)
        if place and moment < self.times[-1]:
            place = bisect_left(self.times, moment)
        self.times.insert(place, moment)
        self.samples.insert(place, sample)

    def within(self, begin: float, end: float) -> list[Sample]:
        return self.samples[bisect_left(self.times, begin) : bisect_left(self.times, end)]


_of_services: dict[Place, dict[Metric, Series]] = defaultdict(dict)
_put: dict[Place, dict[Metric, Series]] = defaultdict(dict)
_adding = threading.Lock()


def publish(
    place: Place,
    namespace: str,
    dimensions: Mapping[str, str],
    values: Mapping[str, float],
    unit: str = "Count",
) -> None:
    """What a service of AWS says of itself, now."""
    now, named = time.time(), tuple(sorted(dimensions.items()))
    with _adding:
        metrics = _of_services[place]
        for name, value in values.items():
            metric = Metric(namespace, name, named)
            if metric not in metrics:
                metrics[metric] = Series(unit)
            metrics[metric].add(now, Sample(value, value, value, 1))


def put(place: Place, metric: Metric, dated: float | None, samples: Iterable[Sample]) -> None:
    """What somebody put. Where time passes faster, what is dated into the past is the less old."""
    now = time.time()
    moment = now if dated is None else now - pace.shorten(now - dated)
    with _adding:
        series = _put[place].setdefault(metric, Series(None))
        for sample in samples:
            series.add(moment, sample)


def find(place: Place, metric: Metric) -> Series | None:
    return _of_services[place].get(metric) or _put[place].get(metric)


class ServiceMetrics(CloudWatchMetricProvider):
    """By this moto finds the services' metrics, to list them and to answer statistics."""

    @staticmethod
    def get_cloudwatch_metrics(account_id: str, region: str) -> list[MetricAggregatedDatum]:
        with _adding:
            return [
                _summarise(metric, series.unit, minute, [sample for _, sample in pairs])
                for metric, series in _of_services[Place(account_id, region)].items()
                for minute, pairs in groupby(
                    zip(series.times, series.samples, strict=True), lambda pair: pair[0] // pace.MINUTE
                )
            ]


def _summarise(
    metric: Metric, unit: str | None, minute: float, samples: list[Sample]
) -> MetricAggregatedDatum:
    return MetricAggregatedDatum(
        metric.namespace,
        metric.name,
        min(sample.minimum for sample in samples),
        max(sample.maximum for sample in samples),
        sum(sample.number for sample in samples),
        sum(sample.total for sample in samples),
        [{"Name": name, "Value": value} for name, value in metric.dimensions],
        # moto's times are of UTC, and do not say so.
        datetime.fromtimestamp(minute * pace.MINUTE, UTC).replace(tzinfo=None),
        unit,
    )
