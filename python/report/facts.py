"""Every figure of one model's answers: the page and report.json show the same ones."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from core.figures import metrics, scores
from core.figures.drift import Drift
from core.figures.metrics import Estimate
from core.figures.pictures import STATISTICS
from core.figures.true_accuracy import Truth
from monitoring.gallery import Exhibit
from report.answered import Answers
from report.judgement import Verdict, judge
from report.season import recall
from report.strata import Stratum
from report.thresholds import Choice, tabulate
from report.trend import Point, trace

HOURS = 24


@dataclass(frozen=True)
class Score:
    """How right the answers were to the photos whose right class is known, each counted once."""

    records: int
    accuracy: Estimate | None  # of all records; None where the labels do not tell it
    strata: list[Stratum]
    at_threshold: dict[str, float | None]
    expected_calibration_error: float
    expected_calibration_error_by_chance: float
    reliability: list[dict[str, float]]


@dataclass(frozen=True)
class Shown:
    """An answer whose picture the page shows."""

    event_id: str
    time: str
    probabilities: tuple[float, ...]
    why: str


@dataclass(frozen=True)
class Facts:
    """In the order in which report.json has them."""

    model: str | None
    classes: list[str]
    threshold: float
    first: str
    last: str
    read: int  # of the records, those that were read one by one
    records: int
    coverage: Estimate
    estimated_accuracy: Estimate | None
    confidence: float
    entropy: float
    class_mix: dict[str, float]
    drift: list[Drift]
    moved: list[str]
    untold: list[str]
    repeated: Estimate | None  # the share of repeats among all live answers
    week_before: dict[str, float]  # the means of the same hours, by statistic
    verdict: Verdict
    predicted: list[int]
    confidence_quantiles: dict[str, float]  # of those that were read
    hours: list[list[int]]
    pictures: int
    trend: list[Point]
    undecodable: int
    mismatched: int
    left_out: dict[str, int]
    repeats: int  # left out too: of a photo that was counted within a day
    judged: Truth | None  # of the blind sample of the week before, by people
    labelled: Score | None
    thresholds: list[Choice]
    least_confident: list[Shown]
    unusual: list[Shown]


def gather(answers: Answers, step: timedelta) -> Facts:
    window, assessed, scored = answers.window, answers.assessment, score(answers)
    quantiles = metrics.confidence_quantiles(window.probabilities) if answers.read else {}
    read = count_hours(window.times, answers.predicted, answers.classes)
    return Facts(
        model=answers.model_id or None,
        classes=answers.names,
        threshold=answers.threshold,
        first=answers.first.isoformat(timespec="seconds"),
        last=answers.last.isoformat(timespec="seconds"),
        read=answers.read,
        **vars(assessed),
        week_before=recall(answers),
        verdict=judge(
            assessed,
            scored.accuracy if scored else None,
            answers.least,
            scored.records if scored else 0,
            answers.judged,
            answers.tolerated["fall"],
        ),
        predicted=answers.total.classes,
        confidence_quantiles={str(share): value for share, value in quantiles.items()},
        hours=(read + count_past_hours(answers)).tolist(),
        pictures=int(answers.total.sums[STATISTICS[0]][0]),
        trend=trace(answers, step),
        undecodable=answers.undecodable,
        mismatched=answers.mismatched,
        left_out=dict(answers.left_out),
        repeats=answers.repeats,
        judged=answers.judged,
        labelled=scored,
        thresholds=tabulate(answers.curve, answers.threshold, answers.confidence),
        least_confident=list(map(describe, window.least_confident)),
        unusual=list(map(describe, window.unusual)),
    )


def score(answers: Answers) -> Score | None:
    """None where no right class is known."""
    if not answers.truth:
        return None
    probabilities, labels = answers.truth.probabilities, answers.truth.labels
    return Score(
        records=len(labels),
        accuracy=answers.accuracy,
        strata=answers.strata,
        at_threshold=scores.at_threshold(probabilities, labels, answers.threshold)
        | {"coverage": answers.total.accepted / answers.n},
        expected_calibration_error=scores.expected_calibration_error(probabilities, labels),
        expected_calibration_error_by_chance=scores.calibration_error_by_chance(probabilities),
        reliability=scores.reliability(probabilities, labels),
    )


def describe(exhibit: Exhibit) -> Shown:
    return Shown(exhibit.event_id, exhibit.time.isoformat(), exhibit.probabilities, exhibit.why)


def count_hours(times: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Records per class and hour of the day."""
    hours = (times // 3600 % HOURS).astype(int)
    return np.bincount(predicted * HOURS + hours, minlength=classes * HOURS).reshape(classes, HOURS)


def count_past_hours(answers: Answers) -> np.ndarray:
    counts = np.zeros((answers.classes, HOURS), int)
    for each in answers.past:
        if each.tally.records:
            counts[:, datetime.fromisoformat(each.since).hour] += each.tally.classes
    return counts
