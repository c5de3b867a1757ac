"""How one model's figures went over time: a point for each hour, day or week in which it answered.

trace(answers, choose_step(since, until))  ->  points, the oldest first
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from core.figures import metrics, scores
from core.figures.drift import assess
from core.figures.metrics import Estimate
from core.figures.tally import Tally
from monitoring.window import tally
from report import strata
from report.answered import Answers

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
STEPS = {HOUR: 2 * DAY, DAY: 13 * WEEK}  # and the longest window that each is for
MONDAY = 4 * DAY.total_seconds()  # 1970 began on a Thursday


@dataclass(frozen=True)
class Point:
    """What cannot be said is None, and of drift it is left out."""

    since: str
    until: str
    records: int
    coverage: Estimate | None
    estimated_accuracy: Estimate | None
    labelled: int  # photos whose right class is known
    accuracy: Estimate | None  # the true one of all records, as far as the labels tell it
    drift: dict[str, Estimate]  # by statistic


def choose_step(since: datetime, until: datetime) -> timedelta:
    return next((step for step, longest in STEPS.items() if until - since <= longest), WEEK)


def trace(answers: Answers, step: timedelta) -> list[Point]:
    tallies, truths = add_up(answers, step), divide_truth(answers, step)
    return [
        describe(answers, number * step, step, tallies[number], truths[number])
        for number in sorted(tallies.keys() | truths.keys())
    ]


def add_up(answers: Answers, step: timedelta) -> dict[int, Tally]:
    """The totals of each step in which the model answered, by the step's number since 1970."""
    totals: dict[int, Tally] = defaultdict(Tally)
    for each in answers.past:
        if each.tally.records:
            totals[int(number_of(datetime.fromisoformat(each.since).timestamp(), step))] += each.tally
    window = answers.window
    steps = number_of(window.times, step)
    for number in np.unique(steps):
        mine = steps == number
        totals[int(number)] += tally(window.part(mine), answers.model.baseline, answers.threshold)
    return totals


def divide_truth(answers: Answers, step: timedelta) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """By step: how sure the answers were to the photos whose right class is known, and which of them were right."""
    nothing = np.empty(0), np.empty(0, bool)
    found: dict[int, tuple[np.ndarray, np.ndarray]] = defaultdict(lambda: nothing)
    if truth := answers.truth:
        confidence = metrics.confidence(truth.probabilities)
        right, steps = scores.correct(truth.probabilities, truth.labels), number_of(truth.times, step)
        for number in np.unique(steps):
            found[int(number)] = confidence[steps == number], right[steps == number]
    return found


def number_of(seconds: float | np.ndarray, step: timedelta) -> np.ndarray:
    """Of the step that a time lies in; weeks begin on Mondays."""
    return np.floor_divide(np.subtract(seconds, MONDAY if step == WEEK else 0), step.total_seconds())


def describe(
    answers: Answers,
    since: timedelta,
    step: timedelta,
    total: Tally,
    truth: tuple[np.ndarray, np.ndarray],
) -> Point:
    start = datetime.fromtimestamp(since.total_seconds() + (MONDAY if step == WEEK else 0), UTC)
    said = assess(total, answers.model.baseline, answers.tolerated)
    return Point(
        since=start.isoformat(),
        until=(start + step).isoformat(),
        records=said.records,
        coverage=said.coverage,
        estimated_accuracy=said.estimated_accuracy,
        labelled=len(truth[0]),
        accuracy=strata.join(strata.divide(*truth, answers.threshold, total.accepted, total.records)),
        drift={
            drift.statistic: Estimate(drift.value, drift.low, drift.high)
            for drift in said.drift
            if drift.measure != "psi" and drift.bounded
        },
    )
