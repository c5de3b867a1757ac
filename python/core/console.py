"""What every command shares: a user's mistake in one line, and progress that suits a terminal or a log."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from core import aws_errors
from core.job_log import in_log

Item = TypeVar("Item")
PIPE_BROKEN = 141  # as a shell says of a program that SIGPIPE has ended


class Output(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to `run`, as when print meets it."""
        raise BrokenPipeError


# Where NO_COLOR is set there is no escape code at all, and so no bar: what prints like a pipe's output has none.
# [v2] and :bus: are what they are, as in a path: what has colours asks for markup.
out = Output(
    emoji=False,
    highlight=False,
    markup=False,
    soft_wrap=True,
    force_terminal=False if os.environ.get("NO_COLOR") else None,
)


class UserError(Exception):
    """Something the user can mend. The text names the input and says what to do."""


def run(main: Callable[[], int | None]) -> None:
    """Run a command: its user's mistakes are one line on standard error and exit status 1, never a traceback.

    A reader that has seen enough, as `head` has, ends it without a word.
    """
    try:
        ended = end(main)
    except BrokenPipeError:
        ended = PIPE_BROKEN
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        ended = ended or PIPE_BROKEN
        # What is left must not fail once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(ended)


def end(main: Callable[[], int | None]) -> int | str:
    """The command's exit status, or the line that says what its user did wrong."""
    try:
        return main() or 0
    except SystemExit as asked:  # by --help
        return asked.code or 0
    except UserError as error:
        return in_log(f"error: {aws_errors.explain(error.__cause__) or error}")
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if said := aws_errors.explain(error):
            return in_log(f"error: {said}")
        raise


def visible(text: str) -> str:
    """The text with what no terminal shows, or what would steer it, as an escape: names of files are any bytes."""
    return "".join(it if it.isprintable() else it.encode("unicode_escape").decode() for it in text)


def track(items: Iterable[Item], label: str, total: int) -> Iterator[Item]:
    """Yield the items: with a progress bar on a terminal, with a plain line at each quarter otherwise."""
    if out.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=out) as progress:
            yield from progress.track(items, total=total, description=label)
        return
    for done, item in enumerate(items, start=1):
        yield item
        if done == total or done * 4 // max(total, 1) > (done - 1) * 4 // max(total, 1):
            out.print(f"{label}: {done}/{total}")
