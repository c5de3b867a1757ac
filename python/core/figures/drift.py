"""Whether live answers and pictures are still those of the baseline, from histograms on the baseline's bins.

Each figure has bounds from the two samples' sizes: chance alone goes beyond them once in a thousand times
(metrics.ALPHA). A statistic has moved only if its lower bound is above what is tolerated, so neither ten odd
pictures nor a difference too small to matter raise an alarm. It is steady only if its upper bound is not: in between
nobody can tell, and it is said how many pictures could. PSI is shown with its bounds and decides nothing: the KS
distance tells of the same confidence whether it has moved. Of the estimated accuracy and the class mix so little
is tolerated that a baseline of a thousand cannot tell: they are steady where nothing that does harm can be hidden.

What is tolerated of the images is a distance, which cannot exceed the share of the photos that are bad: of 850 and 500
photos it is seen above 0.21. So the share outside is judged beside it, itself and not by its distance (of_outside).
docs/drift.md says which of thirty changes ring, and what each costs.

A class mix is that of the answers, so a model that errs sees less of it: with the pretrained recipe a mix of 70:30 was
found on 98 of 100 days of 500, and 30:70 on all; with a model that is right on 0.91, and takes 13 % of one class for
the other, on one day of two, and on all.

What is tolerated of a fall of the estimated accuracy is less than what a fall costs: an answer of confidence 0.8 may be
worth much less. Measured with three networks of `pretrained` on those 150 photographs, 500 a day, beside 850 answers
of single ones to photographs that they were not trained on:

    tolerated                                               0.005            0.01             0.02
    unchanged                                  an alarm on  3 of 10,000      0 of 10,000      0 of 10,000 days
    11 changes that cost 5 points or more      19 of 20     days of 10       of 9             of 6

The one that is left, photographs upside down, costs 5.3 points and rings in 69 of 100. The baseline's answers are those
of single networks. Several together are as sure: 0.957 on average where each alone is 0.959.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import numpy as np

from core.figures import enough, metrics, quantities
from core.figures.baseline import Baseline
from core.figures.distances import KS_SPREAD, ks, ks_margin, psi, share_difference
from core.figures.enough import Needed
from core.figures.metrics import Estimate, Z, wilson
from core.figures.pictures import OF_PIXELS, STATISTICS
from core.figures.quantities import CLASS_MIX, ESTIMATE
from core.figures.tally import CONFIDENCE, OUTSIDE, UNLIKENESS, Tally

MIN_RECORDS = 30  # on both sides: below it, the laws behind the bounds do not hold
# Unless an environment says otherwise.
TOLERATED = {
    "confidence": 0.1,
    "images": 0.1,
    "classes": 0.04,
    "outside": 0.03,
    "fall": 0.005,
    "repeats": 0.15,
}
IMAGES = (*STATISTICS, UNLIKENESS)
REPEATS = "repeats"
TOLERATED_PSI = 0.25  # above it is what Siddiqi calls a major shift
# Where so much may be hidden, the estimated accuracy's fall and the class mix are not called steady.
HARM, HARM_OF_CLASSES = 0.05, 0.1

Measure = Literal["ks", "psi", "share", "fall"]
Verdict = Literal["steady", "moved", "cannot tell", "not judged"]


@dataclass(frozen=True)
class Drift:
    statistic: str
    measure: Measure
    value: float
    low: float
    high: float
    tolerance: float
    baseline_n: int
    live_n: int
    baseline_mean: float  # for the class mix: the share of the class that changed most; outside: the share
    live_mean: float
    verdict: Verdict
    words: str
    needed: Needed | None = None  # to tell, if nobody can

    @property
    def bounded(self) -> bool:
        """Whether the laws behind the bounds hold."""
        return min(self.baseline_n, self.live_n) >= MIN_RECORDS


@dataclass(frozen=True)
class Assessment:
    """What cannot be said is None: anything of no records, and estimated accuracy and drift without a baseline."""

    records: int
    coverage: Estimate | None
    estimated_accuracy: Estimate | None
    confidence: float | None
    entropy: float | None
    class_mix: dict[str, float]
    drift: list[Drift]
    moved: list[str]
    untold: list[str] = field(default_factory=list)  # of which nobody can tell
    repeated: Estimate | None = None  # the share of them among all live answers; they are in no other figure

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        estimates = {
            name: found and Estimate(**found)
            for name in ("coverage", "estimated_accuracy", "repeated")
            for found in [content.get(name)]
        }
        return cls(**content | estimates | {"drift": list(map(read_drift, content["drift"]))})


def read_drift(row: dict[str, Any]) -> Drift:
    needed = row.get("needed")  # results of before there was one have none
    return Drift(**row | {"needed": needed and Needed(**needed)})


def compare(baseline: Baseline, tally: Tally, tolerated: Mapping[str, float] = TOLERATED) -> list[Drift]:
    """A row for each statistic with live values: class mix, estimate, confidence twice, the pictures', outside."""
    tolerated = {**TOLERATED, **tolerated}  # an environment that was applied before may not name all
    measures: list[tuple[str, Measure, float]] = [
        (CONFIDENCE, "ks", tolerated["confidence"]),
        (CONFIDENCE, "psi", TOLERATED_PSI),
        *((name, "ks", tolerated["images"]) for name in IMAGES),
    ]
    told = baseline.tally.histograms.keys() & {
        name for name, counts in tally.histograms.items() if sum(counts)
    }
    return [
        *([of_classes(baseline, tally, tolerated["classes"])] if tally.records else []),
        *([of_estimate(baseline.tally, tally, tolerated["fall"])] if tally.records else []),
        *(
            of_values(name, measure, tolerance, baseline, tally)
            for name, measure, tolerance in measures
            if name in told
        ),
        *([of_outside(baseline, tally, tolerated["outside"])] if OUTSIDE in told else []),
    ]


