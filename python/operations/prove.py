"""Try on an account what no document of AWS's settles: `python -m operations.prove ENV [--only NAME]`.

docs/unproven.md says for each experiment what the project takes for true. They run one after the other and cost a few
cents. The uploads go through the workflow as a driver's photo does, so this is nothing for prod. The exit status is 1
if anything was seen otherwise.
"""

import json
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import boto3

from core import arguments, environment
from core.console import UserError, out, run
from core.contract.answer_kinds import VERIFY
from monitoring.capture import Capture
from monitoring.record import Record
from operations import polling
from operations.bulk_run import Run
from operations.verify import BLANK

if TYPE_CHECKING:
    from types_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

Found = TypeVar("Found")

QUOTED = 'quote " backslash \\ ä.png'
ROLLBACK_METRICS = {"Invocation4XXErrors", "InvocationModelErrors", "ModelLatency"}
BATCHES = 4  # enough to be stopped before all are done
LONGEST_SECONDS = 900
POLL_SECONDS = 0.5  # at first, then the pace of polling


@dataclass(frozen=True)
class Seen:
    as_taken: bool  # whether it is as the project takes it for true
    what: str


class Place:
    """An environment, with a name of its own for what this experiment leaves."""

    def __init__(self, env: str) -> None:
        self.env, self.outputs = env, environment.outputs(env)
        self.bucket = self.outputs["bucket"]
        self.s3, self.steps = boto3.client("s3"), boto3.client("stepfunctions")
        polling.keep_pace(self.steps)
        self.mark = f"prove-{secrets.token_hex(4)}"

    def put(self, keys: list[str]) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda key: self.s3.put_object(Bucket=self.bucket, Key=key, Body=BLANK), keys))

    def list_keys(self, prefix: str) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [it["Key"].removeprefix(prefix) for page in pages for it in page.get("Contents", [])]

    def list_executions(self, machine: str) -> list[str]:
        """The ARNs of the newest."""
        found = self.steps.list_executions(stateMachineArn=machine, maxResults=100)["executions"]
        return [it["executionArn"] for it in found]

    def end(self, bulk: Run) -> "DescribeExecutionOutputTypeDef":
        """The bulk run's description, once it has ended."""
        return wait(bulk.describe, lambda it: it["status"] != "RUNNING", f"the end of {bulk.name}")


def wait(look: Callable[[], Found], good: Callable[[Found], bool], what: str) -> Found:
    deadline = time.monotonic() + LONGEST_SECONDS
    while not good(seen := look()):
        if time.monotonic() > deadline:
            raise UserError(f"{what} did not come within {LONGEST_SECONDS} s")
        time.sleep(POLL_SECONDS)
    return seen


def read_empty_prefix(place: Place) -> Seen:
    """Over nothing at all a map succeeds."""
    bulk = Run(place.env)
    bulk.start(prefix=f"archive/{place.mark}/")
    ended = place.end(bulk)
    said = f"the run is {ended['status']} {ended.get('error', '')} {ended.get('cause', '')}".strip()
    return Seen(ended["status"] == "SUCCEEDED", said)


def redrive_map(place: Place) -> Seen:
    """A redriven map run writes to Redrive-1/ in the folder of its first attempt, and names the successes of both."""
    prefix, bulk = f"archive/{place.mark}/", Run(place.env)
    place.put([f"{prefix}{number}.png" for number in range(BATCHES * 100)])
    bulk.start(prefix=prefix)
    # One that has not listed its items has nothing to redrive, and begins anew.
    wait(bulk.look, lambda it: bool(it.total) or bulk.describe()["status"] != "RUNNING", "a map run's items")
    if bulk.describe()["status"] == "RUNNING":
        bulk.stop()
    if (status := place.end(bulk)["status"]) != "ABORTED":
        return Seen(False, f"the run was {status} before it could be stopped: try again")
    wait(bulk.describe, lambda it: it["redriveStatus"] == "REDRIVABLE", "a run that can be redriven")
    bulk.resume()
    ended = place.end(bulk)  # which counts all photos, by the last manifest
    names = place.list_keys(f"{bulk.folder}/map/")
    manifests = [name for name in names if name.endswith("manifest.json")]
    as_taken = ended["status"] == "SUCCEEDED" and any("/Redrive-1/" in name for name in manifests)
    return Seen(as_taken, f"the run is {ended['status']}, {manifests} below {bulk.folder}/map/")


