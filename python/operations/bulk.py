"""Classify every photo below a prefix at once, and follow it to its end:
`python -m operations.bulk ENV --prefix incoming/2026-11-21/`.

    --retry RUN     a new run, of what failed in that one
    --resume RUN    let a run that was stopped or killed go on
    --follow RUN    look at a run that goes on, or has ended
    --stop RUN      stop it; what it has done is kept

The exit status is 1 if anything failed. Ctrl-C ends the looking, and the run goes on.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from core import arguments
from core.console import UserError, out, run
from core.contract.outcomes import FAILED, OUTCOMES
from operations import polling
from operations.bulk_run import GIVEN_UP, Run, Seen, parse_prefix

if TYPE_CHECKING:
    from types_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

LOOK_SECONDS = polling.interval("DescribeExecution", "ListMapRuns", "DescribeMapRun")
LINE_SECONDS = 10.0  # between lines where there is no terminal


def main() -> int:
    options = parse()
    env = options.env
    if options.stop is not None:
        Run(env, options.stop).stop()
        out.print(f"stopped; it goes on with {again(env, 'resume', options.stop)}")
        return 0
    if options.retry is not None and not (failed := Run(env, options.retry).list_failed()):
        out.print(f"nothing failed in run {options.retry}")
        return 0
    asked = Run(env, options.follow if options.resume is None else options.resume)
    if options.resume is not None:
        asked.resume()
    elif options.retry is not None:
        out.print(f"{len(failed)} photos of run {options.retry} failed")
        asked.start(retry=options.retry)
    elif options.prefix is not None:
        asked.start(prefix=options.prefix)
    out.print(f"run {asked.name}")
    try:
        ended = follow(asked)
    except KeyboardInterrupt:
        out.print(
            f"\nthe run goes on: {again(env, 'follow', asked.name)} to follow it, {again(env, 'stop', asked.name)}"
        )
        raise
    return report(asked, ended)


def parse() -> argparse.Namespace:
    parser = arguments.Parser(prog="operations.bulk")
    parser.add_argument("env")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--prefix", type=parse_prefix, help="as in incoming/2026-11-21/")
    for name, meaning in (
        ("retry", "do again what failed in it"),
        ("resume", "let it go on"),
        ("follow", "look at it"),
        ("stop", "stop it"),
    ):
        what.add_argument(f"--{name}", metavar="RUN", help=meaning)
    options = parser.parse_args()
    if all(value is None for name, value in vars(options).items() if name != "env"):
        raise UserError(
            "say which photos: make bulk PREFIX=archive/2026/, or RETRY=<run> for what failed in one, or "
            "ARGS='--resume <run>', --follow or --stop"
        )
    return options


def again(env: str, option: str, name: str) -> str:
    return f"`make bulk ENV={env} ARGS='--{option} {name}'`"


def follow(asked: Run) -> "DescribeExecutionOutputTypeDef":
    """Show how far it is until it ends; answer its description then."""
    with show_progress() as show:
        while True:
            described = asked.describe()
            show(asked.look())
            if described["status"] != "RUNNING":
                return described
            time.sleep(LOOK_SECONDS)


@contextmanager
def show_progress() -> Iterator[Callable[[Seen], None]]:
    """What shows how far it is: a bar on a terminal, now and then a line otherwise."""
    started, first, printed = time.monotonic(), None, 0.0

    def speed(seen: Seen) -> float:
        nonlocal first
        first = seen.done if first is None else first
        return (seen.done - first) / max(time.monotonic() - started, LOOK_SECONDS)

    if not out.is_terminal:

        def line(seen: Seen) -> None:
            nonlocal printed
            per_second = speed(seen)
            if time.monotonic() - printed >= LINE_SECONDS or seen.done == seen.total:
                printed = time.monotonic()
                left = (seen.total - seen.done) / per_second if seen.total and per_second else None
                out.print(
                    f"{seen.done}/{'?' if seen.total is None else seen.total} done: {counts(seen.outcomes)}; "
                    f"{per_second:.1f} images/s{'' if left is None else f', {left:.0f} s left'}"
                )

        yield line
        return
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.fields[speed]:.1f} images/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=out) as progress:
        task = progress.add_task("", total=None, speed=0.0)
        yield lambda seen: progress.update(
            task,
            total=seen.total,
            completed=seen.done,
            description=counts(seen.outcomes),
            speed=speed(seen),
        )


def counts(outcomes: Mapping[str, int]) -> str:
    return ", ".join(f"{outcomes[name]} {name}" for name in OUTCOMES)


def report(asked: Run, ended: "DescribeExecutionOutputTypeDef") -> int:
    """Print what came of it; the exit status."""
    if ended["status"] in ("ABORTED", "TIMED_OUT"):
        out.print(f"the run was stopped: it goes on with {again(asked.env, 'resume', asked.name)}")
        return 1
    if ended["status"] == "FAILED":
        out.print(f"the run failed as {ended['error']}: {ended.get('cause', '')}")
        if ended["error"] != GIVEN_UP:  # so that its results were not collected
            out.print(f"it goes on with {again(asked.env, 'resume', asked.name)}")
            return 1
    summary = asked.summary()
    if not summary["images"]:
        raise UserError(f"run {asked.name} found no object below its prefix: is that spelt right?")
    seconds = (ended["stopDate"] - ended["startDate"]).total_seconds()
    out.print(
        f"{summary['images']} images in {seconds:.1f} s, {summary['images'] / seconds:.1f} images/s: {counts(summary)}"
    )
    for name, number in summary["errors"].items():
        out.print(f"  {number} failed as {name}")
    out.print(f"s3://{asked.bucket}/{asked.folder}/results.jsonl")
    if summary[FAILED]:
        out.print(f"what failed is done again by `make bulk ENV={asked.env} RETRY={asked.name}`")
    return 1 if summary[FAILED] or ended["status"] != "SUCCEEDED" else 0


if __name__ == "__main__":
    run(main)
