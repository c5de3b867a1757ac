"""What commands print with: a bar on a terminal, plain lines into a pipe or where NO_COLOR asks for that, and nothing
to a reader that has gone.
"""

import os
import pty
import subprocess
import sys

import pytest
from tests.unread import read_by_nobody

from core.console import out

PROGRAM = """
from core.console import out, track
for _ in track(range(4), "staging", 4):
    pass
with out.status("terraform apply"):
    out.print("[bold red]lost[/] 3 photos", markup=True)
"""
PLAIN = "staging: 1/4\nstaging: 2/4\nstaging: 3/4\nstaging: 4/4\nlost 3 photos\n"


def run_at_terminal(**variables: str) -> str:
    """All that reaches a terminal."""
    ours, its = pty.openpty()
    names = ("NO_COLOR", "FORCE_COLOR", "TERM")
    own = {name: value for name, value in os.environ.items() if name not in names} | {"TERM": "xterm"}
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=its, env=own | variables) as child:
        os.close(its)
        said = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            said += part
        assert child.wait() == 0
    os.close(ours)
    return said.decode().replace("\r\n", "\n")


def test_a_bar_on_a_terminal_ends_at_its_end() -> None:
    said = run_at_terminal()
    assert "\x1b[" in said
    assert "4/4" in said.rpartition("staging")[2]


def test_no_color_at_a_terminal_means_no_escape_code_and_no_bar() -> None:
    assert run_at_terminal(NO_COLOR="1") == PLAIN


@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}])
def test_a_pipe_gets_lines_alone(variables: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=os.environ | variables, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr, done.returncode) == (PLAIN, "", 0)


@pytest.mark.parametrize(
    "prints",
    [
        "print('staged')",
        "print('staged', flush=True)",
        "out.print('staged')",
        "[print('staged') for _ in track(range(4), 'staging', 4)]",
        "arguments.Parser('staging').parse_args(['--help'])",
    ],
)
def test_a_reader_that_has_gone_ends_a_command_without_a_word(prints: str) -> None:
    program = f"from core import arguments\nfrom core.console import out, run, track\nrun(lambda: {prints} and None)"
    done = read_by_nobody(sys.executable, "-c", program)
    assert (done.stderr, done.returncode) == ("", 141)


def test_a_mistake_is_said_though_nobody_reads_the_rest() -> None:
    program = """
from core.console import UserError, run
def main():
    print("staging")
    raise UserError("there is no photo")
run(main)
"""
    done = read_by_nobody(sys.executable, "-c", program)
    assert (done.stderr, done.returncode) == ("error: there is no photo\n", 1)


def test_what_is_printed_is_no_markup_unless_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    out.print("report/[v2]/[/tmp]/[bold]/:bus:")
    assert capsys.readouterr().out == "report/[v2]/[/tmp]/[bold]/:bus:\n"
