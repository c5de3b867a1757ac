"""The pictures worth a look: those the model was least sure of, and those it was sure of though they are unusual.

A picture is unusual by how far one of its statistics lies outside the baseline's outer deciles, measured in
distances between these deciles; without a baseline none is.
"""

import heapq
from datetime import datetime
from typing import NamedTuple

import numpy as np

from core.figures.baseline import Baseline
from core.figures.drift import is_judged
from core.figures.pictures import STATISTICS
from core.figures.quantities import QUANTITIES, say
from monitoring.record import Record


class Exhibit(NamedTuple):
    image: bytes
    time: datetime
    probabilities: tuple[float, ...]
    event_id: str
    why: str


class Shelf:
    """The `size` exhibits with the highest scores; of equals, the first. A picture stands there once."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.heap: list[tuple[float, int, Exhibit]] = []
        self.offered = 0

    def offer(self, score: float, image: bytes, record: Record, why: str) -> None:
        self.offered += 1
        if len(self.heap) == self.size and score <= self.heap[0][0]:
            return
        if same := next((held for held in self.heap if held[2].image == image), None):
            if score <= same[0]:
                return
            self.heap.remove(same)
            heapq.heapify(self.heap)
        exhibit = Exhibit(image, record.time, record.probabilities, record.event_id, why)
        heapq.heappush(self.heap, (score, -self.offered, exhibit))
        if len(self.heap) > self.size:
            heapq.heappop(self.heap)

    def exhibits(self) -> list[Exhibit]:
        return [exhibit for *_, exhibit in sorted(self.heap, reverse=True)]


class Gallery:
    def __init__(self, size: int, baseline: Baseline | None, threshold: float) -> None:
        self.least_confident, self.unusual = Shelf(size), Shelf(size)
        self.size, self.baseline, self.threshold = size, baseline, threshold

    def offer(self, record: Record, image: bytes, statistics: np.ndarray) -> None:
        confidence = max(record.probabilities)
        self.least_confident.offer(-confidence, image, record, f"confidence {confidence:.3f}")
        if self.baseline and confidence >= self.threshold:
            distance, why = farthest(statistics, self.baseline)
            if distance > 0:
                self.unusual.offer(distance, image, record, why)


def farthest(statistics: np.ndarray, baseline: Baseline) -> tuple[float, str]:
    """How unusual the picture is, and in what."""
    found = []
    for name, value in zip(STATISTICS, statistics.tolist(), strict=True):
        # A larger file is not unusual, and an older baseline does not have each statistic.
        if name not in baseline.edges or not is_judged(name, baseline):
            continue
        low, high = baseline.edges[name][0], baseline.edges[name][-1]
        spread = max(high - low, 0.1 * abs(high))  # the baseline's pictures may all have one value
        outside = max(low - value, value - high, 0.0) / spread if spread else 0.0
        form = QUANTITIES[name].form
        usual = "always" if baseline.always(name) else f"mostly {form.format(low)} to"
        last = low if baseline.always(name) else high
        found.append((outside, f"{name} {say(name, value)}, in training {usual} {form.format(last)}"))
    return max(found)
