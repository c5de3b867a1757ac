"""Each figure against what one can work out by hand, or against chance itself."""

import math

import numpy as np
import pytest

from core.figures import metrics

ANSWERS = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5], [1.0, 0.0]])


def test_confidence_is_that_of_the_predicted_class():
    assert metrics.confidence(ANSWERS).tolist() == [0.9, 0.8, 0.5, 1.0]
    assert metrics.predict(ANSWERS).tolist() == [0, 1, 0, 0]


def test_quantiles_of_confidence():
    assert metrics.confidence_quantiles(ANSWERS, (0.0, 0.5, 1.0)) == {
        0.0: 0.5,
        0.5: pytest.approx(0.85),
        1.0: 1.0,
    }


def test_entropy_is_zero_bits_when_certain_and_one_for_a_toss_up_of_two():
    assert metrics.entropy(ANSWERS)[2:].tolist() == [1.0, 0.0]
    assert metrics.entropy(np.full((1, 4), 0.25)).tolist() == [2.0]


@pytest.mark.parametrize(("share", "n"), [(0.0, 10), (1.0, 10), (0.5, 1), (0.02, 500), (0.93, 84)])
def test_wilsons_bounds_hold_the_share_and_stay_shares(share, n):
    bounds = metrics.wilson(share, n)
    assert 0 <= bounds.low <= bounds.value == share <= bounds.high <= 1
    assert bounds.low < bounds.high


def test_wilsons_bounds_leave_the_truth_out_about_as_often_as_they_say():
    seen = np.random.default_rng(0).binomial(200, 0.9, 20_000) / 200
    bounds = {share: metrics.wilson(share, 200) for share in np.unique(seen)}
    missed = np.mean([not bounds[share].low <= 0.9 <= bounds[share].high for share in seen])
    assert missed < 3 * metrics.ALPHA


def test_estimated_accuracy_is_the_mean_confidence_with_bounds_that_hold_the_truth():
    """Answers that are right as often as they say, and a calibration that was seen on 84 pictures."""
    dice = np.random.default_rng(0)
    missed = 0
    for _ in range(2000):
        confidence = dice.beta(9, 1, 500)
        right = (dice.random(500) < confidence).mean()
        variance = (confidence * (1 - confidence)).sum()
        estimate = metrics.estimate_accuracy(500, confidence.sum(), variance, 0.0)
        assert estimate.value == pytest.approx(confidence.mean())
        missed += not estimate.low <= right <= estimate.high
    assert missed <= 10


def test_bounds_of_the_estimated_accuracy_widen_with_doubt_in_the_calibration():
    sure = metrics.estimate_accuracy(500, 450, 40, 0.0)
    doubtful = metrics.estimate_accuracy(500, 450, 40, 0.0004)
    assert doubtful.low < sure.low < sure.high < doubtful.high


@pytest.mark.parametrize(("hits", "n"), [(15, 15), (9, 10), (30, 40), (0, 10)])
def test_exact_bounds_are_those_of_the_binomial_law(hits, n):
    """At the lower one, so many hits or more have half of ALPHA's chance."""
    found = metrics.bound_exactly(hits, n)
    chance = sum(math.comb(n, k) * found.low**k * (1 - found.low) ** (n - k) for k in range(hits, n + 1))
    assert chance == pytest.approx(metrics.ALPHA / 2 if hits else 1)
    assert metrics.bound_exactly(n - hits, n).high == pytest.approx(1 - found.low, abs=1e-8)
