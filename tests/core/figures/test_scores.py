"""The figures, against cases small enough to work out by hand."""

import numpy as np
import pytest

from core.figures import scores

SURE = np.array([[0.95, 0.05], [0.1, 0.9], [0.6, 0.4], [0.97, 0.03]])
LABELS = np.array([0, 1, 1, 0])


def test_report_counts_what_was_right():
    report = scores.report(SURE, LABELS, ["bicycle", "motorcycle"], 0.93)
    assert report["test_accuracy"] == 0.75
    assert report["confusion"] == [[2, 0], [1, 1]]
    assert report["classes"]["bicycle"] == {"precision": pytest.approx(2 / 3), "recall": 1.0}
    assert report["classes"]["motorcycle"] == {"precision": 1.0, "recall": 0.5}
    assert (report["coverage"], report["selective_accuracy"]) == (0.5, 1.0)


def test_calibration_error_is_the_gap_between_confidence_and_accuracy_in_bins_of_equal_count():
    # Four answers are four bins of one each: three right ones, and a wrong one of confidence 0.6.
    expected = (0.05 + 0.1 + 0.6 + 0.03) / 4
    assert scores.expected_calibration_error(SURE, LABELS) == pytest.approx(expected)
    # Twenty are ten bins of two: in each a right answer and a wrong one, of confidence 0.9.
    alike = np.tile([[0.9, 0.1]], (20, 1))
    assert scores.expected_calibration_error(alike, np.array([0, 1] * 10)) == pytest.approx(0.4)


def test_a_model_that_is_as_right_as_it_is_sure_shows_the_error_of_chance():
    rng = np.random.default_rng(1)
    first = rng.uniform(0, 1, 300)
    probabilities = np.column_stack([first, 1 - first])
    shown = [
        scores.expected_calibration_error(probabilities, (rng.random(300) > first).astype(int))
        for _ in range(300)
    ]
    assert scores.calibration_error_by_chance(probabilities) == pytest.approx(np.mean(shown), abs=0.002)
    assert scores.calibration_error_by_chance(np.eye(2)) == 0


def test_a_gate_that_lets_nothing_through_has_no_accuracy():
    assert scores.at_threshold(SURE, LABELS, 0.99) == {"coverage": 0.0, "selective_accuracy": None}


def test_a_photo_exactly_at_the_threshold_is_accepted():
    assert scores.at_threshold(SURE, LABELS, 0.95)["coverage"] == 0.5


def test_a_class_that_is_never_predicted_has_no_precision():
    assert scores.per_class([[3, 0], [1, 0]], ["a", "b"])["b"] == {"precision": None, "recall": 0.0}


def test_the_temperature_undoes_a_known_overconfidence():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20_000, 2))
    labels = (rng.random(20_000) < scores.softmax(logits)[:, 1]).astype(int)
    assert scores.fit_temperature(logits * 2.5, labels) == pytest.approx(2.5, rel=0.05)


def test_a_few_right_answers_do_not_make_it_certain():
    logits = np.array([[4.0, 0.0], [0.0, 4.0]] * 42)
    assert scores.fit_temperature(logits, np.array([0, 1] * 42)) > 0.8


def answers(confidence, wrong) -> tuple[np.ndarray, np.ndarray]:
    """Of this confidence each, those at these places wrong."""
    labels = np.zeros(len(confidence), int)
    labels[wrong] = 1
    return np.column_stack([confidence, 1 - confidence]), labels


def test_a_threshold_promises_what_its_answers_surely_show():
    confidence = np.linspace(1, 0.6, 400)
    found = scores.promise(*answers(confidence, []), 0.98)
    assert found is not None
    assert (found.threshold, found.n, found.high) == (0.5, 400, 1)
    assert found.low == pytest.approx(0.05 ** (1 / 400))


def test_too_few_answers_promise_nothing_however_right_they_are():
    """By 149 right ones, 0.98 is shown."""
    assert scores.promise(*answers(np.full(148, 0.99), []), 0.98) is None
    assert scores.promise(*answers(np.full(149, 0.99), []), 0.98) is not None


def test_below_a_threshold_that_breaks_the_promise_none_is_looked_for():
    """Ten wrong answers follow on 300 right ones, and then come 4,000 that would hide them."""
    confidence = np.concatenate([np.full(300, 0.95), np.full(10, 0.85), np.full(4000, 0.75)])
    found = scores.promise(*answers(confidence, np.arange(300, 310)), 0.98)
    assert found is not None
    assert (found.threshold, found.n) == (0.86, 300)


def test_three_classes_start_their_curve_at_a_third():
    curve = scores.coverage_curve(np.full((2, 3), 1 / 3), np.array([0, 1]))
    assert curve[0]["threshold"] == 0.34
