"""Counts that differ are explained where they stand, from the figures."""

from types import SimpleNamespace
from typing import Any

import pytest

from report.counts import explain_counts


def facts(records: int, **left_out: int) -> Any:
    return SimpleNamespace(records=records, left_out=left_out)


def workflow(executions: int, answered: int = 0, histories: int | None = None) -> Any:
    read = executions if histories is None else histories
    return SimpleNamespace(executions=executions, answered=answered, histories=read)


def test_more_answers_than_executions_were_asked_for_without_the_state_machine() -> None:
    words = explain_counts([facts(568)], workflow(292, 263))
    assert "568 records and 292 executions" in words
    assert "The 276 more were asked for without the state machine" in words


def test_more_executions_than_answers_failed_before_or_are_of_photos_that_are_left_out() -> None:
    words = explain_counts([facts(292, evaluation=150, verify=3)], workflow(460, 440))
    assert "292 records and 460 executions. Of them, 440 got an answer of the model." in words
    assert "The 168 more are photos of the 153 records that are left out, " in words
    assert "left out" not in explain_counts([facts(10)], workflow(12, 12))
    assert "Of the 400 whose steps were read" in explain_counts([facts(10)], workflow(900, 399, 400))


def test_other_models_are_counted_beside_the_live_one() -> None:
    words = explain_counts([facts(200), facts(40), facts(2)], None)
    assert words == "The figures above are of 200 records of one model; other models have 42 more."


@pytest.mark.parametrize("ran", [None, workflow(5, 5)])
def test_what_agrees_is_not_explained(ran: Any) -> None:
    assert "more" not in explain_counts([facts(5)], ran)
