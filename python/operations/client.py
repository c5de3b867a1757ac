"""A photo's way through a deployed environment, seen from outside: put it there, then follow what becomes of it."""

import json
import time
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from core import environment
from core.console import out
from core.contract.answer_kinds import LIVE, upload_to
from core.contract.errors import FOR_REVIEW, UnlikeTraining
from core.contract.outcomes import ACCEPTED, DUPLICATE, FAILED, REVIEW, reason
from core.contract.shapes import Json
from operations import polling

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_stepfunctions import SFNClient
    from types_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

LOST = "lost"  # the end of a photo of which no execution ended; the other ends are the contract's outcomes
IN_FLIGHT = 16  # photos on their way at the same time
POLL_SECONDS = polling.interval("ListExecutions")
LOST_SECONDS = 120  # an upload that has started nothing by then is lost
AGAIN_SECONDS = 10
CONNECTIONS = 32
CONTENT_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


@dataclass(frozen=True)
class Photo:
    name: str
    content: bytes


@dataclass(frozen=True)
class Outcome:
    """How one photo ended: accepted with an assignment, sent to review, or failed by name."""

    photo: Photo
    key: str
    kind: str  # accepted, review, failed or lost
    seconds: float  # from the upload to the end of its execution
    execution: str
    output: Json  # of an accepted photo: label, confidence, assignment
    error: str  # of any other
    cause: str


UnderWay = dict[str, tuple[Photo, float]]  # by key: the photo, and when it was uploaded


class Client:
    def __init__(self, env: str, poll_seconds: float = POLL_SECONDS, kind: str = LIVE) -> None:
        self.poll_seconds, self.folder = poll_seconds, upload_to(kind)
        self.outputs = environment.outputs(env)
        retries = {"mode": "adaptive", "max_attempts": 8}
        patient = Config(retries=retries, max_pool_connections=CONNECTIONS)
        self.s3: S3Client = boto3.client("s3", config=patient)
        self.workflow: SFNClient = boto3.client("stepfunctions", config=patient)
        polling.keep_pace(self.workflow)
        self.together = ThreadPoolExecutor(IN_FLIGHT)  # one request after the other is a wait after the other
        self.seen: set[str] = set()  # executions that have been looked at after their end

    def route(self, photos: Iterable[Photo]) -> Iterator[Outcome]:
        """Upload the photos, some at a time, and yield what became of each, in the order in which they end."""
        waiting = iter(photos)
        under_way: UnderWay = {}
        while True:
            free = IN_FLIGHT - len(under_way)
            list(self.together.map(lambda photo: self.upload(photo, under_way), islice(waiting, free)))
            if not under_way:
                return
            time.sleep(self.poll_seconds)
            yield from self.look(under_way)

    def insist(self, photo: Photo, seconds: float) -> Outcome:
        """Upload the photo again and again, until an execution of one of the uploads has ended, or it is too late.

        For a bucket whose events may not have begun yet: AWS takes about five minutes from when they are switched on.
        """
        under_way: UnderWay = {}
        deadline = time.monotonic() + seconds
        while True:
            self.upload(photo, under_way)
            if len(under_way) == 2:
                out.print(
                    f"no execution has ended yet. A bucket's events begin about five minutes after its first apply: "
                    f"the photo is uploaded again every {AGAIN_SECONDS} s, for {seconds:g} s at most"
                )
            again = time.monotonic() + AGAIN_SECONDS
            while time.monotonic() < min(again, deadline):
                time.sleep(self.poll_seconds)
                for ended in self.look(under_way, lost_after=seconds):
                    return ended
            if time.monotonic() >= deadline:
                key, (photo, since) = next(iter(under_way.items()))
                return lost(photo, key, since)

    def upload(self, photo: Photo, under_way: UnderWay | None = None) -> None:
        """Put a photo where an upload starts the workflow; its key is new, so its execution can be told apart."""
        key = f"{self.folder}/{uuid.uuid4().hex[:12]}/{photo.name}"
        if under_way is not None:
            under_way[key] = (photo, time.time())  # first: its execution may end before S3 has answered
        kind = CONTENT_TYPES.get(Path(photo.name).suffix.lower(), "application/octet-stream")
        self.s3.put_object(Bucket=self.outputs["bucket"], Key=key, Body=photo.content, ContentType=kind)

    def look(self, under_way: UnderWay, lost_after: float = LOST_SECONDS) -> Iterator[Outcome]:
        """Take out what has ended, or is lost, and yield what became of it. Others may upload meanwhile."""
        uploaded = [since for _, since in list(under_way.values())]
        if not uploaded:
            return
        looked = time.time()  # to describe many takes a while, in which others end
        for ended in self.list_ended(min(uploaded)):
            given = json.loads(ended["input"])
            if is_duplicate(ended) or "decision" in given:  # of somebody, after the photo's own execution
                continue
            if found := under_way.pop(given["s3_key"], None):
                yield outcome(*found, ended)
        for key, (photo, since) in list(under_way.items()):
            if looked - since > lost_after:
                del under_way[key]
                yield lost(photo, key, since)

    def list_ended(self, moment: float) -> Iterator["DescribeExecutionOutputTypeDef"]:
        """The executions that started since then and have ended, each once, if the moment never goes back."""
        machine = self.outputs["state_machine_arn"]
        pages = self.workflow.get_paginator("list_executions").paginate(
            stateMachineArn=machine, PaginationConfig={"PageSize": polling.MOST_LISTED}
        )
        listed, ended = set(), []
        for execution in (e for page in pages for e in page["executions"]):
            if execution["startDate"].timestamp() < moment - 1:
                break  # the newest come first
            arn = execution["executionArn"]
            listed.add(arn)
            if execution["status"] != "RUNNING" and arn not in self.seen:
                ended.append(arn)
        self.seen = self.seen & listed | set(ended)  # what is older is listed no more
        yield from self.together.map(lambda arn: self.workflow.describe_execution(executionArn=arn), ended)


def is_duplicate(execution: "DescribeExecutionOutputTypeDef") -> bool:
    """Whether it left the photo to another execution: an upload's event may come twice."""
    return json.loads(execution.get("output", "{}")).get("outcome") == DUPLICATE


def lost(photo: Photo, key: str, since: float) -> Outcome:
    return Outcome(photo, key, LOST, time.time() - since, "", {}, "", "no execution ended")


def outcome(photo: Photo, uploaded: float, execution: "DescribeExecutionOutputTypeDef") -> Outcome:
    accepted = execution["status"] == "SUCCEEDED"
    error = execution.get("error", "") if execution["status"] == "FAILED" else execution["status"]
    return Outcome(
        photo=photo,
        key=json.loads(execution["input"])["s3_key"],
        kind=ACCEPTED if accepted else REVIEW if error in FOR_REVIEW else FAILED,
        seconds=execution["stopDate"].timestamp() - uploaded,
        execution=execution["executionArn"],
        output=json.loads(execution["output"]) if accepted else {},
        error="" if accepted else error,
        cause=reason(execution.get("cause", "")),
    )


def directions(result: Outcome) -> str:
    """Where the driver of an accepted photo goes."""
    return where(result.output["assignment"])


def where(assignment: Json) -> str:
    """In words."""
    return f"loading bay {assignment['loading_bay']}, orders within {assignment['max_distance_km']:g} km"


def reason_for_review(result: Outcome) -> str:
    """Why a person decides."""
    if result.error == UnlikeTraining.__name__:
        return "the model knows no photos like it"
    return "the model is not sure"
