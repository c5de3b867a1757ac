"""The embedded metric format: a line of a log that says which of its members are values of metrics.

AWS: CloudWatch Logs reads such a line of any log group, what a function prints as well, and publishes each metric once
for each of its sets of dimensions. A line that breaks the format anywhere stays a line of the log, and nothing more.
moto 5.2.5 reads none. Left out here: the metrics in which AWS counts lines that it could not read.
"""

import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.utils import get_service_model
from moto.logs.models import LogsBackend

from core.contract.shapes import Json
from localcloud.metrics import log_lines

MARK = '"CloudWatchMetrics"'
LONGEST_NAME = 1024  # of a namespace, of a metric, and of what a dimension is called and is
MOST_DIMENSIONS = 30
MOST_METRICS = 100
MOST_VALUES = 100
LARGEST = 2.0**360
OLDEST_SECONDS = 14 * 24 * 3600
NEWEST_SECONDS = 2 * 3600


def install() -> None:
    """Fill the gap."""
    units = frozenset(get_service_model("cloudwatch").shape_for("StandardUnit").enum)

    def publish(logs: LogsBackend, _group: str, events: Sequence[Json]) -> None:
        watch = cloudwatch_backends[logs.account_id][logs.region_name]
        for event in events:
            for namespace, data in read(event["message"], units):
                watch.put_metric_data(namespace, data)

    log_lines.watch(publish)


def read(line: str, units: frozenset[str]) -> list[tuple[str, list[Json]]]:
    """The namespaces of a line with what `PutMetricData` would be given of each; none of any other line."""
    if MARK not in line:
        return []  # without a look at its JSON
    try:
        root = json.loads(line, parse_constant=_refuse)
        about = root["_aws"]
        moment = _read_time(about["Timestamp"])
        return [
            (
                _text(directive["Namespace"]),
                [{**datum, "Timestamp": moment} for datum in _data(root, directive, units)],
            )
            for directive in _listed(about["CloudWatchMetrics"])
        ]
    except (KeyError, TypeError, ValueError):
        return []


def _data(root: Json, directive: Json, units: frozenset[str]) -> Iterator[Json]:
    sets = [
        [{"Name": _text(name), "Value": _text(root[name])} for name in _listed(names, MOST_DIMENSIONS)]
        for names in _listed(directive["Dimensions"])
    ]
    if not sets:
        raise ValueError("no set of dimensions, not even an empty one")
    for defined in _listed(directive["Metrics"], MOST_METRICS):
        name, unit = _text(defined["Name"]), defined.get("Unit", "None")
        if unit not in units:
            raise ValueError(f"unit {unit}")
        value = root[name]
        values = [
            _number(each) for each in _listed(value if isinstance(value, list) else [value], MOST_VALUES)
        ]
        for dimensions in sets if values else ():
            yield {"MetricName": name, "Dimensions": dimensions, "Unit": unit, "Values": values}


def _read_time(milliseconds: Any) -> datetime:
    """As moto has times: of UTC, without saying so."""
    moment, now = _number(milliseconds) / 1000, time.time()
    if not now - OLDEST_SECONDS <= moment <= now + NEWEST_SECONDS:
        raise ValueError(f"{moment} is too long ago, or still to come")
    return datetime.fromtimestamp(moment, UTC).replace(tzinfo=None)


def _listed(value: Any, most: int | None = None) -> list[Any]:
    if not isinstance(value, list) or (most is not None and len(value) > most):
        raise TypeError(f"no list of at most {most}: {value}")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"no number: {value}")
    if abs(value) > LARGEST:
        raise ValueError(f"{value} is too large, or too small")
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME:
        raise TypeError(f"no name: {value}")
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
