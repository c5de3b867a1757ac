"""The true accuracy is that of all answers, though people see those of low confidence first."""

import json

import numpy as np
import pytest

from core.figures import metrics
from report.strata import Stratum, divide, join, say_missing

THRESHOLD = 0.93


def known(accepted: tuple[int, int], rejected: tuple[int, int], shares: tuple[int, int]) -> list[Stratum]:
    """So many labels, and of them right, of each; and so many records."""
    confidence = np.repeat([0.97, 0.7], [accepted[0], rejected[0]])
    right = np.concatenate([np.arange(n) < hits for n, hits in (accepted, rejected)])
    return divide(confidence, right, THRESHOLD, shares[0], sum(shares))


def test_labels_of_unsure_photos_alone_tell_no_total():
    strata = known((0, 0), (34, 23), (400, 100))
    assert join(strata) is None
    assert say_missing(strata) == (
        "Of the 400 accepted records none has a label, so the true accuracy is not known; "
        "of 34 rejected with labels 23 are right"
    )


def test_few_labels_tell_no_total_unless_they_are_all_that_could_be():
    assert join(known((4, 4), (34, 23), (400, 100))) is None
    assert say_missing(known((4, 4), (34, 23), (400, 100))).startswith(
        "Of the 400 accepted records only 4 have labels, so the true accuracy is not known"
    )
    assert join(known((40, 40), (3, 2), (40, 3))), "each of the three has one"


def test_each_counts_by_its_share_of_the_records_and_not_of_the_labels():
    total = join(known((50, 49), (50, 35), (900, 100)))
    assert total
    assert total.value == pytest.approx(0.9 * 49 / 50 + 0.1 * 35 / 50)
    assert total.low < total.value < total.high


def test_one_stratum_alone_is_the_total():
    total, alone = join(known((50, 49), (0, 0), (900, 0))), metrics.bound_exactly(49, 50)
    assert total
    assert (total.value, total.low, total.high) == pytest.approx((alone.value, alone.low, alone.high))


def test_without_a_record_there_is_no_share_and_no_total():
    assert join(known((50, 49), (50, 35), (0, 0))) is None


@pytest.mark.parametrize("labels", [(100, 100), (30, 60), (15, 200)])
def test_the_bounds_hold_what_is_true_about_as_often_as_they_say(labels):
    dice, outside = np.random.default_rng(0), 0
    for hits in dice.binomial(labels, (0.98, 0.7), (2000, 2)).tolist():
        total = join(known((labels[0], hits[0]), (labels[1], hits[1]), (850, 150)))
        assert total
        outside += not total.low <= 0.85 * 0.98 + 0.15 * 0.7 <= total.high
    assert outside <= 3 * metrics.ALPHA * 2000


def truth_of(lines: bytes, truth: bytes, accepted: bool) -> bytes:
    """The labels of the photos that were accepted, or of those that were not."""
    sure = [
        max(json.loads(json.loads(it)["captureData"]["endpointOutput"]["data"])) >= THRESHOLD
        for it in lines.splitlines()
    ]
    return b"".join(row for row, own in zip(truth.splitlines(True), sure, strict=True) if own == accepted)


def test_the_page_says_what_is_missing_and_judges_by_no_total(make, traffic, folder, artefact, tmp_path):
    lines, truth = traffic(600, seed=70)
    unsure = truth_of(lines, truth, accepted=False)
    capture = folder({"capture/a.jsonl": lines, "truth.jsonl": unsure}) / "capture"
    text, figures = make(capture, "--model", artefact, "--truth", tmp_path / "truth.jsonl")
    (model,) = figures["models"]
    known, n = model["labelled"], len(unsure.splitlines())
    assert n >= 30
    assert (known["records"], known["accuracy"]) == (n, None)
    assert [(it["name"], it["labels"]) for it in known["strata"]] == [("accepted", 0), ("rejected", n)]
    assert f"of {n} rejected with labels {known['strata'][1]['right']} are right" in text
    assert "True accuracy -" in text
    assert "true accuracy is low" not in model["verdict"]["text"].lower()
    assert {point["accuracy"] for point in model["trend"]} == {None}
    assert "estimated from the confidence of 600 records" in text, "no threshold is judged by them"


def test_labels_of_both_are_weighted_on_the_page_and_among_its_thresholds(
    make, traffic, folder, artefact, tmp_path
):
    lines, truth = traffic(600, seed=70)
    sure = truth_of(lines, truth, accepted=True).splitlines(True)
    some = truth_of(lines, truth, accepted=False) + b"".join(sure[::8])
    capture = folder({"capture/a.jsonl": lines, "truth.jsonl": some}) / "capture"
    text, figures = make(capture, "--model", artefact, "--truth", tmp_path / "truth.jsonl")
    (model,) = figures["models"]
    known = model["labelled"]
    total = sum(it["share"] * it["right"] / it["labels"] for it in known["strata"])
    assert known["accuracy"]["value"] == pytest.approx(total)
    assert f"True accuracy {total:.1%}" in text
    lowest = model["thresholds"][0]
    assert abs(lowest["accuracy"] - total) < 0.02, "of nearly all records"
    assert "were not chosen by chance" in text
