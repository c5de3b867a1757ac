"""When photos arrive: moments of a Poisson process whose rate follows a pattern, one after the other.

    for moment in arrivals("bursts", rate=5, seconds=60, random=Random(1)): ...     seconds from the start, rising

Over the whole time each pattern has the rate that was asked for on average.
"""

import math
from collections.abc import Callable, Iterator
from random import Random

BURSTS = 5  # in the whole time, however long it is
BURST_SHARE = 0.2  # of the time is a burst, at BURST times the rate; the rest makes up for it
BURST = 4.0
SWING = 0.9  # of the rate, which a day's noon has more and its midnight less


def steady(_part: float) -> float:
    return 1.0


def bursts(part: float) -> float:
    quiet = (1 - BURST_SHARE * BURST) / (1 - BURST_SHARE)
    return BURST if part * BURSTS % 1 < BURST_SHARE else quiet


def diurnal(part: float) -> float:
    """One day, from midnight to midnight."""
    return 1 - SWING * math.cos(2 * math.pi * part)


PATTERNS: dict[str, tuple[Callable[[float], float], float]] = {  # and the most that each one reaches
    "steady": (steady, 1.0),
    "bursts": (bursts, BURST),
    "diurnal": (diurnal, 1 + SWING),
}


def arrivals(pattern: str, rate: float, seconds: float, random: Random) -> Iterator[float]:
    """Draw them at the pattern's highest rate, and keep each with the probability that its moment has."""
    shape, highest = PATTERNS[pattern]
    moment = 0.0
    while (moment := moment + random.expovariate(rate * highest)) < seconds:
        if random.random() * highest < shape(moment / seconds):
            yield moment
