"""What n answers, of which some are right, say of the true share: exactly, on one side (Clopper and Pearson 1934).

A bound leaves out the true share in at most one of twenty samples (LEVEL).
"""

import math

LEVEL = 0.95
STEPS = 50  # of halving


def at_least(right: int, n: int, share: float) -> float:
    """How probable it is that as many or more of n are right, if each is with this probability."""
    if right <= 0 or share >= 1:
        return 1.0
    if share <= 0:
        return 0.0
    logs = [
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        + k * math.log(share) + (n - k) * math.log1p(-share)
        for k in range(right, n + 1)
    ]  # fmt: skip
    return min(1.0, math.fsum(map(math.exp, logs)))


def low(right: int, n: int) -> float:
    """The true share is at least this."""
    if right <= 0:
        return 0.0
    below, above = 0.0, right / n
    for _ in range(STEPS):
        share = (below + above) / 2
        below, above = (share, above) if at_least(right, n, share) <= 1 - LEVEL else (below, share)
    return below


def high(right: int, n: int) -> float:
    """The true share is at most this."""
    return 1 - low(n - right, n)


def fewest(share: float) -> int:
    """So many answers, all of them right, are needed to show at least this share."""
    return math.ceil(math.log(1 - LEVEL) / math.log(share))
