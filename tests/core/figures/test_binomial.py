"""Bounds of a share, against cases that can be worked out by hand, and against what they promise."""

import numpy as np
import pytest

from core.figures import binomial


def test_all_right_shows_the_root_of_what_is_left_to_chance():
    assert binomial.low(10, 10) == pytest.approx(0.05**0.1)
    assert binomial.high(0, 10) == pytest.approx(1 - 0.05**0.1)
    assert (binomial.low(0, 10), binomial.high(10, 10)) == (0, 1)


def test_as_many_right_or_more_are_as_probable_as_coins_say():
    assert binomial.at_least(2, 3, 0.5) == pytest.approx(0.5)
    assert (binomial.at_least(0, 3, 0.2), binomial.at_least(3, 3, 0), binomial.at_least(3, 3, 1)) == (1, 0, 1)


def test_so_many_right_ones_show_it_and_one_less_does_not():
    needed = binomial.fewest(0.98)
    assert binomial.low(needed, needed) >= 0.98 > binomial.low(needed - 1, needed - 1)


def test_the_bound_lies_above_the_truth_in_one_of_twenty_samples_at_most():
    right = np.random.default_rng(0).binomial(150, 0.9, 2000)
    bounds = {int(k): binomial.low(int(k), 150) for k in np.unique(right)}
    assert np.mean([bounds[int(k)] > 0.9 for k in right]) <= 0.05
