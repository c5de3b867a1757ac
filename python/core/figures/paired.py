"""How much better one model is than another on the same photos, and by how much surely: pure functions on NumPy arrays.

`ours` and `theirs` have a truth value per photo: whether the model is right on it, or whether it accepts it.

    compare(ours, theirs)   ->  Paired(ours=0.94, theirs=0.92, change=Estimate(0.019, 0.004, 0.035), n=150)

A photo on which both do the same says nothing of the difference, so that far fewer are needed than for two samples: the
bounds are Tango's (1998, "Equivalence test and confidence interval for the difference in proportions for the
paired-sample design"), taken further by one photo, which is the step that the difference makes. Without that the truth
was below the lower bound in up to 5.0 % of 100,000 weeks, and a paired bootstrap has no bounds at all where only one
photo differs. As it is, each bound leaves the truth out in at most 2.5 %: `make bench ONLY=paired` tells in how many.

Of what two models accept there are two samples, of different photos. There the exact bounds of each are put together
(Zou and Donner 2008) as if they had no photo in common. With what they have in common the bounds are 7 % narrower, and
the truth was beyond one of them in up to 5.9 % of the weeks.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from core.figures import binomial
from core.figures.metrics import Estimate

BEYOND = 0.025  # beyond each bound, at most
STEPS = 40  # of halving: finer than a photo in a billion


@dataclass(frozen=True)
class Paired:
    """Two shares, and how much more ours is."""

    ours: float
    theirs: float
    change: Estimate
    n: int


def compare(ours: np.ndarray, theirs: np.ndarray, beyond: float = BEYOND) -> Paired:
    """Each bound leaves the truth out in `beyond` of the weeks at most."""
    n = len(ours)
    more, fewer = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    return Paired(float(ours.mean()), float(theirs.mean()), difference(more, fewer, n, beyond), n)


def weigh(strata: Sequence[tuple[float, Paired]]) -> Paired:
    """Of photos that were drawn apart from each other, each with its share of the traffic: the bounds are put together
    as those of samples that have nothing in common (Zou and Donner 2008)."""
    ours, theirs = (sum(share * getattr(it, name) for share, it in strata) for name in ("ours", "theirs"))
    change = put_together([(share, it.change) for share, it in strata])
    return Paired(ours, theirs, change, sum(it.n for _, it in strata))


def put_together(strata: Sequence[tuple[float, Estimate]]) -> Estimate:
    value = sum(share * it.value for share, it in strata)
    down = math.hypot(*(share * (it.value - it.low) for share, it in strata))
    up = math.hypot(*(share * (it.high - it.value) for share, it in strata))
    return Estimate(value, value - down, value + up)


@lru_cache(maxsize=100_000)
def difference(more: int, fewer: int, n: int, beyond: float = BEYOND) -> Estimate:
    """On so many of n photos ours alone, and on so many theirs alone."""
    value, z = (more - fewer) / n, NormalDist().inv_cdf(1 - beyond)
    low, high = (_farthest(value, end, more, fewer, n, z) for end in (-1.0, 1.0))
    return Estimate(value, low, high)


def _farthest(value: float, end: float, more: int, fewer: int, n: int, z: float) -> float:
    """The difference towards `end` that these photos do not speak against."""
    inner, outer = value, end
    for _ in range(STEPS):
        middle = (inner + outer) / 2
        inner, outer = (middle, outer) if _fits(middle, more, fewer, n, z) else (inner, middle)
    return outer


def _fits(change: float, more: int, fewer: int, n: int, z: float) -> bool:
    linear = (2 * n - more + fewer) * change - more - fewer
    # How often theirs alone, if the difference is this: the most probable share.
    root = math.sqrt(max(0.0, linear**2 + 8 * n * fewer * change * (1 - change)))
    alone = (root - linear) / (4 * n)
    variance = max(0.0, n * (2 * alone + change * (1 - change)))
    return max(0.0, abs(more - fewer - n * change) - 1) <= z * math.sqrt(variance)


def compare_accepted(
    ours: np.ndarray, theirs: np.ndarray, by_us: np.ndarray, by_them: np.ndarray, beyond: float = BEYOND
) -> Paired | None:
    """How right each is on what it accepts; None if one of them accepts nothing."""
    n, other = int(by_us.sum()), int(by_them.sum())
    if not (n and other):
        return None
    right, others = int(ours[by_us].sum()), int(theirs[by_them].sum())
    return Paired(right / n, others / other, difference_of_shares(right, n, others, other, beyond), n)


def difference_of_shares(right: int, n: int, others: int, other: int, beyond: float) -> Estimate:
    """How much more often `right` of n than `others` of other."""
    share, its, level = right / n, others / other, 1 - beyond
    value = share - its
    down = math.hypot(share - _low(right, n, level), _low(other - others, other, level) - (1 - its))
    up = math.hypot(_low(n - right, n, level) - (1 - share), its - _low(others, other, level))
    return Estimate(value, value - down, value + up)


@lru_cache(maxsize=100_000)
def _low(right: int, n: int, level: float) -> float:
    return binomial.low(right, n, level)


def chance_of_fall(ours: np.ndarray, theirs: np.ndarray) -> float:
    """How probable a fall as deep is by chance alone: of the photos that differ each is as likely ours (McNemar 1947,
    exactly)."""
    more, fewer = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    return binomial.at_least(fewer, more + fewer, 0.5)


def chance_of_accepted_fall(
    ours: np.ndarray, theirs: np.ndarray, by_us: np.ndarray, by_them: np.ndarray
) -> float:
    """As `chance_below` tells."""
    n, other = int(by_us.sum()), int(by_them.sum())
    if not (n and other):
        return 1.0
    right, others = int(ours[by_us].sum()), int(theirs[by_them].sum())
    return chance_below(lambda beyond: difference_of_shares(right, n, others, other, beyond).high)


def chance_below(high: Callable[[float], float]) -> float:
    """How seldom the upper bound has to leave the truth out for no fall to be within it."""
    seldom, often = 0.0, 0.5
    if high(often) >= 0:
        return 1.0
    for _ in range(STEPS):
        middle = (seldom + often) / 2
        seldom, often = (seldom, middle) if middle and high(middle) < 0 else (middle, often)
    return often


def sure(chances: Sequence[float], alpha: float) -> list[bool]:
    """Which of these are no chance, with at most `alpha` for one of them to be called so wrongly (Holm 1979)."""
    found = [False] * len(chances)
    for place, number in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        if chances[number] > alpha / (len(chances) - place):
            break
        found[number] = True
    return found
