"""`make bench ONLY=paired`: how often the truth is beyond a bound of a comparison, in 100,000 weeks of made-up models.

It is no matter of speed. Two models whose difference is known answer the same photos, WEEKS times for each pair and
number of photos; what is told is the worst of the pairs. Promised is at most core.figures.paired.BEYOND for each bound.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import numpy as np

from bench.figures import Figure
from core.console import track
from core.figures import paired
from core.figures.metrics import Estimate

WEEKS = 100_000
PHOTOS = (30, 100, 150, 300, 1000)
# How often ours alone is right, and theirs alone.
PAIRS = (
    *(
        (0.0, 0.0),
        (0.01, 0.0),
        (0.02, 0.0),
        (0.06, 0.0),
        (0.2, 0.0),
        (0.01, 0.01),
        (0.03, 0.01),
        (0.03, 0.005),
    ),
    *(
        (0.05, 0.02),
        (0.1, 0.05),
        (0.1, 0.1),
        (0.15, 0.01),
        (0.25, 0.05),
        (0.4, 0.01),
        (0.005, 0.03),
        (0.0, 0.03),
    ),
)
# Of what ours accepts and how right that is, the same of theirs, and in which share of photos they do the same.
ACCEPTING = (
    *((0.85, 0.99, 0.6, 0.95, 0.0), (0.85, 0.99, 0.6, 0.95, 0.9), (0.85, 0.95, 0.85, 0.99, 0.5)),
    *((0.95, 0.98, 0.9, 0.99, 0.9), (0.6, 0.99, 0.9, 0.99, 0.9), (0.6, 0.95, 0.9, 0.8, 0.0)),
    *((0.95, 0.98, 0.95, 0.98, 0.0), (0.9, 0.97, 0.6, 0.9, 0.5), (0.7, 0.998, 0.9, 0.98, 0.5)),
)
# Live photos: which share the live model accepted, how often ours alone and theirs alone is right there, and on what
# waited. The first three pairs are equals: what was accepted is where the live model is the best.
LIVE = (
    *((0.8, 0.01, 0.03, 0.2, 0.12), (0.6, 0.0, 0.04, 0.16, 0.1), (0.9, 0.01, 0.02, 0.14, 0.05)),
    *((0.8, 0.05, 0.02, 0.3, 0.1), (0.5, 0.1, 0.0, 0.05, 0.05), (0.8, 0.0, 0.05, 0.1, 0.2)),
)
WAITED = 0.3  # of live photos that are compared


@contextmanager
def ready() -> Iterator[Callable[[], list[Figure]]]:
    yield measure


def measure(weeks: int = WEEKS, photos: Sequence[int] = PHOTOS) -> list[Figure]:
    figures = []
    for n in track(photos, "photos", len(photos)):
        for name, found in (
            ("accuracy", [differing(n, *pair, weeks) for pair in PAIRS]),
            ("accepted", [accepting(n, *pair, weeks) for pair in ACCEPTING]),
            ("live", [on_live(n, *pair, weeks) for pair in LIVE]),
        ):
            for bound, worst in zip(("below", "above"), map(max, zip(*found, strict=True)), strict=True):
                meaning = f"weeks with the truth {bound} the bounds of {name}, {n} photos; promised {paired.BEYOND:.1%}"
                figures.append(Figure(f"paired_{name}_{n}_{bound}", 100 * worst, "%", meaning))
    return figures


def differing(n: int, more: float, fewer: float, weeks: int) -> tuple[float, float]:
    chance = np.random.default_rng(n)
    outcomes = chance.multinomial(n, [more, fewer, 1 - more - fewer], size=weeks)[:, :2]
    return beyond(outcomes, more - fewer, lambda a, b: paired.difference(a, b, n))


def accepting(
    n: int, ours: float, right: float, theirs: float, others: float, shared: float, weeks: int
) -> tuple[float, float]:
    """A photo is one of nine kinds: each model leaves it, or accepts it rightly or wrongly."""
    one, other = (
        np.array([1 - accepts, accepts * hits, accepts * (1 - hits)])
        for accepts, hits in ((ours, right), (theirs, others))
    )
    kinds = (1 - shared) * np.outer(one, other) + shared * together(one, other)
    counts = np.random.default_rng(n).multinomial(n, kinds.ravel(), size=weeks).reshape(-1, 3, 3)
    by_us, by_them = counts.sum(axis=2), counts.sum(axis=1)
    some = (by_us[:, 1:].sum(axis=1) > 0) & (by_them[:, 1:].sum(axis=1) > 0)
    outcomes = np.column_stack(
        [by_us[:, 1], by_us[:, 1:].sum(axis=1), by_them[:, 1], by_them[:, 1:].sum(axis=1)]
    )[some]
    return beyond(
        outcomes, right - others, lambda a, b, c, d: paired.difference_of_shares(a, b, c, d, paired.BEYOND)
    )


def on_live(
    n: int, share: float, more: float, fewer: float, more_waited: float, fewer_waited: float, weeks: int
) -> tuple[float, float]:
    """The two strata are drawn apart, and each counts by its traffic."""
    chance, waited = np.random.default_rng(n), round(n * WAITED)
    drawn = [
        chance.multinomial(count, [ours, theirs, 1 - ours - theirs], size=weeks)[:, :2]
        for count, ours, theirs in ((n - waited, more, fewer), (waited, more_waited, fewer_waited))
    ]
    truth = share * (more - fewer) + (1 - share) * (more_waited - fewer_waited)

    def bounds(a: int, b: int, c: int, d: int) -> Estimate:
        parts = (share, paired.difference(a, b, n - waited)), (1 - share, paired.difference(c, d, waited))
        return paired.put_together(parts)

    return beyond(np.hstack(drawn), truth, bounds)


def together(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """As much alike as models of these shares can be."""
    edges = np.unique(np.concatenate([[0.0], np.cumsum(one), np.cumsum(other)]).round(12))
    found = np.zeros((3, 3))
    for low, high in pairwise(edges):
        middle = (low + high) / 2
        rows = (int(np.searchsorted(np.cumsum(it), middle)) for it in (one, other))
        row, column = (min(it, 2) for it in rows)
        found[row, column] += high - low
    return found / found.sum()


def beyond(outcomes: np.ndarray, truth: float, bounds: Callable[..., Estimate]) -> tuple[float, float]:
    """The shares of the weeks in which the truth is below the bounds, and above them."""
    kinds, counts = np.unique(outcomes, axis=0, return_counts=True)
    found = [bounds(*map(int, kind)) for kind in kinds]
    below = np.array([truth < it.low for it in found])
    above = np.array([truth > it.high for it in found])
    return float(counts[below].sum() / counts.sum()), float(counts[above].sum() / counts.sum())
