"""Totals that add up, and what is said of them."""

import json
from collections import Counter
from dataclasses import asdict, replace

import numpy as np
import pytest

from core.figures import baseline, metrics, pictures
from core.figures.baseline import Baseline
from core.figures.distances import psi
from core.figures.drift import TOLERATED, Assessment, assess, compare
from core.figures.quantities import ESTIMATE
from core.figures.tally import Tally, count
from monitoring.publish import figures
from monitoring.window import Truth, Window, tally

CLASSES = ["bicycle", "motorcycle"]
JUDGED = [name for name in pictures.STATISTICS if name not in ("width", "height")]


def answers(n: int, seed: int, sure: float = 12) -> np.ndarray:
    first = np.random.default_rng(seed).beta(sure, 1, n)
    flipped = np.arange(n) % 2 == 1
    first[flipped] = 1 - first[flipped]
    return np.stack([first, 1 - first], axis=1)


def measured(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(100, 20, (n, len(pictures.STATISTICS))).astype(np.float32)


NO_TRUTH = Truth(np.empty(0), np.empty((0, 2)), np.empty(0, np.int64))


def windowed(probabilities: np.ndarray, statistics: np.ndarray) -> Window:
    n = len(probabilities)
    return Window(np.zeros(n), probabilities, statistics, NO_TRUTH, 0, 0, Counter())


@pytest.fixture(scope="module")
def reference() -> Baseline:
    probabilities, statistics = answers(84, 0), measured(84, 1)
    values = {
        "confidence": probabilities.max(axis=1),
        **dict(zip(pictures.STATISTICS, statistics.T, strict=True)),
    }
    edges = {name: baseline.deciles(column) for name, column in values.items()}
    return Baseline(CLASSES, 0.93, 1.0, edges, count(probabilities, statistics, edges, 0.93))


def test_hours_add_up_to_their_day(reference):
    probabilities, statistics = answers(300, 2), measured(300, 3)
    statistics[::7] = np.nan
    whole = asdict(tally(windowed(probabilities, statistics), reference, 0.93))
    parts = [slice(0, 10), slice(10, 10), slice(10, 120), slice(120, 300)]
    hours = [tally(windowed(probabilities[p], statistics[p]), reference, 0.93) for p in parts]
    day = asdict(sum(hours, Tally()))
    for name in ("records", "accepted", "classes", "histograms"):
        assert day[name] == whole[name]
    for name in ("confidence_sum", "confidence_variance_sum", "entropy_sum"):
        assert day[name] == pytest.approx(whole[name])
    for name, (n, total) in whole["sums"].items():
        assert day["sums"][name] == [n, pytest.approx(total)]


def test_it_survives_json(reference):
    hour = tally(windowed(answers(50, 4), measured(50, 5)), reference, 0.93)
    assert Tally(**json.loads(json.dumps(asdict(hour)))) == hour


def test_an_hour_that_had_no_baseline_adds_to_one_that_had(reference):
    window = windowed(answers(50, 4), measured(50, 5))
    both = tally(window, None, 0.93) + tally(window, reference, 0.93)
    assert both.records == 100
    assert sum(both.histograms["confidence"]) == 50
    (_, _, confidence, *_) = compare(reference, both)
    assert confidence.live_n == 50
    assert confidence.live_mean == pytest.approx(window.probabilities.max(axis=1).mean())


def test_no_traffic_says_nothing(reference):
    said = assess(Tally(), reference)
    assert said.records == 0
    assert [getattr(said, name) for name in ("coverage", "estimated_accuracy", "entropy", "confidence")] == [
        None
    ] * 4
    assert (said.class_mix, said.drift, said.moved) == ({}, [], [])


def test_without_a_baseline_there_is_no_drift_and_no_estimate():
    said = assess(tally(windowed(answers(50, 4), measured(50, 5)), None, 0.93), None)
    assert said.estimated_accuracy is None
    assert (said.drift, said.moved) == ([], [])
    assert said.class_mix == {"0": 0.5, "1": 0.5}
    assert said.coverage
    assert said.coverage.low < said.coverage.value < said.coverage.high


def test_what_is_said_survives_json(reference):
    said = assess(tally(windowed(answers(50, 4), measured(50, 5)), reference, 0.93), reference)
    assert Assessment.from_json(json.loads(json.dumps(asdict(said), allow_nan=False))) == said
    assert said.class_mix == {"bicycle": 0.5, "motorcycle": 0.5}
    names = [(row.statistic, row.measure) for row in said.drift]
    assert names[:2] == [("class mix", "share"), (ESTIMATE, "fall")]
    assert names[2:4] == [("confidence", "ks"), ("confidence", "psi")]
    assert names[4:] == [(name, "ks") for name in pictures.STATISTICS]


def test_statistics_without_a_live_picture_are_left_out(reference):
    nothing = np.full((50, len(pictures.STATISTICS)), np.nan, np.float32)
    rows = compare(reference, tally(windowed(answers(50, 4), nothing), reference, 0.93))
    assert [row.statistic for row in rows] == ["class mix", ESTIMATE, "confidence", "confidence"]


def test_hours_without_a_baseline_leave_only_the_class_mix_and_the_estimate_to_compare(reference):
    rows = compare(reference, tally(windowed(answers(50, 4), measured(50, 5)), None, 0.93))
    assert [row.statistic for row in rows] == ["class mix", ESTIMATE]


@pytest.mark.parametrize("few", [1, 10, 29])
def test_ten_pictures_raise_no_alarm_however_odd_they_are(reference, few):
    odd = windowed(np.tile([0.51, 0.49], (few, 1)), measured(few, 5) + 1000)
    said = assess(tally(odd, reference, 0.93), reference)
    assert said.moved == []
    assert {row.verdict for row in said.drift} == {"cannot tell", "not judged"}
    assert said.untold == ["class mix", ESTIMATE, "confidence", *JUDGED]
    assert f"{few} now and 84 in the baseline cannot tell, it takes at least" in said.drift[0].words


def test_a_baseline_too_small_to_tell_is_never_called_steady(reference):
    """84 pictures leave a KS distance of up to 0.21 to chance, and 0.10 is tolerated: nobody knows, with a million."""
    said = assess(tally(windowed(answers(100_000, 6), measured(100_000, 7)), reference, 0.93), reference)
    rows = [row for row in said.drift if row.measure == "ks" and row.statistic not in ("width", "height")]
    assert {row.verdict for row in rows} == {"cannot tell"}
    assert all(row.needed and row.needed.baseline > 1000 for row in rows)


def test_what_is_surely_within_the_tolerance_is_steady(reference):
    said = assess(
        tally(windowed(answers(5000, 6), measured(5000, 7)), reference, 0.93),
        reference,
        dict.fromkeys(TOLERATED, 0.5),
    )
    assert {row.verdict for row in said.drift} == {"steady", "not judged"}
    assert (said.moved, said.untold) == ([], [])
    assert all(row.high <= row.tolerance for row in said.drift if row.verdict == "steady")


def test_a_large_sample_raises_no_alarm_for_a_difference_too_small_to_matter(reference):
    """The bounds of a million pictures are narrow, yet the baseline's own 84 leave their mark."""
    said = assess(tally(windowed(answers(100_000, 6), measured(100_000, 7)), reference, 0.93), reference)
    assert said.moved == []


def limited(reference: Baseline) -> Baseline:
    """With limits, of 850 photos of which one in a hundred was outside."""
    limits = {"brightness": [0.0, 200.0], "noise": [0.0, 200.0]}
    seen = replace(
        reference.tally,
        histograms=reference.tally.histograms | {"outside": [841, 9]},
        sums=reference.tally.sums | {"outside": [850, 9.0]},
    )
    return replace(reference, limits=limits, tally=seen)


@pytest.mark.parametrize(("bad", "verdict"), [(0, "steady"), (50, "moved")])
def test_a_tenth_of_black_photos_moves_the_share_outside_though_no_distance_can_see_it(
    reference, bad, verdict
):
    known, statistics = limited(reference), measured(500, 7)
    statistics[:bad, pictures.STATISTICS.index("noise")] = -1
    said = assess(tally(windowed(answers(500, 6), statistics), known, 0.93), known)
    (outside,) = (row for row in said.drift if row.statistic == "outside")
    assert (outside.measure, outside.verdict, outside.live_mean) == ("share", verdict, bad / 500)
    assert said.moved == (["outside"] if bad else [])
    if bad:
        assert outside.words.startswith("outside moved: 10.0% of the photos, in training 1.1%, surely above ")
        assert outside.words.endswith("%, tolerated 3.0%")


def test_a_baseline_that_cannot_say_how_many_are_outside_raises_no_alarm(reference):
    """Of 40 photos, none of them outside: one in five might be."""
    known = limited(reference)
    few = replace(known.tally, sums=known.tally.sums | {"outside": [40, 0.0]})
    known, statistics = replace(known, tally=few), measured(500, 7)
    statistics[:50, 0] = -1
    said = assess(tally(windowed(answers(500, 6), statistics), known, 0.93), known)
    assert "outside" not in said.moved
    assert "outside" in said.untold


def test_few_photos_outside_are_steady(reference):
    known = limited(reference)
    said = assess(tally(windowed(answers(5000, 6), measured(5000, 7)), known, 0.93), known)
    (outside,) = (row for row in said.drift if row.statistic == "outside")
    assert outside.verdict == "steady"


def test_pictures_of_another_size_ring_nothing_and_hide_nothing(reference):
    large = measured(500, 7)
    large[:, [pictures.STATISTICS.index(name) for name in ("width", "height")]] = 640
    said = assess(tally(windowed(answers(500, 6), large), reference, 0.93), reference)
    sizes = [row for row in said.drift if row.statistic in ("width", "height")]
    assert [row.verdict for row in sizes] == ["not judged"] * 2
    assert said.moved == []
    assert dict(figures(said))["ImageDrift"] < 0.2


def test_unlikeness_moves_like_a_statistic_of_the_pictures(reference):
    edges = reference.edges | {"unlikeness": baseline.deciles(np.linspace(0, 1, 400))}
    known = Baseline(
        CLASSES,
        0.93,
        1.0,
        edges,
        count(answers(400, 0), measured(400, 1), edges, 0.93, unlikeness=np.linspace(0, 1, 400)),
    )
    for column, moved in ((np.full(500, 0.97), ["unlikeness"]), (np.linspace(0, 1, 500), [])):
        live = replace(windowed(answers(500, 6), measured(500, 7)), unlikeness=column)
        assert assess(tally(live, known, 0.93), known).moved == moved
    silent = assess(tally(windowed(answers(500, 6), measured(500, 7)), known, 0.93), known)
    assert "unlikeness" not in {*silent.untold, *(row.statistic for row in silent.drift)}


def test_less_sure_answers_move_confidence_and_psi_only_tells_of_it(reference):
    said = assess(tally(windowed(answers(500, 6, sure=1.5), measured(500, 7)), reference, 0.93), reference)
    assert said.moved == [ESTIMATE, "confidence"]
    moved = [row for row in said.drift if row.verdict == "moved"]
    assert [row.measure for row in moved] == ["fall", "ks"]
    (shown,) = (row for row in said.drift if row.measure == "psi")
    assert shown.low > shown.tolerance
    assert (shown.verdict, shown.words) == (
        "not judged",
        f"confidence: PSI {shown.value:.2f}, between {shown.low:.2f} and {shown.high:.2f}; "
        "above 0.25 is called a major shift, the distance decides",
    )
    assert said.estimated_accuracy
    assert said.estimated_accuracy.value < 0.85


@pytest.mark.parametrize("kind", TOLERATED)
def test_an_environment_decides_what_is_tolerated(reference, kind):
    """All of it has moved; what may move as far as it likes stays out of the verdict."""
    bicycles, known = np.sort(answers(500, 6, sure=2))[:, ::-1], limited(reference)
    live = replace(tally(windowed(bicycles, measured(500, 7) * 1.5), known, 0.93), repeats=400)
    moved = {
        "classes": {"class mix"},
        "confidence": {"confidence"},
        "fall": {ESTIMATE},
        "images": {*JUDGED},
        "outside": {"outside"},
        "repeats": {"repeats"},
    }
    assert set(assess(live, known).moved) == set().union(*moved.values())
    said = assess(live, known, TOLERATED | {kind: 1.0})
    assert set(said.moved) == set().union(*moved.values()) - moved[kind]


def test_chance_alone_stays_within_the_margins(reference):
    """200 times 84 answers for a baseline and 500 to compare, from one law."""
    beyond = 0
    for seed in range(200):
        drawn = tally(windowed(answers(84, 1000 + seed), measured(84, 2000 + seed)), reference, 0.93)
        live = tally(windowed(answers(500, 3000 + seed), measured(500, 4000 + seed)), reference, 0.93)
        chance = Baseline(CLASSES, 0.93, 1.0, reference.edges, drawn)
        beyond += sum(row.low > 0 for row in compare(chance, live))
    assert beyond <= 10  # of 2,200 rows; one in a thousand is expected


def test_psi_is_nothing_between_equals_and_what_the_formula_says_between_others():
    """But for the part that chance gives: 1/n + 1/m for each bin but one."""
    counts = np.array([10, 20, 30])
    assert (psi(counts, counts).value, psi(counts, counts).low) == (0, 0)
    p, q = np.array([0.2, 0.8]), np.array([0.5, 0.5])
    expected = 0.3 * np.log(0.5 / 0.2) - 0.3 * np.log(0.5 / 0.8)
    assert psi(10**6 * p, 10**6 * q).value == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(("n", "m"), [(84, 500), (1000, 5000), (5000, 5000)])
@pytest.mark.parametrize("slope", [0.0, 0.722])
def test_psis_bounds_leave_the_truth_out_about_as_often_as_they_say(n, m, slope):
    """Without a shift, and with one of 0.25."""
    p, q = np.full(10, 0.1), np.linspace(1 - slope, 1 + slope, 10) / 10
    true = ((q - p) * np.log(q / p)).sum()
    assert true == pytest.approx(0.25 if slope else 0, abs=0.01)
    dice = np.random.default_rng(0)
    drawn = [psi(dice.multinomial(n, p), dice.multinomial(m, q)) for _ in range(4000)]
    assert all(0 <= it.low <= it.value <= it.high for it in drawn)
    assert np.mean([not it.low <= true <= it.high for it in drawn]) <= 3 * metrics.ALPHA


def test_psi_is_shown_without_what_chance_gives():
    """Ten bins of 84 and of 500 from one law: chance alone gives 9 * (1/84 + 1/500), 0.125, on average."""
    dice, p = np.random.default_rng(0), np.full(10, 0.1)
    shown = [psi(dice.multinomial(84, p), dice.multinomial(500, p)).value for _ in range(1000)]
    assert np.median(shown) < 0.01
    assert np.mean(shown) < 0.03


def test_repeats_move_once_there_are_enough_answers(reference):
    """One photo that was sent four times says nothing; thirty times do, though it counts once."""
    once = tally(windowed(answers(1, 6), measured(1, 7)), reference, 0.93)
    few, many = (assess(replace(once, repeats=n), reference) for n in (3, 29))
    assert (few.repeated, few.moved) == (None, [])
    assert many.moved == ["repeats"]
    assert not {*dict(figures(few))} & {"RepeatShare", "RepeatShareLowerBound"}
    assert dict(figures(many))["RepeatShareLowerBound"] > 0.6