def quote_key(place: Place) -> Seen:
    """An input template quotes what it inserts, so that any key reaches the workflow as it is."""
    key = f"incoming/{place.mark}/{QUOTED}"
    machine = place.outputs["state_machine_arn"]
    known = set(place.list_executions(machine))
    place.put([key])

    def look() -> list[str]:
        """The key that each new execution got, if it is of this experiment."""
        new = [arn for arn in place.list_executions(machine) if arn not in known]
        known.update(new)
        events = [json.loads(place.steps.describe_execution(executionArn=arn)["input"]) for arn in new]
        return [it["s3_key"] for it in events if place.mark in it.get("s3_key", "")]

    try:
        seen = wait(look, bool, "an execution")[0]
    except UserError:
        return Seen(False, f"no execution has {key!r}: look into the queue uploads-dead-letters")
    return Seen(seen == key, f"the workflow got {seen!r} for {key!r}")


def name_answers(place: Place) -> Seen:
    """A transform job names an answer by what stands in the manifest behind its prefix, folders and all."""
    prefix = f"archive/{place.mark}/"
    place.put([f"{prefix}in a folder/photo.png"])
    command = [sys.executable, "-m", "operations.transform", place.env, "--prefix", prefix]
    printed = subprocess.run(command, capture_output=True, text=True)
    if not (name := re.search(r"following (\S+);", printed.stdout)):
        return Seen(False, f"no job has started: {printed.stderr.strip()}")
    answers = place.list_keys(f"results/transform/{name[1]}/answers/")
    return Seen(answers == [f"{prefix}in a folder/photo.png.out"], f"answers: {answers}")


def list_dimensions(place: Place) -> Seen:
    """What the alarms on an update look at carries the dimension EndpointConfigName."""
    named = {"Name": "EndpointConfigName", "Value": place.outputs["endpoint_configuration_name"]}
    boto3.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=place.outputs["endpoint_name"], ContentType="application/x-image", Body=BLANK
    )
    cloudwatch = boto3.client("cloudwatch")

    def look() -> set[str]:
        pages = cloudwatch.get_paginator("list_metrics").paginate(
            Namespace="AWS/SageMaker", Dimensions=[named]
        )
        return {it["MetricName"] for page in pages for it in page["Metrics"]}

    try:
        seen = wait(look, ROLLBACK_METRICS.issubset, "a metric of each alarm")
    except UserError:
        seen = look()
    return Seen(seen >= ROLLBACK_METRICS, f"metrics of {named['Value']}: {sorted(seen)}")


def capture_answer(place: Place) -> Seen:
    """A captured answer keeps its content type's parameters, and the record the request's attributes."""
    boto3.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=place.outputs["endpoint_name"],
        ContentType="application/x-image",
        Accept="application/json",
        CustomAttributes=f"kind={VERIFY},id={place.mark}",
        Body=BLANK,
    )
    since = datetime.now(UTC) - timedelta(minutes=1)
    source = f"s3://{place.bucket}/captures"

    def look() -> list[Record]:
        return [it for it in Capture(source, since) if it.photo_id == place.mark]

    try:
        record = wait(look, bool, "the record of an answer")[0]
    except UserError:
        return Seen(False, "no record has the request's attributes: is capture_percentage 100?")
    said = f"unlikeness {record.unlikeness}, attributes {record.attributes}"
    return Seen(record.unlikeness is not None, said)


EXPERIMENTS = {
    "empty-prefix": read_empty_prefix,
    "quoted-key": quote_key,
    "redrive": redrive_map,
    "manifest": name_answers,
    "dimension": list_dimensions,
    "captured-type": capture_answer,
}


def prove(env: str, names: list[str]) -> Iterator[bool]:
    for name in names:
        experiment = EXPERIMENTS[name]
        out.print(f"{name}: {experiment.__doc__}")
        seen = experiment(Place(env))
        out.print(f"  {'as taken for true' if seen.as_taken else 'OTHERWISE'}: {seen.what}")
        yield seen.as_taken


def main() -> int:
    parser = arguments.Parser(prog="operations.prove")
    parser.add_argument("env")
    parser.add_argument("--only", choices=EXPERIMENTS, help="this experiment alone")
    options = parser.parse_args()
    if options.env == "prod":
        raise UserError("the experiments send photos through the workflow: not in prod, use ENV=staging")
    every = list(prove(options.env, [options.only] if options.only else list(EXPERIMENTS)))
    return 0 if all(every) else 1


if __name__ == "__main__":
    run(main)
