"""One model's answers in the window, which every section of the page is made from."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

import numpy as np

from core.figures import metrics, scores, true_accuracy
from core.figures.drift import Assessment, assess
from core.figures.metrics import Estimate
from core.figures.scores import Curve, trace_curve
from core.figures.tally import Tally
from monitoring.results import Result
from monitoring.window import Truth, Window, tally
from report import strata
from report.models import Model
from report.strata import Stratum

FEWEST = 20  # answers with labels whose accuracy is more than chance


@dataclass(frozen=True)
class Answers:
    """One model's answers, with what is known of the model: those that were read, and totals of the hours before."""

    model_id: str
    window: Window
    model: Model
    threshold: float
    tolerated: Mapping[str, float]
    least: Mapping[str, float]
    past: Sequence[Result] = ()
    week_before: Sequence[Result] = ()  # of every model, in the same hours
    judged: true_accuracy.Truth | None = None  # by people, of the blind sample of a week
    asked: int = 0  # photos whose right class somebody has told, in this window or not

    @property
    def read(self) -> int:
        """How many answers are known one by one."""
        return len(self.window.times)

    @cached_property
    def total(self) -> Tally:
        return sum(
            (each.tally for each in self.past), tally(self.window, self.model.baseline, self.threshold)
        )

    @property
    def n(self) -> int:
        return self.total.records

    @property
    def first(self) -> datetime:
        times = [datetime.fromisoformat(each.since) for each in self.past if each.tally.records]
        return min(times, default=None) or datetime.fromtimestamp(self.window.times.min(), UTC)

    @property
    def last(self) -> datetime:
        if self.read:
            return datetime.fromtimestamp(self.window.times.max(), UTC)
        return max(datetime.fromisoformat(each.until) for each in self.past if each.tally.records)

    @property
    def classes(self) -> int:
        return len(self.total.classes) or self.window.probabilities.shape[1]

    @property
    def named(self) -> bool:
        """Whether it is known what the classes are called."""
        return len(self.model.labels) == self.classes

    @cached_property
    def names(self) -> list[str]:
        return self.model.labels if self.named else [f"class {index}" for index in range(self.classes)]

    @property
    def undecodable(self) -> int:
        return self.window.undecodable + sum(each.undecodable_images for each in self.past)

    @property
    def mismatched(self) -> int:
        return self.window.mismatched + sum(each.other_number_of_classes for each in self.past)

    @cached_property
    def left_out(self) -> Counter[str]:
        return sum((Counter(each.not_live) for each in self.past), self.window.left_out)

    @property
    def repeats(self) -> int:
        return self.window.repeats + sum(each.repeats for each in self.past)

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
        return assess(self.total, self.model.baseline, self.tolerated)

    @cached_property
    def strata(self) -> list[Stratum]:
        """How right it was, the accepted and the rejected apart; without a label there are none."""
        if not self.truth:
            return []
        confidence = metrics.confidence(self.truth.probabilities)
        right = scores.correct(self.truth.probabilities, self.truth.labels)
        return strata.divide(confidence, right, self.threshold, self.total.accepted, self.n)

    @cached_property
    def accuracy(self) -> Estimate | None:
        """The true one of all records; None where the labels do not tell it."""
        return strata.join(self.strata)

    @cached_property
    def curve(self) -> Curve:
        """How right the accepted are by the photos with labels, if they are enough, else by their confidence."""
        if not self.scored:
            return trace_curve(self.confidence, self.confidence)
        assert self.truth
        confidence = metrics.confidence(self.truth.probabilities)
        right = scores.correct(self.truth.probabilities, self.truth.labels)
        weights = strata.weigh(self.strata, confidence >= self.threshold)
        known = trace_curve(confidence, right, FEWEST, weights)
        accepted = len(self.confidence) - np.searchsorted(np.sort(self.confidence), known.thresholds)
        return replace(known, coverage=accepted / len(self.confidence))

    @property
    def scored(self) -> bool:
        """Whether so many photos have labels that their accuracy is more than chance, and of all records."""
        return self.accuracy is not None and self.truth is not None and len(self.truth.labels) >= FEWEST
