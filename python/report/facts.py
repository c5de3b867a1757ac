"""Every figure of one model's answers in the report, as plain JSON: the page and report.json show the same ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np

from core.figures import metrics, scores
from core.figures.drift import MIN_RECORDS, Drift, assess
from core.figures.scores import Curve, trace_curve
from monitoring.gallery import Exhibit
from monitoring.window import UNKNOWN, Window, tally
from report.models import Model

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

    @property
    def n(self) -> int:
        return len(self.window.times)

    @property
    def first(self) -> datetime:
        return datetime.fromtimestamp(self.window.times.min(), UTC)

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
        return metrics.predicted(self.window.probabilities)

    @cached_property
    def labelled(self) -> np.ndarray:
        """Which records have a right answer that is known; none where the classes are not."""
        return (self.window.labels != UNKNOWN) & self.named

    @cached_property
    def assessment(self) -> dict[str, Any]:
        live = tally(self.window, self.model.baseline, self.threshold)
        return assess(live, self.model.baseline, self.tolerated)

    @cached_property
    def drifts(self) -> list[Drift]:
        return [Drift(**row) for row in self.assessment["drift"]]

    @cached_property
    def curve(self) -> Curve:
        """From the records with labels where there are any, else from the confidence."""
        if not self.labelled.any():
            return trace_curve(self.confidence, self.confidence)
        right = scores.correct(self.window.probabilities, self.window.labels)
        return trace_curve(self.confidence[self.labelled], right[self.labelled], FEWEST)

    @cached_property
    def known_curve(self) -> Curve | None:
        """The model on its own test split, as metrics.json has it."""
        return scores.read_curve(self.model.metrics.get("coverage_curve", []))


def of(answers: Answers) -> dict[str, Any]:
    window = answers.window
    return {
        "model": answers.model_id or None,
        "classes": answers.names,
        "threshold": answers.threshold,
        "first": moment(window.times.min()),
        "last": moment(window.times.max()),
        **answers.assessment,
        "verdict": verdict(answers),
        "predicted": np.bincount(answers.predicted, minlength=len(answers.names)).tolist(),
        "confidence_quantiles": {
            str(q): v for q, v in metrics.confidence_quantiles(window.probabilities).items()
        },
        "hours": count_hours(window.times, answers.predicted, len(answers.names)).tolist(),
        "pictures": int(np.isfinite(window.pictures[:, 0]).sum()),
        "undecodable": window.undecodable,
        "mismatched": window.mismatched,
        "labelled": labelled(answers),
        "least_confident": list(map(exhibit, window.least_confident)),
        "unusual": list(map(exhibit, window.unusual)),
    }


def labelled(answers: Answers) -> dict[str, Any] | None:
    """How right the answers were, of those whose right class is known."""
    n = int(answers.labelled.sum())
    if not n:
        return None
    probabilities = answers.window.probabilities[answers.labelled]
    labels = answers.window.labels[answers.labelled]
    share = float(scores.correct(probabilities, labels).mean())
    return {
        "records": n,
        "accuracy": metrics.wilson(share, n)._asdict(),
        "at_threshold": scores.at_threshold(probabilities, labels, answers.threshold),
        "expected_calibration_error": scores.expected_calibration_error(probabilities, labels),
        "reliability": scores.reliability(probabilities, labels),
    }


def verdict(answers: Answers) -> dict[str, str]:
    """One sentence, and its tone: steady, moved or unknown."""
    if answers.model.baseline is None:
        return {"tone": "unknown", "text": "Nothing to compare with: there is no baseline"}
    if answers.assessment["moved"]:
        return {"tone": "moved", "text": f"Moved: {', '.join(answers.assessment['moved'])}"}
    if any(drift.verdict == "steady" for drift in answers.drifts):
        return {"tone": "steady", "text": "Nothing moved"}
    n, reference = answers.assessment["records"], answers.model.baseline.tally.records
    return {
        "tone": "unknown",
        "text": f"Too few records to say: {n} now and {reference} in the baseline, of {MIN_RECORDS} needed",
    }


def exhibit(shown: Exhibit) -> dict[str, Any]:
    return {
        "event_id": shown.event_id,
        "time": shown.time.isoformat(),
        "probabilities": shown.probabilities,
        "why": shown.why,
    }


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def count_hours(times: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Records per class and hour of the day."""
    hours = (times // 3600 % HOURS).astype(int)
    return np.bincount(predicted * HOURS + hours, minlength=classes * HOURS).reshape(classes, HOURS)
