"""How often the model is right on what it accepts: from the labels of a week, and from how many photos it routed."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from tests.builders import make_label

from bench import blind_weeks
from core.figures import gamma, true_accuracy
from core.figures.metrics import ALPHA, Estimate
from core.figures.scores import Curve
from core.figures.true_accuracy import Truth, find

MODEL, LATER = "0123456789abcdef", "fedcba9876543210"
WEEK = [str(date(2026, 11, 20) + timedelta(days=ago)) for ago in range(7)]


def of_day(day, right, wrong=0, **fields):
    """Labels of so many photos of a day, all of them answered as bicycles."""
    said = ["bicycle"] * right + ["motorcycle"] * wrong
    return [
        make_label(f"{day}-{number}-{fields}", routed_day=day, label=label, **fields)
        for number, label in enumerate(said)
    ]


def look(labels, routed, model=MODEL, **options) -> Any:
    found = find(labels, routed, model, **options)
    assert found
    return found


def test_a_busy_day_counts_for_more_than_a_quiet_one():
    labels = of_day(WEEK[0], right=30) + of_day(WEEK[1], right=15, wrong=15)
    alike = look(labels, {WEEK[0]: 300, WEEK[1]: 300})
    busy = look(labels, {WEEK[0]: 900, WEEK[1]: 100})
    assert (alike.judged, alike.wrong, alike.accuracy.value) == (60, 15, pytest.approx(0.75))
    assert busy.accuracy.value == pytest.approx(0.95)
    assert alike.counts_as == pytest.approx(60)
    assert busy.counts_as == pytest.approx(1 / (0.9**2 / 30 + 0.1**2 / 30))
    assert (busy.since, busy.until) == (WEEK[0], WEEK[1])
    assert busy.accuracy.low < 0.95 < busy.accuracy.high < 1


def test_only_blind_answers_to_what_drivers_sent_are_counted_and_each_photo_once():
    labels = [
        *of_day(WEEK[0], right=8),
        *of_day(WEEK[0], right=0, wrong=5, blind=False),
        *of_day(WEEK[0], right=0, wrong=5, kind="evaluation"),
        *of_day(WEEK[0], right=0, wrong=5, known="motorcycle"),
        *of_day("2026-11-19", right=0, wrong=9),
        make_label("twice", 1, routed_day=WEEK[0], label="motorcycle"),
        make_label("twice", 2, routed_day=WEEK[0], label="motorcycle"),
    ]
    found = look(labels, dict.fromkeys(WEEK, 100))
    assert (found.judged, found.wrong, found.no_judgement) == (9, 1, {})


def test_what_was_objected_to_or_corrected_counts_each_for_itself_and_the_sample_for_all_others():
    seen = {"blind": False, "assisted": True}
    labels = [
        *of_day(WEEK[0], right=20),
        *of_day(WEEK[0], right=2, wrong=10, **seen),
        make_label("corrected", 1, routed_day=WEEK[0], label="bicycle"),
        make_label("corrected", 2, routed_day=WEEK[0], label="motorcycle", **seen),
        make_label("closed", routed_day=WEEK[0], label="unusable", **seen),
        *of_day(WEEK[1], right=0, wrong=3, **seen),
    ]
    found = look(labels, {WEEK[0]: 90, WEEK[1]: 50}, objected={WEEK[0]: 12, WEEK[1]: 3})
    # Of 102 photos 14 were looked at, one of which is no judgement: 88 others are right.
    assert found.accuracy.value == pytest.approx(1 - 11 / (88 + 13))
    assert (found.judged, found.wrong, found.corrected) == (20, 0, 13)
    assert found.counts_as == pytest.approx(20)
    assert found.no_judgement == {"unusable": 1}
    assert found.untold == [WEEK[1]], "of a day without a sample its worst photos are not all"
    assert found.share_told == pytest.approx(102 / 155)


def test_the_last_word_on_a_corrected_photo_counts():
    seen = {"blind": False, "assisted": True, "routed_day": WEEK[0]}
    labels = [
        *of_day(WEEK[0], right=10),
        make_label("twice", 2, label="bicycle", **seen),
        make_label("twice", 1, label="motorcycle", **seen),
    ]
    assert look(labels, {WEEK[0]: 11}).accuracy.value == 1


def test_what_is_no_judgement_is_said_and_another_vehicle_is_an_error():
    labels = [
        *of_day(WEEK[0], right=6),
        make_label("cargo", routed_day=WEEK[0], label="other", vehicle="cargo bike"),
        make_label("black", routed_day=WEEK[0], label="unusable"),
        make_label("fog", routed_day=WEEK[0], label="cannot_tell"),
        make_label("fog, once told", 1, routed_day=WEEK[0], label="cannot_tell"),
        make_label("fog, once told", 2, routed_day=WEEK[0], label="bicycle"),
        make_label("argued", 1, routed_day=WEEK[0], label="motorcycle"),
        make_label("argued", 2, routed_day=WEEK[0], label="bicycle"),
        *of_day(WEEK[1], right=4),
    ]
    found = look(labels, {WEEK[0]: 50, WEEK[1]: 50})
    assert (found.judged, found.wrong) == (8, 1)
    assert found.no_judgement == {"cannot_tell": 1, "disagreed": 1, "too few of the day": 4, "unusable": 1}


def test_a_quiet_day_that_is_judged_whole_counts():
    assert look(of_day(WEEK[0], right=3), {WEEK[0]: 3}).judged == 3
    assert look(of_day(WEEK[0], right=3), {WEEK[0]: 2}).counts_as == pytest.approx(3), "the index is behind"


def test_each_model_has_its_own_truth_of_a_day_on_which_both_answered():
    labels = of_day(WEEK[0], right=10, wrong=10) + of_day(WEEK[0], right=20, model=LATER)
    found = look(labels, {WEEK[0]: 400})
    assert (found.judged, found.accuracy.value) == (20, pytest.approx(0.5))
    other = look(labels, {WEEK[0]: 400}, model=LATER)
    assert (other.judged, other.accuracy.value) == (20, 1)


def test_beside_it_stands_what_the_model_said_of_the_same_photos():
    labels = of_day(WEEK[0], right=30, wrong=10, confidence=0.99)
    found = look(labels, {WEEK[0]: 400})
    assert found.estimated == pytest.approx(0.99)
    low, value, high = found.too_high.low, found.too_high.value, found.too_high.high
    assert value == pytest.approx(0.24)
    assert (low, high) == pytest.approx((0.99 - found.accuracy.high, 0.99 - found.accuracy.low))


def test_without_a_judgement_there_is_no_accuracy_and_no_fall():
    found = look([], dict.fromkeys(WEEK, 100), expected=0.98)
    assert (found.judged, found.accuracy, found.estimated, found.fall, found.enough) == (
        0,
        None,
        None,
        None,
        False,
    )
    assert found.too_high is None
    assert find([], {}, MODEL) is None


def test_a_fall_is_from_what_training_said_and_surely_above_its_bound():
    labels = [it for day in WEEK for it in of_day(day, right=45, wrong=5)]
    found = look(labels, dict.fromkeys(WEEK, 500), expected=0.98)
    assert found.enough and found.bounded
    assert found.fall.value == pytest.approx(0.08)
    assert (found.fall.low, found.fall.high) == pytest.approx(
        (0.98 - found.accuracy.high, 0.98 - found.accuracy.low)
    )
    assert found.fall.low > 0.02
    better = look([it for day in WEEK for it in of_day(day, 50)], dict.fromkeys(WEEK, 500), expected=0.98)
    assert (better.fall.low, better.fall.value) == (0, 0)


@pytest.mark.parametrize(
    ("expected", "a_day", "enough"), [(0.98, 29, False), (0.98, 34, True), (0.9, 34, False)]
)
def test_it_is_enough_where_half_of_the_weeks_would_show_a_fall_of_five_points(expected, a_day, enough):
    assert true_accuracy.is_enough(expected, 7 * a_day, 0.005) is enough
    seen = blind_weeks.rings(expected, expected - 0.05, "even", a_day, np.random.default_rng(1))
    assert (seen > 0.5) is enough


def test_what_training_says_is_no_more_than_its_photos_can():
    curve = Curve(np.array([0.5, 0.9, 0.95]), np.array([1.0, 0.8, 0.6]), np.array([0.9, 0.975, 1.0]))
    assert true_accuracy.expect(curve, 150, 0.9) == pytest.approx(118 / 122)
    assert true_accuracy.expect(curve, 150, 0.93) == pytest.approx(91 / 92), "by the threshold in use"
    assert true_accuracy.expect(curve, 150, 0.99) is None
    assert true_accuracy.expect(None, 150, 0.9) is None
    assert true_accuracy.expect(curve, None, 0.9) is None


def test_a_truth_is_read_as_it_was_written():
    found = look(of_day(WEEK[0], 30, 3), {WEEK[0]: 99}, expected=0.98, objected={WEEK[0]: 2})
    assert Truth.from_json(asdict(found)) == found
    assert isinstance(found.accuracy, Estimate)


@pytest.mark.parametrize("judged", [30, 100, 210, 400])
def test_the_bounds_hold_in_100_000_weeks(judged):
    chance = np.random.default_rng(judged)
    for accuracy in (0.8, 0.95, 0.995):
        above, below = blind_weeks.count_missed(accuracy, judged, chance)
        assert blind_weeks.WEEKS == 100_000
        assert above + below <= ALPHA * blind_weeks.WEEKS, (accuracy, above, below)


@pytest.mark.parametrize("shape", [1.0, 1.7, 12.0, 300.0])
@pytest.mark.parametrize("share", [ALPHA / 2, 0.5, 1 - ALPHA / 2])
def test_below_a_quantile_of_the_gamma_distribution_lies_its_share(shape, share):
    drawn = np.random.default_rng(0).gamma(shape, size=2_000_000)
    assert (drawn < gamma.quantile(shape, share)).mean() == pytest.approx(
        share, abs=1e-4 + 0.002 * share * (1 - share)
    )


def test_a_whole_number_s_quantile_is_that_of_its_poisson_law():
    """Of k + 1 the upper bound of k counts: with so many on average, k or fewer come in the rest of the cases."""
    mean = float(gamma.quantile(6, 1 - ALPHA / 2))
    terms = [np.exp(-mean) * mean**k / np.prod(np.arange(1, k + 1)) for k in range(6)]
    assert sum(terms) == pytest.approx(ALPHA / 2, rel=1e-6)