def of_values(statistic: str, measure: Measure, tolerance: float, baseline: Baseline, live: Tally) -> Drift:
    reference, counts = (np.array(side.histograms[statistic]) for side in (baseline.tally, live))
    n, m = int(reference.sum()), int(counts.sum())
    means = baseline.tally.mean(statistic), live.mean(statistic)
    if measure == "ks":
        value, margin = ks(reference, counts), ks_margin(n, m)
        bounds = Estimate(value, max(0.0, value - margin), min(1.0, value + margin))
    else:
        bounds = psi(reference, counts)
    change = quantities.compare(statistic, means[1], means[0], baseline.always(statistic))
    change += f"; distance {say_distance(measure, bounds.value)}"
    judged = measure == "ks" and is_judged(statistic, baseline)
    return _judge(
        statistic, measure, tolerance, bounds, (n, m), (KS_SPREAD, KS_SPREAD), means, change, judged
    )


def is_judged(statistic: str, baseline: Baseline) -> bool:
    """Of a file's size the network sees nothing: it would ring for ever, and hide all else.

    Nor is the aspect, where training knows one only: photos were made square when they were staged, not by a camera.
    """
    if statistic == "aspect":
        return not baseline.always(statistic)
    return statistic in (CONFIDENCE, UNLIKENESS, *OF_PIXELS)


def of_outside(baseline: Baseline, live: Tally, tolerance: float) -> Drift:
    """The share of the photos outside the baseline's limits, itself and not how far it has gone up.

    It must surely be above what is tolerated, and surely above the baseline's own: of a small baseline nobody knows
    how often its limits leave out a photo like its own.
    """
    (n, _), (m, _) = (side.sums[OUTSIDE] for side in (baseline.tally, live))
    before, share = baseline.tally.mean(OUTSIDE), live.mean(OUTSIDE)
    now, reference = wilson(share, int(m)), wilson(before, int(n))
    more = share - before - math.hypot(now.value - now.low, reference.high - reference.value)
    bounds = now if more > 0 else Estimate(share, min(now.low, tolerance), now.high)
    spread = 0.0, Z * Z * max(share * (1 - share), tolerance * (1 - tolerance))
    change = f"{quantities.say(OUTSIDE, share)} of the photos, in training {quantities.say(OUTSIDE, before)}"
    return _judge(OUTSIDE, "share", tolerance, bounds, (int(n), int(m)), spread, (before, share), change)


def of_classes(baseline: Baseline, live: Tally, tolerance: float) -> Drift:
    """The class whose predicted share surely changed most.

    A validation split is drawn class by class, so its mix is no chance: only the model's own errors vary in it.
    """
    n, m = baseline.tally.records, live.records
    found = []
    for name, before, now in zip(baseline.classes, baseline.tally.classes, live.classes, strict=True):
        bounds = share_difference(before / n, baseline.variance, now / m, m)
        found.append((bounds, (before / n, now / m), name))
    bounds, shares, name = max(found, key=lambda it: (it[0].low, it[0].value))
    # Newcombe joins the two sides' reaches by their squares, as far as both are those of a normal law.
    spread = Z * Z * baseline.variance * n, Z * Z * max(share * (1 - share) for share in shares)
    change = (
        f"{name} {shares[1]:.0%} of the answers, in training {shares[0]:.0%}; "
        f"difference {say_distance('share', bounds.value)}"
    )
    return _judge(CLASS_MIX, "share", tolerance, bounds, (n, m), spread, shares, change, harm=HARM_OF_CLASSES)


def of_estimate(before: Tally, live: Tally, tolerance: float) -> Drift:
    """How far the mean of confidence has fallen; one that rose has fallen by nothing.

    The difference of two means, each with the variance of its own sample. The doubt about the calibration is not in
    it: whatever confidence says of accuracy, it said so in training, too.
    """
    sides = [(it.records, it.confidence_sum, it.confidence_variance_sum) for it in (before, live)]
    (n, *_), (m, *_) = sides
    means = before.confidence_sum / n, live.confidence_sum / m
    variances = [metrics.variance_of_mean(*side) for side in sides]
    fall, reach = means[0] - means[1], Z * math.sqrt(sum(variances))
    bounds = Estimate(*(max(0.0, it) for it in (fall, fall - reach, fall + reach)))
    spread = Z * Z * n * variances[0], Z * Z * m * variances[1]
    change = (
        f"{quantities.say(ESTIMATE, means[1])}, in training {quantities.say(ESTIMATE, means[0])}; "
        f"fall {say_distance('fall', bounds.value)}"
    )
    return _judge(ESTIMATE, "fall", tolerance, bounds, (n, m), spread, means, change, harm=HARM)


