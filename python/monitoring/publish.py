"""The monitor's figures as CloudWatch metrics, dated to the beginning of their hour.

Of the hour: Records, Unreadable, UndecodableImages. Of the 24 hours until its end: Coverage, EstimatedAccuracy,
ConfidenceFall, ConfidenceDrift, ImageDrift, OutsideShare, ClassDrift and RepeatShare, each with its bound, and Entropy.
Of the week before its day: TrueAccuracy of what was accepted, with both bounds, and AccuracyFallLowerBound.
What cannot be said is left out; so are the bounds of too few records, so that ten pictures raise no alarm.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from core.figures.drift import CLASS_MIX, IMAGES, MIN_RECORDS, Assessment
from core.figures.quantities import ESTIMATE
from core.figures.tally import CONFIDENCE, OUTSIDE
from core.figures.true_accuracy import Truth
from monitoring.results import Result

OLDEST = timedelta(days=14)  # CloudWatch takes nothing older
DRIFTS = {
    "ConfidenceFall": (ESTIMATE,),
    "ConfidenceDrift": (CONFIDENCE,),
    "ImageDrift": IMAGES,
    "OutsideShare": (OUTSIDE,),
    "ClassDrift": (CLASS_MIX,),
}


def publish(cloudwatch: Any, namespace: str, result: Result, before: Result | None, now: datetime) -> None:
    """Publish a result; of one that replaces another, the counts are what it added, so that sums stay right."""
    since = datetime.fromisoformat(result.since)
    if since < now - OLDEST:
        return
    dimensions = {"EndpointName": result.endpoint, "Model": result.model}
    common = {
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Timestamp": since,
    }
    earlier = count(before) if before else Counter()
    values = {
        **{name: n - earlier[name] for name, n in count(result).items()},
        **dict(figures(result.day, result.truth)),
    }
    cloudwatch.put_metric_data(
        Namespace=namespace,
        MetricData=[{"MetricName": name, "Value": value, **common} for name, value in values.items()],
    )


def count(result: Result) -> Counter[str]:
    return Counter(
        Records=result.records,
        Unreadable=result.unreadable,
        UndecodableImages=result.undecodable_images,
    )


def figures(day: Assessment, truth: Truth | None = None) -> Iterator[tuple[str, float]]:
    """The day's figures under the names of their metrics, and the week's before it."""
    enough = day.records >= MIN_RECORDS
    if day.entropy is not None:
        yield "Entropy", day.entropy
    for metric, estimate in (("Coverage", day.coverage), ("EstimatedAccuracy", day.estimated_accuracy)):
        if estimate:
            yield metric, estimate.value
            if enough:
                yield f"{metric}UpperBound", estimate.high
    # All other figures are of pictures that are counted once, and of a camera that stands still these are few.
    if day.repeated:
        yield "RepeatShare", day.repeated.value
        yield "RepeatShareLowerBound", day.repeated.low
    for metric, statistics in DRIFTS.items():
        rows = [
            drift for drift in day.drift if drift.statistic in statistics and drift.verdict != "not judged"
        ]
        if told := [drift for drift in rows if drift.bounded]:
            worst = max(told, key=lambda drift: drift.low)
            yield metric, worst.value
            yield f"{metric}LowerBound", worst.low
    if truth and truth.accuracy:
        yield "TrueAccuracy", truth.accuracy.value
        if truth.bounded:
            yield "TrueAccuracyLowerBound", truth.accuracy.low
            yield "TrueAccuracyUpperBound", truth.accuracy.high
    fall = surely_fallen(day, truth)
    if fall is not None:
        yield "AccuracyFallLowerBound", fall


def surely_fallen(day: Assessment, truth: Truth | None) -> float | None:
    """How far accuracy has fallen at least: the true one of what was accepted, as far as there is enough of it.

    A fall that is surely there is one, however few photos show it. That there is none takes enough of them: until then
    the estimated accuracy of all photos has its say.
    """
    told = truth.fall.low if truth and truth.bounded and truth.fall else None
    if truth and truth.enough:
        return told
    estimated = (it.low for it in day.drift if it.statistic == ESTIMATE and it.bounded)
    return max((it for it in (told, *estimated) if it is not None), default=None)
