"""The monitor's figures as CloudWatch metrics, dated to the beginning of their hour.

Of the hour: Records, Unreadable, UndecodableImages. Of the 24 hours until its end: Coverage, EstimatedAccuracy,
ConfidenceDrift, ImageDrift and ClassDrift, each with the bound that its alarm looks at, and Entropy. What cannot be
said is left out; so are the bounds of too few records, so that ten pictures raise no alarm.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from core.contract.shapes import Json
from core.figures.drift import CLASS_MIX, MIN_RECORDS
from core.figures.pictures import STATISTICS
from core.figures.tally import CONFIDENCE
from monitoring.results import Result

OLDEST = timedelta(days=14)  # CloudWatch takes nothing older
COUNTS = {"Records": "records", "Unreadable": "unreadable", "UndecodableImages": "undecodable_images"}
DRIFTS = {"ConfidenceDrift": (CONFIDENCE,), "ImageDrift": STATISTICS, "ClassDrift": (CLASS_MIX,)}


def publish(cloudwatch: Any, namespace: str, result: Result, before: Result | None, now: datetime) -> None:
    """Publish a result; of one that replaces another, the counts are what it added, so that sums stay right."""
    since = datetime.fromisoformat(result["since"])
    if since < now - OLDEST:
        return
    dimensions = {"EndpointName": result["endpoint"], "Model": result["model"]}
    common = {
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Timestamp": since,
    }
    counts = {name: result[key] - (before[key] if before else 0) for name, key in COUNTS.items()}
    values = {**counts, **dict(figures(result["day"]))}
    cloudwatch.put_metric_data(
        Namespace=namespace,
        MetricData=[{"MetricName": name, "Value": value, **common} for name, value in values.items()],
    )


def figures(day: Json) -> Iterator[tuple[str, float]]:
    """The day's figures under the names of their metrics."""
    if not day["records"]:
        return
    enough = day["records"] >= MIN_RECORDS
    yield "Entropy", day["entropy"]
    for name in ("coverage", "estimated_accuracy"):
        if day[name]:
            metric = name.title().replace("_", "")
            yield metric, day[name]["value"]
            if enough:
                yield f"{metric}UpperBound", day[name]["high"]
    for metric, statistics in DRIFTS.items():
        rows = [d for d in day["drift"] if d["statistic"] in statistics and d["measure"] != "psi"]
        if told := [row for row in rows if row["verdict"] != "too few"]:
            worst = max(told, key=lambda row: row["low"])
            yield metric, worst["value"]
            yield f"{metric}LowerBound", worst["low"]
