"""Every figure of one model's answers: the page and report.json show the same ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import numpy as np

from core.figures import metrics, scores
from core.figures.drift import Assessment, Drift, assess
from core.figures.metrics import Estimate
from core.figures.scores import Curve, trace_curve
from monitoring.gallery import Exhibit
from monitoring.window import Truth, Window, tally
from report.judgement import Verdict, judge
from report.models import Model
from report.thresholds import Choice, tabulate

HOURS = 24
FEWEST = 20  # answers with labels whose accuracy is more than chance


@dataclass(frozen=True)
class Answers:
    """One model's answers in the window, with what is known of the model."""

    model_id: str
    window: Window
    model: Model
    threshold: float
    tolerated: Mapping[str, float]
    least: Mapping[str, float]

    @property
    def n(self) -> int:
        return len(self.window.times)

    @property
    def first(self) -> datetime:
        return datetime.fromtimestamp(self.window.times.min(), UTC)

    @property
    def last(self) -> datetime:
        return datetime.fromtimestamp(self.window.times.max(), UTC)

    @property
    def named(self) -> bool:
        """Whether it is known what the classes are called."""
        return len(self.model.labels) == self.window.probabilities.shape[1]

    @cached_property
    def names(self) -> list[str]:
        classes = range(self.window.probabilities.shape[1])
        return self.model.labels if self.named else [f"class {index}" for index in classes]

    @cached_property
    def confidence(self) -> np.ndarray:
        return metrics.confidence(self.window.probabilities)

    @cached_property
    def predicted(self) -> np.ndarray:
        return metrics.predict(self.window.probabilities)

    @property
    def truth(self) -> Truth | None:
        """None where no right class is known, or what the classes are called."""
        return self.window.truth if self.named and len(self.window.truth.labels) else None

    @cached_property
    def assessment(self) -> Assessment:
        live = tally(self.window, self.model.baseline, self.threshold)
        return assess(live, self.model.baseline, self.tolerated)

    @cached_property
    def curve(self) -> Curve:
        """From the photos with labels where there are any, else from the confidence."""
        if not self.truth:
            return trace_curve(self.confidence, self.confidence)
        right = scores.correct(self.truth.probabilities, self.truth.labels)
        return trace_curve(metrics.confidence(self.truth.probabilities), right, FEWEST)


@dataclass(frozen=True)
class Score:
    """How right the answers were to the photos whose right class is known, each counted once."""

    records: int
    accuracy: Estimate
    at_threshold: dict[str, float | None]
    expected_calibration_error: float
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
    records: int
    coverage: Estimate
    estimated_accuracy: Estimate | None
    confidence: float
    entropy: float
    class_mix: dict[str, float]
    drift: list[Drift]
    moved: list[str]
    untold: list[str]
    verdict: Verdict
    predicted: list[int]
    confidence_quantiles: dict[str, float]
    hours: list[list[int]]
    pictures: int
    undecodable: int
    mismatched: int
    left_out: dict[str, int]
    labelled: Score | None
    thresholds: list[Choice]
    least_confident: list[Shown]
    unusual: list[Shown]


def gather(answers: Answers) -> Facts:
    window, assessed, scored = answers.window, answers.assessment, score(answers)
    quantiles = metrics.confidence_quantiles(window.probabilities)
    return Facts(
        model=answers.model_id or None,
        classes=answers.names,
        threshold=answers.threshold,
        first=stamp(window.times.min()),
        last=stamp(window.times.max()),
        **vars(assessed),
        verdict=judge(assessed, scored.accuracy if scored else None, answers.least),
        predicted=np.bincount(answers.predicted, minlength=len(answers.names)).tolist(),
        confidence_quantiles={str(share): value for share, value in quantiles.items()},
        hours=count_hours(window.times, answers.predicted, len(answers.names)).tolist(),
        pictures=int(np.isfinite(window.pictures[:, 0]).sum()),
        undecodable=window.undecodable,
        mismatched=window.mismatched,
        left_out=dict(window.left_out),
        labelled=scored,
        thresholds=tabulate(answers.curve, answers.threshold),
        least_confident=list(map(describe, window.least_confident)),
        unusual=list(map(describe, window.unusual)),
    )


def score(answers: Answers) -> Score | None:
    """None where no right class is known."""
    if not answers.truth:
        return None
    probabilities, labels = answers.truth.probabilities, answers.truth.labels
    n = len(labels)
    share = float(scores.correct(probabilities, labels).mean())
    return Score(
        records=n,
        accuracy=metrics.wilson(share, n),
        at_threshold=scores.at_threshold(probabilities, labels, answers.threshold),
        expected_calibration_error=scores.expected_calibration_error(probabilities, labels),
        reliability=scores.reliability(probabilities, labels),
    )


def describe(exhibit: Exhibit) -> Shown:
    return Shown(exhibit.event_id, exhibit.time.isoformat(), exhibit.probabilities, exhibit.why)


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def count_hours(times: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Records per class and hour of the day."""
    hours = (times // 3600 % HOURS).astype(int)
    return np.bincount(predicted * HOURS + hours, minlength=classes * HOURS).reshape(classes, HOURS)
