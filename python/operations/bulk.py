"""Classify every photo below a prefix at once, and follow it to its end:
`python -m operations.bulk ENV --prefix incoming/2026-11-21/`.

    --manifest LIST   a new run, of the photos in a JSON list, [{"Key": "archive/2025/a.png"}, ...]: a file, or
                      s3://bucket/key
    --retry RUN       a new run, of what failed in that one
    --resume RUN      let a run that was stopped or killed go on
    --follow RUN      look at a run that goes on, or has ended
    --stop RUN        stop it; what it has done is kept
    --out FILE        bring the lines of a run that has ended into one file, - for standard output

The exit status is 1 if anything failed. Ctrl-C ends the looking, and the run goes on.
"""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from core import arguments
from core.console import UserError, out, run
from core.contract.outcomes import FAILED, OUTCOMES
from operations.bulk_manifest import bring, parse_manifest
from operations.bulk_progress import follow
from operations.bulk_results import STDOUT, download, parse_place
from operations.bulk_run import GIVEN_UP, Run, parse_prefix

if TYPE_CHECKING:
    from types_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef


def main() -> int:
    options = parse()
    # What is said goes beside the lines, not among them.
    out.stderr = options.out == STDOUT
    if options.stop is not None:
        Run(options.env, options.stop).stop()
        out.print(f"stopped; it goes on with {again(options.env, 'resume', options.stop)}")
        return 0
    asked = begin(options)
    if asked is None:
        return 0
    out.print(f"run {asked.name}")
    try:
        ended = follow(asked)
    except KeyboardInterrupt:
        out.print(
            f"\nthe run goes on: {again(asked.env, 'follow', asked.name)} to follow it, "
            f"{again(asked.env, 'stop', asked.name)}"
        )
        raise
    return report(asked, ended, options.out)


def parse() -> argparse.Namespace:
    parser = arguments.Parser(prog="operations.bulk")
    parser.add_argument("env")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--prefix", type=parse_prefix, help="as in incoming/2026-11-21/")
    what.add_argument("--manifest", type=parse_manifest, metavar="LIST", help="a file or s3://bucket/key")
    for name, meaning in (
        ("retry", "do again what failed in it"),
        ("resume", "let it go on"),
        ("follow", "look at it"),
        ("stop", "stop it"),
    ):
        what.add_argument(f"--{name}", metavar="RUN", help=meaning)
    parser.add_argument(
        "--out", type=parse_place, metavar="FILE", help="bring its lines there, - for standard output"
    )
    options = parser.parse_args()
    if all(value is None for name, value in vars(options).items() if name not in ("env", "out")):
        raise UserError(
            "say which photos: make bulk PREFIX=archive/2026/, or RETRY=<run> for what failed in one, "
            "MANIFEST=<file or s3://bucket/key> for a list, or ARGS='--resume <run>', --follow or --stop"
        )
    if options.stop is not None and options.out is not None:
        raise UserError("--out brings the lines of a run that has ended: not with --stop")
    return options


def begin(options: argparse.Namespace) -> Run | None:
    """The run that is followed, a new one unless it is named; none if nothing failed in the one to do again."""
    env = options.env
    if options.retry is not None:
        earlier = Run(env, options.retry)
        if not (failed := earlier.summary()[FAILED]):
            out.print(f"nothing failed in run {earlier.name}")
            return None
        out.print(f"{failed} photos of run {earlier.name} failed")
        asked = Run(env)
        asked.start(manifest=f"{earlier.folder}/failed.json")
        return asked
    asked = Run(env, options.follow if options.resume is None else options.resume)
    if options.resume is not None:
        asked.resume()
    elif options.manifest is not None:
        asked.start(manifest=bring(asked, options.manifest))
    elif options.prefix is not None:
        asked.start(prefix=options.prefix)
    return asked


def again(env: str, option: str, name: str) -> str:
    return f"`make bulk ENV={env} ARGS='--{option} {name}'`"


def counts(outcomes: Mapping[str, int]) -> str:
    return ", ".join(f"{outcomes[name]} {name}" for name in OUTCOMES)


def report(asked: Run, ended: "DescribeExecutionOutputTypeDef", place: str | None = None) -> int:
    """Print what came of it, and bring its lines to the place; the exit status."""
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
        if ended["status"] == "FAILED":  # before it had listed anything, as it has said
            return 1
        raise UserError(f"run {asked.name} found no object below its prefix: is that spelt right?")
    seconds = (ended["stopDate"] - ended["startDate"]).total_seconds()
    out.print(
        f"{summary['images']} images in {seconds:.1f} s, {summary['images'] / seconds:.1f} images/s: {counts(summary)}"
    )
    for name, number in summary["errors"].items():
        out.print(f"  {number} failed as {name}")
    fetch = again(asked.env, "follow", f"{asked.name} --out results.jsonl")
    out.print(
        f"its lines are in s3://{asked.bucket}/{asked.folder}/parts/, {fetch} brings them into one file"
    )
    if summary[FAILED]:
        out.print(f"what failed is done again by `make bulk ENV={asked.env} RETRY={asked.name}`")
    if place is not None:
        download(asked, place, summary)
    return 1 if summary[FAILED] or ended["status"] != "SUCCEEDED" else 0


if __name__ == "__main__":
    run(main)
