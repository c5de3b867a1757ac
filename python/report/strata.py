"""How right the answers were, the accepted and the rejected apart: people see those of low confidence first.

    strata = divide(confidence, right, threshold, accepted, records)
    join(strata)  ->  the true accuracy of all records, or None where nobody can tell

Each stratum counts by its share of the records, whatever its share of the labels. One that has records and too few
labels leaves the total unknown: nothing says how right those answers were. Within a stratum the labelled photos stand
for the others, which holds as far as chance chose them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.canvas import FEW
from core.figures import metrics
from core.figures.metrics import Estimate

BY_CHANCE = "Labels of accepted or of rejected photos that were not chosen by chance shift it."


@dataclass(frozen=True)
class Stratum:
    name: str
    records: int
    share: float  # of all records
    labels: int  # photos whose right class is known
    right: int
    accuracy: Estimate | None  # of these

    @property
    def told(self) -> bool:
        """Whether there are labels enough to speak for its records, or as many as there are records."""
        return self.labels >= min(FEW, self.records)


def divide(
    confidence: np.ndarray, right: np.ndarray, threshold: float, accepted: int, records: int
) -> list[Stratum]:
    """`confidence` and `right` are those of the photos with labels, `accepted` and `records` count all answers."""
    sure = confidence >= threshold
    return [
        describe("accepted", accepted, records, right[sure]),
        describe("rejected", records - accepted, records, right[~sure]),
    ]


def describe(name: str, own: int, records: int, right: np.ndarray) -> Stratum:
    labels, hits = len(right), int(right.sum())
    accuracy = metrics.bound_exactly(hits, labels) if labels else None
    return Stratum(name, own, own / records if records else 0.0, labels, hits, accuracy)


def join(strata: Sequence[Stratum]) -> Estimate | None:
    """The bounds of each joined as Zou and Donner 2008 do: their reaches, weighted, by their squares."""
    counted = [it for it in strata if it.records]
    if not counted or not all(it.told for it in counted):
        return None
    parts = [(it.share, it.accuracy) for it in counted if it.accuracy]
    value = sum(share * it.value for share, it in parts)
    down = math.hypot(*(share * (it.value - it.low) for share, it in parts))
    up = math.hypot(*(share * (it.high - it.value) for share, it in parts))
    return Estimate(value, max(0.0, value - down), min(1.0, value + up))


def weigh(strata: Sequence[Stratum], accepted: np.ndarray) -> np.ndarray:
    """For how many records a label of each of these photos speaks, against one of an accepted photo."""
    sure, unsure = (it.records / max(1, it.labels) for it in strata)
    return np.where(accepted, 1.0, unsure / sure if sure else 1.0)


def say_missing(strata: Sequence[Stratum]) -> str:
    """Why there is no total, and what is known all the same."""
    untold = [it for it in strata if it.records and not it.told]
    why = [f"of the {it.records:,} {it.name} records {say_few(it.labels)}" for it in untold]
    known = [
        f"of {it.labels:,} {it.name} with labels {it.right:,} {'is' if it.right == 1 else 'are'} right"
        for it in strata
        if it.labels
    ]
    lacking = " and ".join(why) if why else "there are no records to count them by"
    said = f"{lacking[0].upper()}{lacking[1:]}, so the true accuracy is not known"
    return "; ".join([said, *known])


def say_few(labels: int) -> str:
    if not labels:
        return "none has a label"
    return f"only {labels} {'has a label' if labels == 1 else 'have labels'}"
