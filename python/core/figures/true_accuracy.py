"""How often a model is right on what it accepts, as people see it, who judged a blind sample of it.

    find(labels, routed, model, expected)  ->  Truth

Each day a fixed number of photos is drawn, of however many the model routed: see `judgements` for what each stands for.

The bounds are those of Fay and Feuer 1997 ("Confidence intervals for directly standardized rates") for weighted
counts, here of the answers that were wrong; they know each day's weight and its own errors. In 100,000 weeks for each
of 20 pairs of an accuracy (0.8 to 0.995) and a number of judgements (30 to 400), in two thirds of which weights differ
from day to day, and in one third accuracies, they left the truth out in 31 per 100,000 at most, where ALPHA allows 100
(`make bench ONLY=truth`). Wilson's, which know no weights, left it out in up to 2,549. Photos are taken as independent:
a vehicle that comes every day and is wrong each time widens nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from core.contract.labels import Label
from core.figures import gamma, judgements
from core.figures.drift import HARM, MIN_RECORDS, TOLERATED
from core.figures.metrics import ALPHA, Estimate
from core.figures.scores import Curve

DAYS = 7  # complete ones


@dataclass(frozen=True)
class Truth:
    """What cannot be said is None: accuracy without a judgement, a fall without what the training promised."""

    since: str  # the first day
    until: str  # the last
    routed: dict[str, int]  # live photos that the model routed, by day
    judged: int  # photos of the blind sample
    wrong: int  # of these
    counts_as: float  # so many judgements of equal weight
    no_judgement: dict[str, int]  # photos of the sample that count for nothing, by why
    accuracy: Estimate | None
    estimated: float | None  # how right the model's confidence says it is on the same photos
    expected: float | None  # how right training said it would be
    fall: Estimate | None
    enough: bool  # to see a fall that does harm
    objected: dict[str, int] = field(
        default_factory=dict
    )  # further photos, whose drivers said it is wrong, by day
    corrected: int = 0  # photos that people looked at one by one, with the model's answer
    untold: list[str] = field(default_factory=list)  # days with photos of which nobody has judged enough

    @property
    def bounded(self) -> bool:
        return self.judged >= MIN_RECORDS

    @property
    def share_told(self) -> float:
        """Of what was accepted in the week: how much was on days that people have judged."""
        photos = {day: n + self.objected.get(day, 0) for day, n in self.routed.items()}
        return 1 - sum(photos[day] for day in self.untold) / max(1, sum(photos.values()))

    @property
    def too_high(self) -> Estimate | None:
        """By how much the model's confidence says too much; below 0 if it says too little."""
        if self.accuracy is None or self.estimated is None:
            return None
        return Estimate(*(self.estimated - it for it in self._from_high))

    @property
    def _from_high(self) -> tuple[float, float, float]:
        assert self.accuracy
        return self.accuracy.value, self.accuracy.high, self.accuracy.low

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        estimates = {
            name: found and Estimate(**found) for name in ("accuracy", "fall") for found in [content[name]]
        }
        return cls(**content | estimates)


def find(
    labels: Iterable[Label],
    routed: Mapping[str, int],
    model: str,
    expected: float | None = None,
    tolerated: float = TOLERATED["fall"],
    objected: Mapping[str, int] | None = None,
) -> Truth | None:
    """Of the days in `routed`, which has how many live photos any model routed and nobody objected to; None of none."""
    if not routed:
        return None
    objected = objected or {}
    weighted, without = judgements.weigh(labels, routed, objected)
    own = [it for it in weighted if it.judgement.model == model]
    drawn = [it for it in own if it.judgement.drawn]
    wrong = np.array([not it.judgement.right for it in own], bool)
    weights = np.array([it.weight for it in own]) / sum(it.weight for it in own)
    accuracy = bound(weights, wrong) if own else None
    equal = count_as(np.array([it.weight for it in drawn]))
    days, told = sorted(routed), {it.judgement.day for it in weighted}
    return Truth(
        since=days[0],
        until=days[-1],
        routed=dict(routed),
        judged=len(drawn),
        wrong=sum(not it.judgement.right for it in drawn),
        counts_as=equal,
        no_judgement=dict(sorted(without.items())),
        accuracy=accuracy,
        estimated=float(sum(weights * [it.judgement.confidence for it in own])) if own else None,
        expected=expected,
        fall=measure_fall(accuracy, expected) if accuracy and expected is not None else None,
        enough=expected is not None and is_enough(expected, equal, tolerated),
        objected=dict(objected),
        corrected=len(own) - len(drawn),
        untold=[day for day in days if day not in told and routed[day] + objected.get(day, 0)],
    )


def bound(weights: np.ndarray, wrong: np.ndarray) -> Estimate:
    """The share that is right; the weights' sum is 1."""
    total, squares = float(weights[wrong].sum()), float((weights[wrong] ** 2).sum())
    return Estimate(1 - total, *(float(it) for it in bound_weighted(total, squares, float(weights.max()))))


def bound_weighted(total: Any, squares: Any, heaviest: Any) -> tuple[np.ndarray, np.ndarray]:
    """Of the share that is right, from the sums of the weights, and of their squares, of the wrong ones.

    The lower one is as if one more had been wrong, the heaviest of all.
    """
    total, squares, heaviest = (np.asarray(it, float) for it in (total, squares, heaviest))
    most = _scaled(total + heaviest, squares + heaviest**2, 1 - ALPHA / 2)
    some = total > 0
    least = np.where(some, _scaled(np.where(some, total, 1.0), np.where(some, squares, 1.0), ALPHA / 2), 0.0)
    return np.maximum(0.0, 1 - most), 1 - least


def _scaled(mean: np.ndarray, variance: np.ndarray, share: float) -> np.ndarray:
    """A quantile of the gamma distribution of that mean and variance."""
    return variance / mean * gamma.quantile(mean**2 / variance, share)


def count_as(weights: np.ndarray) -> float:
    """So many judgements of equal weight say as much: Kish 1965, "Survey Sampling"."""
    return float(weights.sum() ** 2 / (weights**2).sum()) if len(weights) else 0.0


def measure_fall(accuracy: Estimate, expected: float) -> Estimate:
    """From what training said; what is better has fallen by nothing."""
    return Estimate(*(max(0.0, expected - it) for it in (accuracy.value, accuracy.high, accuracy.low)))


def is_enough(expected: float, judged: float, tolerated: float, harm: float = HARM) -> bool:
    """Whether a fall that does harm, as it shows in half of all weeks or more clearly, would surely be above that."""
    wrong = (1 - expected + harm) * judged
    return (
        judged >= MIN_RECORDS
        and wrong >= 1
        and bool(gamma.quantile(wrong, ALPHA / 2) / judged > 1 - expected + tolerated)
    )


def expect(curve: Curve | None, tested: int | None, threshold: float) -> float | None:
    """How often what this threshold accepts is right, by the test split's curve: Laplace's rule of succession.

    That nothing was wrong of a hundred promises no perfection. With the share as it was seen of 120 photos, 4.8 % of
    the models that are right on 98 % rang in a week of 62 judgements a day without any fall; so 0.1 % do.
    """
    point = curve.at(threshold) if curve else None
    if not point or not tested:
        return None
    coverage, accuracy = point
    accepted = round(coverage * tested)
    return (round(accuracy * accepted) + 1) / (accepted + 2)
