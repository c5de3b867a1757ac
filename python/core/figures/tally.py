"""What is kept of the answers of a while: totals that add up, so that a day is the sum of its hours.

count(probabilities, pictures, edges, threshold, limits, unlikeness)  ->  Tally
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from core.figures import metrics
from core.figures.pictures import STATISTICS

CONFIDENCE = "confidence"
# The share of the training's photos that the network finds nearer to the others of the training.
UNLIKENESS = "unlikeness"
# Whether any statistic of the picture is beyond the baseline's limits; its histogram has two bins, no and yes.
OUTSIDE = "outside"


@dataclass(frozen=True)
class Tally:
    records: int = 0
    accepted: int = 0  # at or above the threshold
    confidence_sum: float = 0.0
    confidence_variance_sum: float = 0.0  # of c * (1 - c)
    entropy_sum: float = 0.0
    classes: list[int] = field(default_factory=list)  # how often each was predicted
    histograms: dict[str, list[int]] = field(default_factory=dict)  # per statistic, on the baseline's bins
    sums: dict[str, list[float]] = field(
        default_factory=dict
    )  # per statistic: how many values, and their sum
    repeats: int = 0  # further records, in no figure here: of a picture that was counted within a day

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.records + other.records,
            self.accepted + other.accepted,
            self.confidence_sum + other.confidence_sum,
            self.confidence_variance_sum + other.confidence_variance_sum,
            self.entropy_sum + other.entropy_sum,
            _add(self.classes, other.classes),
            _merge(self.histograms, other.histograms),
            _merge(self.sums, other.sums),
            self.repeats + other.repeats,
        )

    def mean(self, statistic: str) -> float:
        n, total = self.sums[statistic]
        return total / n


def count(
    probabilities: np.ndarray,
    pictures: np.ndarray,
    edges: Mapping[str, list[float]],
    threshold: float,
    limits: Mapping[str, list[float]] | None = None,
    unlikeness: np.ndarray | None = None,
) -> Tally:
    """The totals of these answers and their pictures' statistics; without edges there are no histograms."""
    if not len(probabilities):
        return Tally()
    confidence = metrics.confidence(probabilities)
    values = {CONFIDENCE: confidence, **dict(zip(STATISTICS, pictures.T, strict=True))}
    if unlikeness is not None:
        values[UNLIKENESS] = unlikeness
    known = {name: column[np.isfinite(column)] for name, column in values.items()}
    beyond = find_outside(pictures, limits) if limits else np.empty(0, bool)
    outside = {OUTSIDE: [int((~beyond).sum()), int(beyond.sum())]} if limits else {}
    return Tally(
        records=len(probabilities),
        accepted=int((confidence >= threshold).sum()),
        confidence_sum=float(confidence.sum()),
        confidence_variance_sum=float((confidence * (1 - confidence)).sum()),
        entropy_sum=float(metrics.entropy(probabilities).sum()),
        classes=np.bincount(metrics.predict(probabilities), minlength=probabilities.shape[1]).tolist(),
        histograms={name: histogram(known[name], cuts) for name, cuts in edges.items() if name in known}
        | outside,
        sums={name: [len(column), float(column.sum(dtype=float))] for name, column in known.items()}
        | {name: [len(beyond), float(beyond.sum())] for name in outside},
    )


def find_outside(pictures: np.ndarray, limits: Mapping[str, list[float]]) -> np.ndarray:
    """Of each picture that could be read, whether a statistic is beyond its limits."""
    low, high = np.array([limits[name] for name in limits]).T
    columns = pictures[:, [STATISTICS.index(name) for name in limits]]
    columns = columns[np.isfinite(columns).all(axis=1)]
    return ((columns < low) | (columns > high)).any(axis=1)


def histogram(values: np.ndarray, edges: list[float]) -> list[int]:
    """How many values lie between neighbouring edges; the outer bins are open, a value on an edge is above it."""
    return np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1).tolist()


def _add(one: list, other: list) -> list:
    return [a + b for a, b in zip(one, other, strict=True)] if one and other else one or other


def _merge(one: dict[str, list], other: dict[str, list]) -> dict[str, list]:
    return {name: _add(one.get(name, []), other.get(name, [])) for name in one | other}
