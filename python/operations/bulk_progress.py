"""How far a bulk run is, shown until it ends: a bar on a terminal, now and then a line otherwise.

A look is three requests, whatever the run's size: Step Functions counts its photos, and no part of the results is read.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from core.console import out
from operations import polling
from operations.bulk_run import Run, Seen

if TYPE_CHECKING:
    from types_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

LOOK_SECONDS = polling.interval("DescribeExecution", "ListMapRuns", "DescribeMapRun")
LINE_SECONDS = 10.0  # between lines where there is no terminal

Show = Callable[[Seen], None]


def follow(asked: Run) -> "DescribeExecutionOutputTypeDef":
    """Show how far it is until it ends; answer its description then."""
    with show_progress() as show:
        while True:
            described, seen = asked.describe(), asked.look()
            if described["status"] != "RUNNING":
                show(replace(seen, gathering=False))
                return described
            show(seen)
            time.sleep(LOOK_SECONDS)


@contextmanager
def show_progress() -> Iterator[Show]:
    """What shows how far it is."""
    started, first = time.monotonic(), None

    def speed(seen: Seen) -> float:
        """Images a second."""
        nonlocal first
        first = seen.done if first is None else first
        return (seen.done - first) / max(time.monotonic() - started, LOOK_SECONDS)

    if not out.is_terminal:
        yield lines(speed)
        return
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=out) as progress:
        task = progress.add_task("", total=None, speed="")
        yield lambda seen: progress.update(
            task,
            total=seen.total,
            completed=seen.done,
            description=describe(seen),
            speed="" if seen.gathering else f"{speed(seen):.1f} images/s",
        )


def lines(speed: Callable[[Seen], float]) -> Show:
    """What prints a line when it is time for one, when all is classified, and when it begins to gather."""
    printed, told = 0.0, None

    def line(seen: Seen) -> None:
        nonlocal printed, told
        now, per_second = time.monotonic(), speed(seen)
        stage = (seen.done == seen.total, seen.gathering)
        if stage == told and now - printed < LINE_SECONDS:
            return
        printed, told = now, stage
        said = f"{seen.done}/{'?' if seen.total is None else seen.total} done, {describe(seen)}"
        if not seen.gathering:
            said += f"; {per_second:.1f} images/s"
            said += (
                f", {(seen.total - seen.done) / per_second:.0f} s left" if seen.total and per_second else ""
            )
        out.print(said)

    return line


def describe(seen: Seen) -> str:
    """What Step Functions knows of failures is which batches failed; a photo's own are in the summary."""
    return f"{seen.failed} in failed batches{'; gathering' if seen.gathering else ''}"
