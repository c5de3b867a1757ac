"""The verdict is the worst of what matters; what nobody can tell is never called steady."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from core.figures.drift import TOLERATED, Assessment, Drift
from core.figures.enough import Needed
from core.figures.metrics import Estimate
from report.judgement import LEAST, judge


def row(statistic: str, verdict: str) -> Drift:
    needed = Needed(900, 1000) if verdict == "cannot tell" else None
    return Drift(statistic, "ks", 0.1, 0.0, 0.2, 0.1, 84, 50, 1.0, 1.0, verdict, "", needed)  # type: ignore[arg-type]


def said(*rows: Drift, coverage: float = 0.9, accuracy: float = 0.95) -> Assessment:
    by = {
        verdict: [it.statistic for it in rows if it.verdict == verdict]
        for verdict in ("moved", "cannot tell")
    }
    sure, right = (Estimate(value, value - 0.01, value + 0.01) for value in (coverage, accuracy))
    return Assessment(100, sure, right, 0.9, 0.1, {}, list(rows), by["moved"], by["cannot tell"])


def test_moved_and_what_is_low_come_before_what_nobody_can_tell():
    found = judge(said(row("noise", "moved"), row("width", "cannot tell"), coverage=0.3), None, LEAST)
    assert found.tone == "moved"
    assert found.text == "Moved: noise; coverage is low: 30.0%, at least 60.0% is wanted"


def test_true_accuracy_counts_before_the_estimated_one():
    steady = said(row("noise", "steady"), accuracy=0.5)
    assert judge(steady, None, LEAST).text.startswith("Estimated accuracy is low: 50.0%")
    assert judge(steady, Estimate(0.95, 0.9, 0.99), LEAST, 100).text == "Nothing moved"
    assert judge(steady, Estimate(0.6, 0.5, 0.7), LEAST, 100).text.startswith("True accuracy is low: 60.0%")


def test_few_records_and_few_labels_are_low_in_nothing():
    few = replace(said(row("noise", "steady"), coverage=0.1), records=29)
    assert judge(few, None, LEAST).tone == "unknown"
    wrong = judge(said(row("noise", "steady")), Estimate(0.0, 0.0, 0.84), LEAST, 2)
    assert (wrong.tone, wrong.text) == ("steady", "Nothing moved"), "of two photos; the estimate says more"


def test_a_share_that_may_be_low_as_well_as_not_is_not_steady():
    unsure = replace(said(row("noise", "steady")), coverage=Estimate(0.587, 0.55, 0.622))
    found = judge(unsure, None, LEAST)
    assert found.tone == "unknown"
    assert found.text == (
        "Cannot tell whether coverage is at least 60.0% (55.0% to 62.2%; it takes at least 15,533 records)"
    )
    guess = replace(said(row("noise", "steady")), estimated_accuracy=Estimate(0.88, 0.8, 0.96))
    assert judge(guess, None, LEAST).text.endswith("(80.0% to 96.0%)"), "more records do not help"


def test_statistics_of_which_there_is_no_value_are_not_steady():
    blind = replace(said(row("confidence", "steady")), untold=["brightness", "noise"])
    found = judge(blind, None, LEAST)
    assert found.tone == "unknown"
    assert (
        found.text == "Cannot tell of brightness, noise (no live picture could be read); nothing else moved"
    )


@pytest.mark.parametrize("told", [True, False])
def test_what_nobody_can_tell_says_what_it_takes(told):
    rows = [row("noise", "cannot tell"), *([row("width", "steady")] if told else [])]
    found = judge(said(*rows), None, LEAST)
    takes = "it takes at least 1,000 live pictures and 900 in the baseline"
    assert found.tone == "unknown"
    assert found.text == (
        f"Cannot tell of noise ({takes}; there are 50 and 84); nothing else moved"
        if told
        else f"Cannot tell whether anything moved: {takes}; there are 50 and 84"
    )


def test_what_counts_without_an_environment_is_what_terraform_sets():
    text = Path("terraform/variables.tf").read_text()
    defaults = dict(re.findall(r"^ +(\w+) += optional\(number, ([\d.]+)\)$", text, re.MULTILINE))
    assert {name: float(defaults[name]) for name in TOLERATED} == TOLERATED
    assert {name: float(defaults[f"min_{name}"]) for name in LEAST} == LEAST
