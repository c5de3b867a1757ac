"""A bulk run in a deployed environment, seen from outside: start it, look how far it is, read what came of it."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from core import environment
from core.console import UserError
from core.contract.bulk_maps import find_classifying
from core.contract.lines import RUN
from core.contract.shapes import Json
from core.network_faults import NETWORK_FAULTS
from operations import polling

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_stepfunctions import SFNClient
    from types_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

FOLDERS = ("archive/", "incoming/")  # whose objects the function may read
# A redrive of these would be a new map run, and its batches others than those that have parts.
AFRESH = ("States.Runtime", "States.DataLimitExceeded")
GIVEN_UP = "BulkRunGivenUp"  # too much failed; what was done has been summed up
CONNECTIONS = 16
TRIES = 3  # of a part whose bytes break off, which botocore does not try again


@dataclass(frozen=True)
class Seen:
    """How far a run is."""

    total: int | None = None  # until something is listed
    done: int = 0
    failed: int = 0  # of these, in batches that failed as a whole
    gathering: bool = False


def parse_prefix(text: str) -> str:
    if text.startswith(FOLDERS):
        return text
    raise UserError(f"prefix {text!r} does not start with {' or '.join(FOLDERS)}, where photos are")


class Run:
    def __init__(self, env: str, name: str | None = None) -> None:
        if name is not None and not RUN.fullmatch(name):
            raise UserError(f"{name!r} is no name of a bulk run, which has letters, digits, - and _")
        self.env = env
        self.outputs = environment.outputs(env)
        retries = {"mode": "standard", "max_attempts": 8}
        s3 = Config(retries=retries, max_pool_connections=CONNECTIONS)
        self.s3: S3Client = boto3.client("s3", config=s3)
        self.steps: SFNClient = boto3.client("stepfunctions", config=Config(retries=retries))
        polling.keep_pace(self.steps)
        self.name = name or f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        self.bucket, bulk = self.outputs["bucket"], self.outputs["bulk"]
        self.machine = bulk["state_machine_arn"]
        self.arn = f"{self.machine.replace(':stateMachine:', ':execution:')}:{self.name}"
        self.results = bulk["results"]
        self.folder = f"{self.results}/{self.name}"

    def start(self, **what: str) -> None:
        """Begin with `prefix`, or with `manifest`, the key of a list below where results are."""
        event = json.dumps({"run": self.name, **what})
        self.steps.start_execution(stateMachineArn=self.machine, name=self.name, input=event)

    def describe(self) -> "DescribeExecutionOutputTypeDef":
        try:
            return self.steps.describe_execution(executionArn=self.arn)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
                raise
            raise UserError(f"there is no bulk run {self.name!r} in {self.env}") from error

    def stop(self) -> None:
        self.describe()
        self.steps.stop_execution(executionArn=self.arn, cause="stopped by operations.bulk")

    def resume(self) -> None:
        """Let what has not succeeded run again, under the same name."""
        described = self.describe()
        if described.get("error") == GIVEN_UP:
            raise UserError(
                f"run {self.name} was given up and has ended: make bulk ENV={self.env} RETRY={self.name} does again "
                f"what failed"
            )
        if described.get("error") in AFRESH:
            raise UserError(
                f"run {self.name} failed as {described['error']}, after which AWS lists everything anew: start another"
            )
        if described["redriveStatus"] != "REDRIVABLE":
            raise UserError(
                f"run {self.name} is {described['status']}: only a run that was stopped, failed or timed out is resumed"
            )
        self.steps.redrive_execution(executionArn=self.arn)

    def summary(self) -> Json:
        try:
            answer = self.s3.get_object(Bucket=self.bucket, Key=f"{self.folder}/summary.json")
        except self.s3.exceptions.NoSuchKey as error:
            self.describe()
            raise UserError(
                f"run {self.name} has no summary: it has not ended yet, or was stopped"
            ) from error
        return json.loads(answer["Body"].read())

    def look(self) -> Seen:
        """How far it is, from the counts of the map that classifies, however large it is."""
        arn = find_classifying(self.steps.list_map_runs(executionArn=self.arn)["mapRuns"])
        if not arn:
            return Seen()
        described = self.steps.describe_map_run(mapRunArn=arn)
        counts = described["itemCounts"]
        failed = counts["failed"] + counts["timedOut"]
        # A map that gave up is FAILED, and what it did is gathered all the same; one that was stopped is ABORTED.
        gathering = described["status"] in ("SUCCEEDED", "FAILED")
        return Seen(counts["total"] or None, counts["succeeded"] + failed, failed, gathering)

    def list_parts(self) -> Iterator[str]:
        """Their keys, a page at a time."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=f"{self.folder}/parts/"
        )
        return (item["Key"] for page in pages for item in page.get("Contents", []))

    def read_part(self, key: str) -> bytes:
        for left in reversed(range(TRIES)):
            try:
                return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            except NETWORK_FAULTS as error:
                if not left:
                    raise UserError(f"s3://{self.bucket}/{key} cannot be read: {error}") from error
        raise AssertionError("the last try answers or fails")
