"""What n answers, of which some are right, say of the true share: exactly (Clopper and Pearson 1934).

A bound leaves out the true share in at most one of twenty samples, unless another level is asked for.
"""

import math

import numpy as np

LEVEL = 0.95
STEPS = 50  # of halving


def at_least(right: int, n: int, share: float) -> float:
    """How probable it is that as many or more of n are right, if each is with this probability."""
    return _sum(_ways(right, n), right, n, share)


def low(right: int, n: int, level: float = LEVEL) -> float:
    """The true share is at least this."""
    if right <= 0:
        return 0.0
    ways = _ways(right, n)
    below, above = 0.0, right / n
    for _ in range(STEPS):
        share = (below + above) / 2
        below, above = (share, above) if _sum(ways, right, n, share) <= 1 - level else (below, share)
    return below


def high(right: int, n: int, level: float = LEVEL) -> float:
    """The true share is at most this."""
    return 1 - low(n - right, n, level)


def fewest(share: float) -> int:
    """So many answers, all of them right, are needed to show at least this share."""
    return math.ceil(math.log(1 - LEVEL) / math.log(share))


def _ways(right: int, n: int) -> np.ndarray:
    """The logarithms of in how many ways `right` of n are right, and so on to n."""
    factorials = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
    return (factorials[n] - factorials - factorials[::-1])[max(right, 0) :]


def _sum(ways: np.ndarray, right: int, n: int, share: float) -> float:
    if right <= 0 or share >= 1:
        return 1.0
    if share <= 0:
        return 0.0
    k = np.arange(right, n + 1)
    return min(1.0, float(np.exp(ways + k * math.log(share) + (n - k) * math.log1p(-share)).sum()))
