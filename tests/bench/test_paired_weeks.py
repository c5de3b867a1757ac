"""`make bench ONLY=paired`: what is simulated is what is said, and the bounds hold in it."""

import numpy as np
import pytest

from bench import paired_weeks
from core.figures import paired
from core.figures.metrics import Estimate


def test_the_bounds_hold_in_fewer_weeks_too():
    figures = paired_weeks.measure(weeks=2_000, photos=(100,))
    names = [it.name for it in figures]
    assert names == [
        f"paired_{what}_100_{side}"
        for what in ("accuracy", "accepted", "live")
        for side in ("below", "above")
    ]
    # Of 2,000 weeks 2.5 % are 50, and chance adds 21 of them once in a thousand times.
    assert all(0 < it.value <= 100 * paired.BEYOND + 1.1 for it in figures)


def test_weeks_beyond_the_bounds_are_counted():
    outcomes = np.array([[0], [1], [1], [3]])
    bounds = {0: Estimate(0, 0.2, 0.3), 1: Estimate(0, 0.0, 0.3), 3: Estimate(0, -0.2, -0.1)}
    assert paired_weeks.beyond(outcomes, 0.1, bounds.__getitem__) == (0.25, 0.25)


def test_three_pairs_on_live_photos_are_equals():
    worth = [
        share * (more - fewer) + (1 - share) * (ours - theirs)
        for share, more, fewer, ours, theirs in paired_weeks.LIVE
    ]
    assert worth[:3] == pytest.approx([0, 0, 0])
    assert all(abs(it) > 0.01 for it in worth[3:])


@pytest.mark.parametrize("pair", paired_weeks.ACCEPTING)
def test_models_that_do_the_same_still_accept_what_they_accept(pair):
    ours, right, theirs, others, _ = pair
    one = np.array([1 - ours, ours * right, ours * (1 - right)])
    other = np.array([1 - theirs, theirs * others, theirs * (1 - others)])
    kinds = paired_weeks.together(one, other)
    assert kinds.sum(axis=1) == pytest.approx(one)
    assert kinds.sum(axis=0) == pytest.approx(other)
    assert np.trace(kinds) > np.trace(np.outer(one, other))
