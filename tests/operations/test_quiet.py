"""What people see of Terraform: the step, its result and its time; everything where it failed; all of it in a log."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from operations import quiet

Call = Callable[..., int]


@pytest.fixture
def call(tmp_path: Path) -> Call:
    """Let a program take Terraform's place that says these lines, and ends with this status."""

    def run(*lines: str, status: int = 0, asked: tuple[str, ...] = (), planned: int | None = None) -> int:
        said = "\n".join([*lines, ""])
        program = f"import sys; sys.stdout.write({said!r}); sys.exit({status})"
        command = [sys.executable, "-c", program, *asked]
        return quiet.call(
            "terraform apply", command, os.environ, tmp_path / "logs/local.apply.log", planned=planned
        )

    return run


def test_a_step_is_one_line_with_its_result_and_its_time(call, capsys, tmp_path):
    said = ("aws_sqs_queue.a: Creating...", "aws_sqs_queue.a: Creation complete after 1s [id=a]", "")
    assert call(*said, "Apply complete! Resources: 1 added, 0 changed, 0 destroyed.", "", "Outputs:") == 0
    assert capsys.readouterr().out == "terraform apply: 1 added, 0 changed, 0 destroyed, 0 s\n"
    assert "Creation complete" in (tmp_path / "logs/local.apply.log").read_text()


@pytest.mark.parametrize(
    ("line", "result", "planned"),
    [
        ("Plan: 3 to add, 1 to change, 2 to destroy.", "3 to add, 1 to change, 2 to destroy", 6),
        ("Plan: 1 to import, 3 to add, 1 to change, 0 to destroy.", "1 to import, 3 to add, 1 to change, 0", 4),
        ("No changes. Your infrastructure matches the configuration.", "no changes", 0),
    ],
)  # fmt: skip
def test_a_plan_says_how_many_resources_change(call, capsys, tmp_path, line, result, planned):
    assert call(line) == 0
    assert f": {result}" in capsys.readouterr().out
    assert quiet.count_planned(tmp_path / "logs/local.apply.log") == planned


def test_what_failed_is_shown_from_its_first_error_on_without_colours(call, capsys, tmp_path):
    box = ("╷", "│ \x1b[31mError: \x1b[0mno such bucket", "│", "│   with aws_s3_bucket.this,", "╵")
    assert call("aws_sqs_queue.a: Creating...", *box, status=1) == 1
    said = capsys.readouterr().out
    assert "Creating" not in said
    assert said.startswith("│ Error: no such bucket\n")
    assert "with aws_s3_bucket.this" in said
    assert said.endswith(f"failed after 0 s: all that Terraform said is in {tmp_path}/logs/local.apply.log\n")


def test_of_a_program_that_died_without_a_word_the_last_lines_are_shown(call, capsys):
    call(*map(str, range(40)), status=1)
    assert capsys.readouterr().out.splitlines()[:15] == list(map(str, range(25, 40)))


def test_a_warning_is_shown_though_all_went_well(call, capsys):
    call("│ Warning: this is deprecated", "│", "│ more", "Apply complete! Resources: 0 added.")
    assert capsys.readouterr().out.startswith("Warning: this is deprecated\nterraform apply: ")


def test_changes_that_were_asked_for_are_no_failure(call, capsys):
    assert call("Plan: 0 to add, 1 to change, 0 to destroy.", status=2, asked=("-detailed-exitcode",)) == 2
    assert "failed" not in capsys.readouterr().out


def test_a_bar_grows_by_each_resource_that_is_done():
    said = quiet.Said(planned=3)
    for number, what in enumerate(("Creation", "Modifications", "Destruction"), start=1):
        said.read("aws_sqs_queue.q: Still working... [10s elapsed]")
        said.read(f"aws_sqs_queue.q: {what} complete after 0s [id=q]")
        assert (said.done, said.planned) == (number, 3)


@pytest.mark.parametrize(("name", "value"), [("VERBOSE", "1"), ("GITHUB_ACTIONS", "true")])
def test_who_wants_all_of_it_gets_it(monkeypatch, name, value):
    monkeypatch.delenv("VERBOSE", raising=False)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert quiet.is_wanted()
    monkeypatch.setenv(name, value)
    assert not quiet.is_wanted()


def test_an_interrupted_step_says_so_and_not_what_each_resource_says_of_it(call, capsys, tmp_path):
    box = ("╷", "│ Error: execution halted", "╵")
    assert call("Interrupt received.", "Gracefully shutting down...", *box * 3, status=1) == 1
    assert capsys.readouterr().out.splitlines()[2:] == [
        "terraform apply was interrupted after 0 s: what it has done is kept, and the next plan goes on from there",
        f"all that Terraform said is in {tmp_path}/logs/local.apply.log",
    ]


def test_a_quiet_step_is_interrupted_as_any_other(tmp_path):
    """Ctrl-C reaches Terraform once, which ends what it is at; nothing is lost of what it says then."""
    program = (
        "import signal, sys, time\nsignal.signal(signal.SIGINT, lambda *_: (print('saved'), sys.exit(1)))\n"
    )
    program += "print('begun', flush=True)\ntime.sleep(60)"
    code = (
        "import os, sys; from pathlib import Path; from operations import quiet\n"
        f"sys.exit(quiet.call('x', [sys.executable, '-c', {program!r}], os.environ, Path('log')))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as child:
        while not (tmp_path / "log").is_file() or "begun" not in (tmp_path / "log").read_text():
            assert child.poll() is None
        child.send_signal(2)
        assert child.stdout is not None
        said = child.stdout.read()
    assert child.returncode == 1
    assert "saved" in said
