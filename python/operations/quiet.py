"""What people see of Terraform: each step with its result and its time, a bar of what it has done, and why it failed.

All that it says is in build/terraform/ENV.<step>.log. VERBOSE=1 shows it at once instead, and so does a job of
GitHub's, whose log keeps it.
"""

import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from core import environment, job_log
from core.console import UserError, out
from operations import interrupts

GONE = (
    "the local cloud is gone, and with it all that was made in it: start another with `make cloud`, then "
    "make bootstrap plan apply"
)
COLOUR = re.compile(r"\x1b\[[\d;]*m")
PLANNED = re.compile(r"^Plan: (?:\d+ to import, )?(\d+) to add, (\d+) to change, (\d+) to destroy\.$")
NOTHING = re.compile(r"^No changes\.")
ENDED = re.compile(r"^(?:Apply|Destroy) complete! Resources: (.*)\.$")
DONE = re.compile(r": (?:Creation|Modifications|Destruction) complete after ")
TOLD = re.compile(r"^[│ ]*(Error|Warning): ")
STOPS = ("Interrupt received", "Please wait for Terraform", "Gracefully shutting down")
CHANGES = 2  # the status of a plan that was asked whether there are any
LAST_LINES = 15


def is_wanted() -> bool:
    return not os.environ.get("VERBOSE") and not job_log.is_read()


def without_colours() -> list[str]:
    """What Terraform is told, which writes colours into a pipe too, and whatever NO_COLOR says."""
    return [] if out.is_terminal else ["-no-color"]


@dataclass
class Said:
    """What Terraform has said so far, as far as it is shown."""

    planned: int | None = None  # resources that change
    done: int = 0
    result: str = ""
    lines: list[str] = field(default_factory=list)

    def read(self, line: str) -> None:
        self.lines.append(line)
        if found := PLANNED.match(line):
            self.planned = sum(map(int, found.groups()))
            self.result = line.removeprefix("Plan: ").rstrip(".")
        elif NOTHING.match(line):
            self.planned, self.result = 0, "no changes"
        elif found := ENDED.match(line):
            self.result = found[1]
        elif DONE.search(line):
            self.done += 1


def call(
    step: str,
    command: Sequence[str],
    variables: Mapping[str, str],
    log: Path,
    *,
    planned: int | None = None,
    cloud: str | None = None,
) -> int:
    """Run Terraform; its status.

    `step` is what people call it, `planned` how many resources the plan counted, `cloud` the local one it works in: it
    does not go on asking for minutes if that goes.
    """
    if not is_wanted():
        return show_all(command, variables, cloud)
    said, began = Said(planned), time.monotonic()
    log.parent.mkdir(parents=True, exist_ok=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        log.open("w") as file,
        Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as bar,
    ):
        task = bar.add_task(step, total=planned)

        def read(line: str) -> None:
            clean = COLOUR.sub("", line).rstrip("\n")
            file.write(clean + "\n")
            file.flush()
            said.read(clean)
            if clean.startswith(STOPS):
                out.print(clean)
            # A plan does nothing of what it counts.
            bar.update(task, total=None if "plan" in command else said.planned, completed=said.done)

        status = interrupts.call(command, variables, read=read, lives=lives(cloud))
        if not status:
            bar.update(task, completed=said.planned)
    refuse_gone(status, cloud)
    took = f"{time.monotonic() - began:.0f} s"
    if status and any(line.startswith(STOPS[0]) for line in said.lines):
        out.print(
            f"{step} was interrupted after {took}: what it has done is kept, and the next plan goes on from there"
        )
        out.print(f"all that Terraform said is in {log}")
    elif status and not (status == CHANGES and "-detailed-exitcode" in command):
        show(said.lines)
        out.print(f"{step} failed after {took}: all that Terraform said is in {log}")
    else:
        for line in said.lines:
            if TOLD.match(line):
                out.print(line.lstrip("│ "))
        if said.result:
            out.print(f"{step}: {said.result}, {took}")
    return status


def show_all(command: Sequence[str], variables: Mapping[str, str], cloud: str | None = None) -> int:
    """Run Terraform where all of it is seen; its status. Values of the plan are in what it prints."""
    with job_log.without_commands():
        status = interrupts.call(command, variables, together=job_log.is_read(), lives=lives(cloud))
    refuse_gone(status, cloud)
    return status


def lives(cloud: str | None) -> Callable[[], bool] | None:
    return None if cloud is None else lambda: not environment.is_gone(cloud)


def refuse_gone(status: int, cloud: str | None) -> None:
    """Whatever Terraform said of a local cloud that does not answer, there is one thing to know."""
    if status and environment.is_gone(cloud):
        raise UserError(GONE)


def count_planned(log: Path) -> int | None:
    """How many resources the plan of that log changes; None if it does not say."""
    said = Said()
    for line in log.read_text().splitlines() if log.is_file() else ():
        said.read(line)
    return said.planned


def show(lines: Sequence[str]) -> None:
    """From the first thing that went wrong on; of a program that died without a word, its last lines."""
    first = next((number for number, line in enumerate(lines) if TOLD.match(line)), None)
    for line in lines[first:] if first is not None else lines[-LAST_LINES:]:
        out.print(line)
