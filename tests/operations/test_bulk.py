"""How `make bulk` shows how far a run is. What a run does is in tests/pipeline/test_survival_bulk.py."""

import io
import re
from collections import Counter
from unittest.mock import create_autospec

import pytest
from rich.console import Console

from operations import bulk
from operations.bulk_run import Run, Seen

CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
BEGUN = Seen(None, Counter())
HALF = Seen(8, Counter(accepted=2, review=1, failed=1))
WHOLE = Seen(8, Counter(accepted=5, review=2, failed=1))


@pytest.fixture
def screen(monkeypatch):
    """What is printed, on a terminal or into a file."""

    def show(terminal: bool) -> list[str]:
        printed = io.StringIO()
        console = Console(file=printed, force_terminal=terminal, width=120, soft_wrap=True)
        monkeypatch.setattr(bulk, "out", console)
        with bulk.show_progress() as show:
            for seen in (BEGUN, HALF, WHOLE):
                show(seen)
        return CONTROL.sub("", printed.getvalue()).replace("\r", "\n").splitlines()

    return show


def test_on_a_terminal_a_bar_says_how_many_of_what_how_fast_and_how_long_still(screen):
    last = screen(terminal=True)[-1]
    assert re.search(r"8/8 5 accepted, 2 review, 1 failed \d+\.\d images/s \d:\d\d:\d\d", last), last


def test_in_a_log_a_line_says_it_now_and_then(screen):
    first, last = screen(terminal=False)
    assert first == "0/? done: 0 accepted, 0 review, 0 failed; 0.0 images/s"
    assert re.fullmatch(r"8/8 done: 5 accepted, 2 review, 1 failed; \d+\.\d images/s, 0 s left", last)


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
