"""`make bulk` from outside: a run is begun, followed and summed up. What a run does is in
tests/pipeline/test_survival_bulk.py.
"""

import io
import re
from unittest.mock import create_autospec

import pytest
from rich.console import Console
from tests.operations.bulk_place import RESULTS

from core.console import UserError
from operations import bulk, bulk_progress
from operations.bulk_run import Run, Seen

CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
BEGUN = Seen()
HALF = Seen(8, done=4, failed=1)
WHOLE = Seen(8, done=8, failed=1)
GATHERED = Seen(8, done=8, failed=1, gathering=True)


@pytest.fixture
def screen(monkeypatch):
    """What is printed, on a terminal or into a file."""

    def show(terminal: bool, ends: Seen = WHOLE) -> list[str]:
        printed = io.StringIO()
        console = Console(file=printed, force_terminal=terminal, width=120, soft_wrap=True)
        monkeypatch.setattr(bulk_progress, "out", console)
        with bulk_progress.show_progress() as show:
            for seen in (BEGUN, HALF, WHOLE, ends, ends):
                show(seen)
        return CONTROL.sub("", printed.getvalue()).replace("\r", "\n").splitlines()

    return show


def test_on_a_terminal_a_bar_says_how_many_how_fast_how_long_still_and_what_goes_on(screen):
    last = screen(terminal=True)[-1]
    assert re.search(r"8/8 1 in failed batches \d+\.\d images/s \d:\d\d:\d\d", last), last
    last = screen(terminal=True, ends=GATHERED)[-1]
    assert re.search(r"8/8 1 in failed batches; gathering +\d:\d\d:\d\d", last), last


def test_in_a_log_a_line_says_it_now_and_then_and_what_begins(screen):
    first, whole, gathers = screen(terminal=False, ends=GATHERED)
    assert first == "0/? done, 0 in failed batches; 0.0 images/s"
    assert re.fullmatch(r"8/8 done, 1 in failed batches; \d+\.\d images/s, 0 s left", whole)
    assert gathers == "8/8 done, 1 in failed batches; gathering"


def test_a_look_is_two_requests_and_counts_the_photos_that_are_classified(place, asked):
    """Not the ranges of the map that gathers, and no part is read for it."""
    place.deploy(gathers={"Type": "Wait", "Seconds": 60})
    run = Run("local")
    place.put(f"{run.folder}/items.json", b'[{"Key": "archive/1"}, {"Key": "archive/2"}]')
    run.start(manifest=f"{run.folder}/items.json")
    gathers = lambda: len(run.steps.list_map_runs(executionArn=run.arn)["mapRuns"])  # noqa: E731
    place.until(gathers, lambda number: number == 2)
    noted = asked(run)
    assert run.look() == Seen(total=2, done=2, failed=0, gathering=True)
    assert noted == ["ListMapRuns", "DescribeMapRun"]
    run.stop()


def test_a_run_that_has_not_begun_to_list_is_seen_as_such(place):
    run = Run("local")
    run.start(prefix="archive/")  # which this machine does not know
    assert place.until(run.describe, lambda it: it["status"] == "FAILED")["status"] == "FAILED"
    assert run.look().total is None


def test_at_the_end_it_says_what_came_of_it_where_and_how_to_have_it(place, capsys):
    place.write("r")
    run = Run("local", "r")
    place.put(f"{run.folder}/items.json", b'[{"Key": "archive/1"}]')
    run.start(manifest=f"{run.folder}/items.json")
    assert place.make("--follow", "r") == 0
    printed = capsys.readouterr().out
    assert "1/1 done, 0 in failed batches; " in printed
    assert "8 images in " in printed
    assert "7 accepted, 1 review, 0 failed\n" in printed
    assert f"its lines are in s3://{place.bucket}/{RESULTS}/r/parts/" in printed
    assert "`make bulk ENV=local ARGS='--follow r --out results.jsonl'` brings them into one file" in printed


def test_what_failed_is_done_again_from_the_list_that_the_run_left(place, capsys):
    place.write("earlier", failed=2)
    place.put(f"{RESULTS}/earlier/failed.json", b'[{"Key": "archive/1"}, {"Key": "archive/2"}]')
    assert place.make("--retry", "earlier") == 0
    (event,) = place.started()
    assert event["manifest"] == f"{RESULTS}/earlier/failed.json"
    printed = capsys.readouterr().out
    assert "2 photos of run earlier failed\n" in printed
    assert "2/2 done" in printed


def test_a_run_in_which_nothing_failed_is_not_done_again(place, capsys):
    place.write("earlier")
    assert place.make("--retry", "earlier") == 0
    assert place.started() == []
    assert capsys.readouterr().out == "nothing failed in run earlier\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--retry", "none"), "there is no bulk run 'none' in local"),
        (("--prefix", "archive/", "--manifest", "s3://lists/1.json"), "not allowed with argument --prefix"),
        (("--stop", "r", "--out", "r.jsonl"), "not with --stop"),
        (("--out", "r.jsonl"), "say which photos"),
    ],
)
def test_what_cannot_be_meant_starts_nothing(place, words, said):
    with pytest.raises(UserError, match=said):
        place.make(*words)
    assert place.started() == []


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        ({"status": "ABORTED"}, "the run was stopped"),
        (
            {"status": "FAILED", "error": "StorageUnavailable", "cause": "503"},
            "the run failed as StorageUnavailable",
        ),
    ],
)
def test_a_run_without_a_summary_is_resumed(ended, said, capsys):
    """It has none, so that asking for it would be another failure."""
    asked = create_autospec(Run, instance=True, env="prod")
    asked.name = "r"
    assert bulk.report(asked, ended) == 1
    assert asked.method_calls == []
    printed = " ".join(capsys.readouterr().out.split())
    assert said in printed
    assert "it goes on with `make bulk ENV=prod ARGS='--resume r'`" in printed
