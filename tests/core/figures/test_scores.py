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


def test_calibration_error_is_the_gap_between_confidence_and_accuracy():
    # Bins: [0.6, 0.7) holds one wrong answer; [0.9, 1] holds three right ones of mean confidence 0.94.
    expected = (1 * abs(0.6 - 0) + 3 * abs(0.94 - 1)) / 4
    assert scores.expected_calibration_error(SURE, LABELS) == pytest.approx(expected)


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


def test_the_lowest_threshold_keeps_its_promise_at_every_threshold_above():
    threshold = scores.lowest_threshold(SURE, LABELS, 0.98)
    assert threshold == 0.61
    assert scores.lowest_threshold(SURE, 1 - LABELS, 0.98) in (None, 0.98)


def test_three_classes_start_their_curve_at_a_third():
    curve = scores.coverage_curve(np.full((2, 3), 1 / 3), np.array([0, 1]))
    assert curve[0]["threshold"] == 0.34
