"""CloudWatch Logs' metric filters: a line that matches a filter's pattern counts in its metric.

AWS: a filter of a log group turns each line that matches into a value of a metric. moto 5.2.5 keeps filters, and the
same one twice when it is put again. Here the patterns over a line of JSON that compare fields with texts and join
that by `&&`, as `{ $.type = "TaskStateEntered" && $.details.name = "Notify" }`; others are refused.
"""

import functools
import json
import re
from collections.abc import Sequence
from typing import Any

from moto.logs.exceptions import InvalidParameterException
from moto.logs.metric_filters import MetricFilters
from moto.logs.models import LogsBackend

from core.contract.shapes import Json
from localcloud import gaps
from localcloud.metrics import log_lines, series
from localcloud.metrics.series import Metric, Place, Sample

COMPARISON = re.compile(r'\$\.([\w.]+)\s*=\s*"([^"]*)"')

Terms = tuple[tuple[tuple[str, ...], str], ...]  # each a path and the text that has to be there


def install() -> None:
    """Fill the gaps."""

    @gaps.wrap(MetricFilters, "add_filter")
    def add_filter(original: gaps.Original, self: MetricFilters, *asked: Any) -> None:
        name, pattern, group = asked[:3]
        parse(pattern)
        self.metric_filters = [
            kept
            for kept in self.metric_filters
            if (kept["filterName"], kept["logGroupName"]) != (name, group)
        ]
        original(self, *asked)

    def count(logs: LogsBackend, group: str, events: Sequence[Json]) -> None:
        for found in logs.filters.metric_filters:
            if found["logGroupName"] == group:
                _count(Place(logs.account_id, logs.region_name), found, events)

    log_lines.watch(count)


@functools.cache
def parse(pattern: str) -> Terms:
    """The terms of a pattern, which all have to hold."""
    inner = pattern.strip().removeprefix("{").removesuffix("}")
    terms = [COMPARISON.fullmatch(term.strip().strip("()").strip()) for term in inner.split("&&")]
    if not pattern.strip().startswith("{") or None in terms:
        raise InvalidParameterException(msg=f"The local cloud knows no filter pattern {pattern}")
    return tuple((tuple(term[1].split(".")), term[2]) for term in terms if term)


def matches(terms: Terms, line: str) -> bool:
    if not all(text in line for _, text in terms):
        return False  # without a look at its JSON
    try:
        found = json.loads(line)
    except ValueError:
        return False
    return all(_at(path, found) == text for path, text in terms)


def _at(path: Sequence[str], found: Any) -> object:
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _count(place: Place, found: Json, events: Sequence[Json]) -> None:
    terms = parse(found["filterPattern"])
    count = sum(matches(terms, event["message"]) for event in events)
    if not count:
        return
    for made in found["metricTransformations"]:
        value = float(made["metricValue"])
        metric = Metric(made["metricNamespace"], made["metricName"], ())
        series.put(place, metric, None, [Sample(value, value, value, 1)] * count)