def _judge(
    statistic: str,
    measure: Measure,
    tolerance: float,
    bounds: Estimate,
    numbers: tuple[int, int],
    spread: tuple[float, float],
    means: tuple[float, float],
    change: str,
    judged: bool = True,
    harm: float = 0.0,
) -> Drift:
    """It is steady if what does harm cannot be hidden: what is tolerated, unless more is."""
    hidden = max(tolerance, harm)
    value, low, high = bounds.value, bounds.low, bounds.high
    verdict: Verdict = "moved" if low > tolerance else "steady" if high <= hidden else "cannot tell"
    if not judged:
        verdict = "not judged"
    elif min(numbers) < MIN_RECORDS:
        verdict = "cannot tell"
    needed = None
    if verdict == "cannot tell":
        needed = enough.count(value, hidden, spread, numbers, MIN_RECORDS)
    far, least, most, tolerated, matters = (
        f"{it:.1%}" if statistic == OUTSIDE else say_distance(measure, it)
        for it in (value, low, high, tolerance, harm)
    )
    enough_below = f", {matters} would matter" if harm > tolerance else ""
    words = {
        "moved": f"{statistic} moved: {change}, surely above {least}, tolerated {tolerated}",
        "steady": f"{statistic} is steady: {change}, surely below {most}, tolerated {tolerated}{enough_below}",
        "not judged": f"{statistic}: PSI {far}, between {least} and {most}; above {tolerated} is called a major "
        "shift, the distance decides",
        "cannot tell": f"{statistic}: {change}, between {least} and {most}, tolerated {tolerated}; "
        f"{numbers[1]:,} now and {numbers[0]:,} in the baseline cannot tell",
    }[verdict]
    if verdict == "not judged" and measure == "ks":
        words = f"{statistic}: {change}; not judged, as the model sees every photo in one size"
    if needed:
        words += f", it takes at least {needed.live:,} and {needed.baseline:,}"
    return Drift(statistic, measure, value, low, high, tolerance, *numbers, *means, verdict, words, needed)


def say_distance(measure: Measure, distance: float) -> str:
    """Shares differ by points of a hundred; the other distances are from 0, the same, to 1 or more."""
    if measure in ("share", "fall"):
        points = f"{100 * distance:.{1 if measure == 'fall' else 0}f}"
        return f"{points} point" + "s" * (points != "1")
    return f"{distance:.2f}"


def assess(live: Tally, baseline: Baseline | None, tolerated: Mapping[str, float] = TOLERATED) -> Assessment:
    n = live.records
    names = baseline.classes if baseline else [str(position) for position in range(len(live.classes))]
    drifts = compare(baseline, live, tolerated) if baseline else []
    answered, limit = n + live.repeats, {**TOLERATED, **tolerated}[REPEATS]
    repeated = metrics.wilson(live.repeats / answered, answered) if answered >= MIN_RECORDS else None
    return Assessment(
        records=n,
        coverage=metrics.wilson(live.accepted / n, n) if n else None,
        estimated_accuracy=bound_estimate(live, baseline) if n and baseline else None,
        confidence=live.confidence_sum / n if n else None,
        entropy=live.entropy_sum / n if n else None,
        class_mix={name: count / n for name, count in zip(names, live.classes, strict=True)} if n else {},
        drift=drifts,
        moved=[*name(drifts, "moved"), *([REPEATS] if repeated and repeated.low > limit else [])],
        untold=[*name(drifts, "cannot tell"), *(find_unseen(baseline, live) if baseline else [])],
        repeated=repeated,
    )


def name(drifts: list[Drift], verdict: Verdict) -> list[str]:
    """The statistics that have this verdict, each once."""
    return list(dict.fromkeys(drift.statistic for drift in drifts if drift.verdict == verdict))


def find_unseen(baseline: Baseline, live: Tally) -> list[str]:
    """The statistics of which there is no live value, as of pictures that cannot be read."""
    names = [it for it in (CONFIDENCE, *STATISTICS) if it in baseline.edges and is_judged(it, baseline)]
    return [it for it in names if live.records and not sum(live.histograms.get(it, []))]


def bound_estimate(live: Tally, baseline: Baseline) -> metrics.Estimate:
    """Needs a baseline, because only a model whose confidence was calibrated says how often it is right."""
    return metrics.estimate_accuracy(
        live.records, live.confidence_sum, live.confidence_variance_sum, baseline.variance
    )
