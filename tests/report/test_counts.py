"""Counts that differ are explained where they stand, from the figures."""

from collections import Counter
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from report.counts import explain_counts


def facts(records: int, repeats: int = 0, **left_out: int) -> Any:
    window = SimpleNamespace(left_out=Counter(left_out), repeats=repeats)
    return SimpleNamespace(n=records, read=records, window=window)


def workflow(executions: int, answered: int = 0, histories: int | None = None, **outcomes: int) -> Any:
    read = executions if histories is None else histories
    return SimpleNamespace(executions=executions, answered=answered, histories=read, outcomes=outcomes)


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


def test_more_executions_than_answers_are_of_photos_that_were_sent_again() -> None:
    words = explain_counts([facts(40, repeats=24)], workflow(64, 64))
    assert "The 24 more are 24 repeats of a photo that is counted once a day, " in words


def test_more_executions_than_answers_are_duplicates_too() -> None:
    words = explain_counts([facts(10)], workflow(12, 10, accepted=10, duplicate=2))
    assert "The 2 more are 2 duplicates, whose photo another execution had, photos that failed" in words
    assert "1 duplicate, " in explain_counts([facts(10)], workflow(12, 10, accepted=11, duplicate=1))


def test_more_executions_than_answers_are_decisions_of_people_too() -> None:
    words = explain_counts([facts(10)], workflow(13, 10, accepted=10, decided=3))
    assert "The 3 more are 3 decisions of people, for which no model was asked, photos that failed" in words
    assert "1 decision of people, " in explain_counts([facts(10)], workflow(12, 10, accepted=11, decided=1))


def test_executions_are_set_beside_what_was_read_alone() -> None:
    live = facts(50)
    live.n = 5_000
    words = explain_counts([live], workflow(40), datetime(2024, 10, 16, 9, tzinfo=UTC))
    assert "50 records and 40 executions since 16 Oct 2024, 09:00 UTC. The 10 more" in words


def test_other_models_are_counted_beside_the_live_one() -> None:
    words = explain_counts([facts(200), facts(40), facts(2)], None)
    assert words == "The figures above are of 200 records of one model; other models have 42 more."


@pytest.mark.parametrize("ran", [None, workflow(5, 5)])
def test_what_agrees_is_not_explained(ran: Any) -> None:
    assert "more" not in explain_counts([facts(5)], ran)
