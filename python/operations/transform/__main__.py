"""Classify every photo below a prefix while no endpoint is up, with a batch transform job of SageMaker's:
`python -m operations.transform ENV --prefix archive/2025/ [--model ID] [--instance-type ml.c5.xlarge] [--instances 1]`.

    --job NAME      follow a job that was started before

The results are lines like a bulk run's, in s3://<bucket>/results/transform/<job>/results.jsonl. What is no photo is
not sent at all. Where the model refuses a photo SageMaker calls the whole job failed, but the others have their
answers, and only that photo's line fails. The exit status is 1 if anything failed. Ctrl-C ends the following, and the
job goes on.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from core import arguments, artefacts, environment
from core.console import UserError, out, run, track
from core.contract.lines import Tally, summarise
from core.contract.outcomes import FAILED
from core.contract.shapes import Json
from operations.bulk import counts
from operations.bulk_run import parse_prefix
from operations.transform import choice, job, listing, output
from operations.transform.files import Archive

POLL_SECONDS = 2.0
ENDS = ("Completed", "Failed", "Stopped")


def main() -> int:
    options = parse()
    outputs = environment.outputs(options.env)
    # The SDK makes clients of its own, which know the region from here alone.
    os.environ["AWS_DEFAULT_REGION"] = artefacts.bucket_region(outputs["bucket"])
    name = options.job or f"scones-{options.env}-transform-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    archive = Archive(outputs["bucket"], name)
    if options.prefix and not start(archive, options, outputs):
        return report(archive)
    try:
        ended = follow(archive)
    except KeyboardInterrupt:
        out.print(
            f"\n{name} goes on: `make transform ENV={options.env} ARGS='--job {name}'` follows it again"
        )
        raise
    return report(archive, ended)


def parse() -> argparse.Namespace:
    parser = arguments.Parser(prog="operations.transform")
    parser.add_argument("env")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--prefix", type=parse_prefix, help="as in archive/2025/")
    what.add_argument("--job", metavar="NAME", help="follow it")
    parser.add_argument("--model", metavar="ID", help="its folder below models/; the live one unless given")
    parser.add_argument("--instance-type", default="ml.c5.xlarge", help="%(default)s unless given")
    parser.add_argument("--instances", type=int, default=1, help="%(default)s unless given")
    options = parser.parse_args()
    if not (options.prefix or options.job):
        raise UserError(
            "say which photos: make transform PREFIX=archive/2026/, or ARGS='--job <name>' to follow one"
        )
    return options


def start(archive: Archive, options: argparse.Namespace, outputs: Json) -> bool:
    """List what is there, and start a job on it unless nothing of it is a photo; whether there is a job."""
    chosen = choice.choose(options.env, outputs, options.model)
    with out.status("looking at the photos"):
        lines = list(listing.list_photos(archive, options.prefix, chosen.id))
    sent = [line.s3_key for line in lines if not line.error]
    out.print(f"{len(lines)} objects below {options.prefix}, {len(sent)} of them photos")
    if not lines:
        raise UserError(f"there is nothing to classify below s3://{archive.bucket}/{options.prefix}")
    gate = {"model": chosen.id, "labels": chosen.labels, "threshold": outputs["threshold"]}
    archive.write("gate.json", json.dumps(gate))
    archive.write_lines("listing.jsonl", lines)
    if not sent:
        return False
    archive.write_manifest(sent)
    settings = job.Settings(
        container=chosen.container,
        instance_type=options.instance_type,
        instances=options.instances,
        role=outputs["transform_role_arn"],
        kms_key=outputs["kms_key_arn"],
        tags={"Project": "scones-unlimited", "Environment": options.env},
    )
    job.start(archive.name, archive.uri("manifest.json"), archive.uri("answers"), settings)
    return True


def follow(archive: Archive) -> job.TransformJob:
    """Show how far the job is until it has ended; its description then."""
    described = job.find(archive.name)
    out.print(f"following {archive.name}; Ctrl-C leaves it running")

    def answers() -> Iterator[str]:
        seen: set[str] = set()
        while True:
            ended = described.refresh().transform_job_status in ENDS
            new = archive.list_answered() - seen
            yield from new
            seen.update(new)
            if ended:
                return
            time.sleep(POLL_SECONDS)

    sent = sum(not line.error for line in archive.listing())
    for _ in track(answers(), "answered", total=sent):
        pass
    return described


def report(archive: Archive, ended: job.TransformJob | None = None) -> int:
    """Write what came of it, with a job or without, and say it; the exit status."""
    gate = json.loads(archive.read("gate.json"))
    lines = list(output.complete(archive, gate["labels"], gate["threshold"]))
    summary = summarise(archive.name, Tally.of(map(vars, lines)))
    archive.write_lines("results.jsonl", lines)
    archive.write("summary.json", json.dumps(summary, indent=2) + "\n")

    took = ""
    if ended:
        job.remove_model(archive.name)
        seconds = (ended.transform_end_time - ended.creation_time).total_seconds()
        took = f" in {seconds:.0f} s by model {gate['model']}"
    out.print(f"{summary['images']} images{took}: {counts(summary)}")
    for error, number in summary["errors"].items():
        out.print(f"  {number} failed as {error}")
    if ended and ended.transform_job_status != "Completed":
        why = f" ({ended.failure_reason})" if ended.transform_job_status == "Failed" else ""
        out.print(
            f"SageMaker calls the job {ended.transform_job_status.lower()}{why}: "
            f"the log group {job.LOG_GROUP} says more, below {archive.name}/"
        )
    out.print(archive.uri("results.jsonl"))
    return 1 if summary[FAILED] else 0


if __name__ == "__main__":
    run(main)
