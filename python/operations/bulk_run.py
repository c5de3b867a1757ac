"""A bulk run in a deployed environment, seen from outside: start it, look how far it is, read what came of it."""

import json
import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from core import environment
from core.console import UserError
from core.contract.lines import RUN
from core.contract.outcomes import FAILED
from core.contract.shapes import Json
from operations import polling

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_stepfunctions import SFNClient
    from types_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

FOLDERS = ("archive/", "incoming/")  # whose objects the function may read
GIVEN_UP = "BulkRunGivenUp"  # too much failed; what was done has been summed up


@dataclass
class Seen:
    """How far a run is: counts by outcome, of all that it is about."""

    total: int | None = None  # until everything is listed
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def done(self) -> int:
        return self.outcomes.total()


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
        self.s3: S3Client = boto3.client("s3", config=Config(retries=retries))
        self.steps: SFNClient = boto3.client("stepfunctions", config=Config(retries=retries))
        polling.keep_pace(self.steps)
        self.name = name or f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        self.bucket, bulk = self.outputs["bucket"], self.outputs["bulk"]
        self.machine = bulk["state_machine_arn"]
        self.arn = f"{self.machine.replace(':stateMachine:', ':execution:')}:{self.name}"
        self.results = bulk["results"]
        self.folder = f"{self.results}/{self.name}"
        self.parts: dict[str, tuple[str, Counter[str]]] = {}  # by key: what it was when it was read

    def start(self, **what: str) -> None:
        """Begin with `prefix`, or with `retry`, an earlier run's name."""
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
        if described["redriveStatus"] != "REDRIVABLE":
            raise UserError(
                f"run {self.name} is {described['status']}: only a run that was stopped, failed or timed out is resumed"
            )
        self.steps.redrive_execution(executionArn=self.arn)

    def list_failed(self) -> list[dict[str, str]]:
        """What failed in it, once it has ended."""
        return json.loads(self.read("failed.json"))

    def summary(self) -> Json:
        return json.loads(self.read("summary.json"))

    def read(self, name: str) -> bytes:
        try:
            return self.s3.get_object(Bucket=self.bucket, Key=f"{self.folder}/{name}")["Body"].read()
        except self.s3.exceptions.NoSuchKey as error:
            self.describe()
            raise UserError(f"run {self.name} has no {name}: it has not ended yet, or was stopped") from error

    def look(self) -> Seen:
        """How far it is: each part is read once."""
        seen = Seen()
        for run in self.steps.list_map_runs(executionArn=self.arn)["mapRuns"]:
            counts = self.steps.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"]
            seen.total = counts["total"] or None
            # Items whose batch has no part.
            seen.outcomes[FAILED] += counts["failed"] + counts["timedOut"]
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=f"{self.folder}/parts/"
        )
        for item in (item for page in pages for item in page.get("Contents", [])):
            if self.parts.get(item["Key"], ("",))[0] != item["ETag"]:
                body = self.s3.get_object(Bucket=self.bucket, Key=item["Key"])["Body"].read()
                outcomes = Counter(json.loads(line)["outcome"] for line in body.splitlines())
                self.parts[item["Key"]] = (item["ETag"], outcomes)
        for _, outcomes in self.parts.values():
            seen.outcomes += outcomes
        return seen
