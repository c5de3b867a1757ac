"""How many pictures it takes to tell whether something has moved.

What chance may add to a distance between n pictures of the baseline and m live ones is at most sqrt(a / n + b / m);
a and b are the measure's own.
"""

import math
from dataclasses import dataclass

# Between equals chance shows something, too: on average 0.43 of what it adds at most (the mean of Kolmogorov's law by
# its quantile at ALPHA). So to call equals steady takes bounds of the tolerance less that share of themselves.
OF_EQUALS = 0.7
CLOSEST = 0.01  # of the tolerance: what is closer to it nobody will tell from it


@dataclass(frozen=True)
class Needed:
    """At least so many pictures on each side."""

    baseline: int
    live: int


def count(
    distance: float, tolerance: float, spread: tuple[float, float], there: tuple[int, int], fewest: int
) -> Needed:
    """More than there are, if the distance stays what it is, or is chance's alone: whichever takes fewer."""
    gaps = max(abs(distance - tolerance), CLOSEST * tolerance), OF_EQUALS * tolerance
    found = [enough(gap, spread, there[0], fewest) for gap in gaps]
    more = [it for it in found if it.baseline > there[0] or it.live > there[1]]
    return min(more or found, key=lambda it: (it.live, it.baseline))


def enough(gap: float, spread: tuple[float, float], n: int, fewest: int) -> Needed:
    """For bounds of that reach.

    Live pictures come by themselves; a larger baseline takes another training. So that is asked for last: when without
    it more than twice as many live ones would be needed.
    """
    of_baseline, of_live = spread
    both = max(fewest, math.ceil((of_baseline + of_live) / gap**2))
    left = gap**2 - of_baseline / n
    if n >= fewest and left > 0 and (alone := math.ceil(of_live / left)) <= 2 * both:
        return Needed(n, max(fewest, alone))
    return Needed(both, both)
