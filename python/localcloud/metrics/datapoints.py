"""The data points of an alarm: one for each of its periods, of one metric or of an expression over several.

AWS: an alarm is looked at once a minute, and its last period ends there; periods of an hour begin anew each minute.
"""

import time
from collections.abc import Iterator

from moto.cloudwatch.models import Alarm, Dimension, MetricDataQuery

from localcloud.metrics import expression, pace, series, statistic
from localcloud.metrics.expression import Values
from localcloud.metrics.series import Metric, Place
from localcloud.metrics.verdict import FURTHER_BACK, Point


def find_minute() -> float:
    """The end of the last minute."""
    minute = pace.shorten(pace.MINUTE)
    return time.time() // minute * minute


def read(alarm: Alarm, place: Place, end: float) -> list[Point]:
    """The alarm's data points, newest first."""
    begins = list(_count_back(alarm, end))
    if not alarm.metric_data_queries:
        metric = Metric(alarm.namespace, alarm.metric_name, name_dimensions(alarm.dimensions))
        (name,) = name_statistics(alarm)
        values = _compute(place, metric, name, begins, pace.shorten(alarm.period))
    else:
        values = _combine(alarm.metric_data_queries, place, begins)
    return [Point(begin, value) for begin, value in zip(begins, values, strict=True)]


def name_statistics(alarm: Alarm) -> list[str]:
    """One for each of the alarm's metrics."""
    if alarm.metric_data_queries:
        return [query.metric_stat.stat for query in alarm.metric_data_queries if query.metric_stat]
    return [alarm.statistic or alarm.extended_statistic or ""]


def find_period(alarm: Alarm) -> int:
    """The alarm's period in seconds. All metrics of an expression have the same."""
    periods = [int(query.metric_stat.period) for query in alarm.metric_data_queries if query.metric_stat]
    return periods[0] if periods else int(alarm.period or pace.MINUTE)


def name_dimensions(dimensions: list[Dimension]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((str(dimension.name), str(dimension.value)) for dimension in dimensions))


def _count_back(alarm: Alarm, end: float) -> Iterator[float]:
    period = pace.shorten(find_period(alarm))
    for number in range(int(alarm.evaluation_periods) + FURTHER_BACK):
        yield end - (number + 1) * period


def _compute(place: Place, metric: Metric, name: str, begins: list[float], period: float) -> Values:
    found = series.find(place, metric)
    if found is None:
        return [None] * len(begins)
    return [statistic.compute(name, found.within(begin, begin + period)) for begin in begins]


def _combine(queries: list[MetricDataQuery], place: Place, begins: list[float]) -> Values:
    known: dict[str, Values] = {}
    for query in queries:
        if stat := query.metric_stat:
            named = name_dimensions(stat.metric.dimensions)
            metric = Metric(stat.metric.namespace, stat.metric.metric_name, named)
            known[query.id] = _compute(place, metric, stat.stat, begins, pace.shorten(int(stat.period)))
    (result,) = [query for query in queries if returns_data(query)]
    if result.expression:
        return expression.evaluate(result.expression, known, len(begins))
    return known[result.id]


def returns_data(query: MetricDataQuery) -> bool:
    """Whether this is what the alarm compares. AWS: so is the query that does not say it."""
    return query.return_data in (True, None, "true")
