"""How many pictures tell: with so many of them the same distance has a verdict, and with fewer it has none."""

import math

import pytest

from core.figures import enough
from core.figures.distances import KS_SPREAD, ks_margin
from core.figures.drift import MIN_RECORDS


def told(distance: float, tolerance: float, n: int, m: int) -> bool:
    margin = ks_margin(n, m)
    return min(n, m) >= MIN_RECORDS and (distance - margin > tolerance or distance + margin <= tolerance)


@pytest.mark.parametrize("distance", [0.0, 0.02, 0.2, 0.387, 0.9])
@pytest.mark.parametrize("n", [20, 84, 700, 5000])
def test_a_distance_that_stays_is_told_by_as_many_as_are_asked_for(distance, n):
    tolerance = 0.1
    needed = enough.enough(abs(distance - tolerance), (KS_SPREAD, KS_SPREAD), n, MIN_RECORDS)
    assert told(distance, tolerance, needed.baseline, needed.live + 1)
    assert needed.baseline >= n or needed.baseline == needed.live
    fewer = math.floor(needed.live * 0.9)
    assert not told(distance, tolerance, min(needed.baseline, fewer if needed.baseline > n else n), fewer)


@pytest.mark.parametrize(("n", "m"), [(84, 10), (84, 100_000), (1000, 500), (5000, 100)])
def test_more_are_asked_for_than_there_are(n, m):
    for distance in (0.0, 0.05, 0.099, 0.1, 0.101, 0.15):
        if not told(distance, 0.1, n, m):
            needed = enough.count(distance, 0.1, (KS_SPREAD, KS_SPREAD), (n, m), MIN_RECORDS)
            assert needed.baseline > n or needed.live > m


def test_live_pictures_are_asked_for_before_a_larger_baseline():
    spread = (KS_SPREAD, KS_SPREAD)
    assert enough.count(0.0, 0.1, spread, (5000, 100), MIN_RECORDS).baseline == 5000
    assert enough.count(0.0, 0.1, spread, (84, 100_000), MIN_RECORDS).baseline > 84
