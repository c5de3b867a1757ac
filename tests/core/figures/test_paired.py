"""The difference of two models on the same photos: against the papers, against chance, and where nothing differs."""

import numpy as np
import pytest

from core.figures import paired


def of(more: int, fewer: int, both: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """So many photos on which ours alone is right, theirs alone, both, and neither."""
    ours = np.repeat([True, False, True, False], (more, fewer, both, neither))
    theirs = np.repeat([False, True, True, False], (more, fewer, both, neither))
    return ours, theirs


def test_a_model_that_is_right_where_the_other_is_wrong_is_surely_better():
    found = paired.compare(*of(9, 0, 80, 11))
    assert (found.ours, found.theirs, found.n) == (0.89, 0.80, 100)
    assert found.change.value == pytest.approx(0.09)
    assert 0.02 < found.change.low < found.change.value < found.change.high < 0.2


def test_what_both_are_right_on_says_little_and_what_they_differ_on_much():
    """Two samples of 100 photos, 90 and 85 right, say nothing; on the same photos it may be clear."""
    together, apart = paired.compare(*of(7, 0, 85, 8)), paired.difference_of_shares(92, 100, 85, 100, 0.025)
    assert together.change.low > 0 > apart.low


def test_equals_are_equal_within_bounds_that_are_not_nothing():
    """A bootstrap of photos on which nothing differs knows no other outcome: its bounds would be 0 and 0."""
    change = paired.compare(*of(0, 0, 95, 5)).change
    assert change.value == 0
    assert change.low == pytest.approx(-change.high)
    assert change.high == pytest.approx(0.05, abs=0.02)


def test_bounds_turn_with_the_models():
    one, other = paired.compare(*of(8, 3, 80, 9)).change, paired.compare(*of(3, 8, 80, 9)).change
    assert (one.low, one.high) == (pytest.approx(-other.high), pytest.approx(-other.low))


@pytest.mark.parametrize(("more", "fewer"), [(20, 0), (0, 20), (10, 10)])
def test_bounds_are_differences_also_where_each_photo_differs(more, fewer):
    change = paired.compare(*of(more, fewer, 0, 0)).change
    assert -1 <= change.low <= change.value <= change.high <= 1


def test_the_bounds_are_those_of_the_paper_and_a_step_of_one_photo_more():
    """Tango's, of 44 photos of which one is right by theirs alone: -0.118 and 0.059. The step is a 44th."""
    change = paired.difference(0, 1, 44)
    assert -0.118 - 2 / 44 < change.low < -0.118
    assert 0.059 < change.high < 0.059 + 2 / 44


@pytest.mark.parametrize("shares", [(0.02, 0.0), (0.1, 0.05), (0.005, 0.03)])
def test_the_truth_is_beyond_each_bound_as_seldom_as_promised(shares):
    more, fewer = shares
    chance = np.random.default_rng(0)
    weeks = chance.multinomial(150, [more, fewer, 1 - more - fewer], size=20_000)
    found = [paired.difference(int(a), int(b), 150) for a, b, _ in weeks]
    truth = more - fewer
    assert np.mean([it.low > truth for it in found]) <= paired.BEYOND
    assert np.mean([it.high < truth for it in found]) <= paired.BEYOND


def test_what_each_accepts_is_compared_though_it_is_not_the_same():
    right = np.repeat([True, False], (95, 5))
    all_of_them, sure = np.ones(100, bool), np.repeat([True, False], (90, 10))
    found = paired.compare_accepted(right, right, sure, all_of_them)
    assert found is not None
    assert (found.ours, found.theirs, found.n) == (1.0, 0.95, 90)
    assert found.change.low < 0.05 < found.change.high
    assert paired.compare_accepted(right, right, ~all_of_them, all_of_them) is None


def test_chance_of_a_fall_is_that_of_coins():
    assert paired.chance_of_fall(*of(0, 5, 90, 5)) == pytest.approx(0.5**5)
    assert paired.chance_of_fall(*of(5, 0, 90, 5)) == 1
    assert paired.chance_of_fall(*of(0, 0, 90, 10)) == 1


def test_a_fall_of_what_is_accepted_has_a_chance_that_fits_its_bounds():
    ours, theirs = np.repeat([True, False], (80, 20)), np.repeat([True, False], (97, 3))
    everything = np.ones(100, bool)
    found = paired.compare_accepted(ours, theirs, everything, everything)
    chance = paired.chance_of_accepted_fall(ours, theirs, everything, everything)
    assert found is not None
    assert found.change.high < 0
    assert chance < paired.BEYOND
    assert paired.chance_of_accepted_fall(theirs, ours, everything, everything) == 1
    assert paired.chance_of_accepted_fall(ours, theirs, ~everything, everything) == 1


def test_the_more_is_looked_at_the_surer_each_has_to_be():
    """Holm: the smallest against a third of alpha, the next against a half."""
    assert paired.sure([0.03, 0.016, 0.5], 0.05) == [False, True, False]
    assert paired.sure([0.024, 0.016, 0.04], 0.05) == [True, True, True]
    assert paired.sure([0.02, 0.03, 0.04], 0.05) == [False, False, False]
    assert paired.sure([], 0.05) == []
