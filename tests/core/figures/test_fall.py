"""The estimated accuracy falls with the mean of confidence, and that is told from a day's few hundred photos."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from tests.builders import make_label

from core.figures import pictures, true_accuracy
from core.figures.baseline import Baseline, deciles
from core.figures.drift import HARM, TOLERATED, Assessment, Drift, assess, of_estimate
from core.figures.quantities import ESTIMATE
from core.figures.tally import Tally, count
from monitoring.publish import figures

CLASSES = ["bicycle", "motorcycle"]
BASELINE, DAY = 850, 500  # as many as 850 photographs leave out of fold, and a day's


def draw(n: int, dice: np.random.Generator, sure: float = 12.0) -> np.ndarray:
    """Answers whose confidence is about sure / (sure + 1) on average, 0.923 unless told otherwise."""
    first = np.maximum(dice.beta(sure, 1, n), 0.5)
    return np.stack([first, 1 - first], axis=1)


def tally(answers: np.ndarray) -> Tally:
    nothing = np.full((len(answers), len(pictures.STATISTICS)), np.nan, np.float32)
    return count(answers, nothing, {"confidence": deciles(np.linspace(0.5, 1, 100))}, 0.93)


def reference(dice: np.random.Generator, n: int = BASELINE) -> Baseline:
    return Baseline(
        CLASSES, 0.93, 0.92, {"confidence": deciles(np.linspace(0.5, 1, 100))}, tally(draw(n, dice))
    )


def judged(before: Baseline, live: Tally, fall: float = TOLERATED["fall"]) -> Drift:
    return of_estimate(before.tally, live, fall)


def test_an_estimate_that_fell_by_6_points_rings_within_a_day():
    dice = np.random.default_rng(1)
    days = [judged(reference(dice), tally(draw(DAY, dice, sure=6.2))) for _ in range(100)]
    assert sum(day.verdict == "moved" for day in days) >= 95
    day = days[0]
    assert day.value == pytest.approx(day.baseline_mean - day.live_mean)
    assert day.low < day.value < day.high
    fell = f"{ESTIMATE} moved: {day.live_mean:.1%}, in training {day.baseline_mean:.1%}; fall "
    assert day.words.startswith(fell)


def test_days_like_the_training_do_not_ring():
    dice = np.random.default_rng(2)
    assert not any(judged(reference(dice), tally(draw(DAY, dice))).verdict == "moved" for _ in range(1000))


def test_a_day_like_the_training_is_steady_where_no_fall_that_matters_can_be_hidden():
    """Half a point is tolerated, and what 850 photographs leave open is more than that."""
    dice = np.random.default_rng(9)
    before = reference(dice)
    day, few = judged(before, tally(draw(DAY, dice))), judged(before, tally(draw(40, dice, sure=9.0)))
    assert (day.verdict, few.verdict) == ("steady", "cannot tell")
    assert TOLERATED["fall"] < day.high < HARM < few.high
    assert day.words.endswith(
        f", surely below {100 * day.high:.1f} points, tolerated 0.5 points, 5.0 points would matter"
    )
    assert few.needed
    assert few.needed.live < DAY


def test_answers_that_are_surer_than_in_training_have_not_fallen():
    dice = np.random.default_rng(3)
    day = judged(reference(dice), tally(draw(5000, dice, sure=40.0)))
    assert (day.value, day.low, day.verdict) == (0, 0, "steady")


@pytest.mark.parametrize("sure", [12.0, 6.4])
def test_the_bounds_hold_what_is_true_about_as_often_as_they_say(sure):
    """Without a fall, and with one of 5 points."""
    dice, outside = np.random.default_rng(4), 0
    then, now = (draw(10**6, dice, it)[:, 0].mean() for it in (12.0, sure))
    for _ in range(500):
        row = judged(reference(dice), tally(draw(DAY, dice, sure)))
        outside += not row.low <= max(0.0, then - now) <= row.high
    assert outside <= 3


def test_an_environment_decides_how_far_it_may_fall():
    dice = np.random.default_rng(5)
    before, live = reference(dice), tally(draw(DAY, dice, sure=5.0))
    assert judged(before, live).verdict == "moved"
    assert judged(before, live, fall=0.5).verdict == "steady"


def test_the_fall_and_its_bound_are_published():
    dice = np.random.default_rng(6)
    said = assess(tally(draw(DAY, dice, sure=6.2)), reference(dice))
    published = dict(figures(said))
    row = next(it for it in said.drift if it.statistic == ESTIMATE)
    assert (published["ConfidenceFall"], published["ConfidenceFallLowerBound"]) == (row.value, row.low)
    assert published["ConfidenceDrift"] == next(it.value for it in said.drift if it.measure == "ks")


def test_a_few_answers_have_no_bound_of_their_fall():
    dice = np.random.default_rng(7)
    published = dict(figures(assess(tally(draw(29, dice, sure=2.0)), reference(dice))))
    assert not {"ConfidenceFall", "ConfidenceFallLowerBound"} & published.keys()


def test_accuracy_has_surely_fallen_by_what_people_say_or_as_far_as_they_cannot_by_the_estimate():
    dice = np.random.default_rng(8)
    said = assess(tally(draw(DAY, dice, sure=6.2)), reference(dice))
    estimated = dict(figures(said))["ConfidenceFallLowerBound"]
    assert estimated > 0

    def surely(wrong: int, judged: int) -> tuple[float, float, bool]:
        labels = [
            make_label(f"{number}", label="motorcycle" if number < wrong else "bicycle")
            for number in range(judged)
        ]
        truth = true_accuracy.find(labels, {"2026-11-26": 10 * judged}, labels[0].model, 0.98)
        assert truth and truth.fall
        published = dict(figures(said, truth))
        return published["AccuracyFallLowerBound"], truth.fall.low, truth.enough

    assert dict(figures(said))["AccuracyFallLowerBound"] == estimated, "nobody has said anything"
    assert surely(0, 400) == (0, 0, True), "people say that nothing has fallen, and they are enough"
    assert surely(0, 40) == (estimated, 0, False), "too few to say so"
    fallen, seen, enough = surely(20, 40)
    assert (fallen, enough) == (seen, False) and seen > estimated, "few show what is plain"
    assert surely(20, 20)[0] == estimated, "of fewer than 30 there are no bounds"


def test_what_is_said_of_the_fall_survives_json():
    dice = np.random.default_rng(8)
    said = assess(tally(draw(DAY, dice, sure=6.2)), reference(dice))
    content = json.loads(json.dumps(asdict(said)))
    assert Assessment.from_json(content) == said
