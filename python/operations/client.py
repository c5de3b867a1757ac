"""A photo's way through a deployed environment, seen from outside: put it there, then follow what becomes of it."""

import json
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from operations import environment

LOW_CONFIDENCE = "ThresholdConfidenceNotMet"
IN_FLIGHT = 16  # photos on their way at the same time
POLL_SECONDS = 0.2
LOST_SECONDS = 120  # an upload that has started nothing by then is lost
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
    output: dict[str, Any]  # of an accepted photo: label, confidence, assignment
    error: str  # of any other
    cause: str


class Client:
    def __init__(self, env: str) -> None:
        self.outputs = environment.outputs(env)
        patient = Config(retries={"mode": "adaptive", "max_attempts": 8})
        self.s3 = boto3.client("s3", config=patient)
        self.workflow = boto3.client("stepfunctions", config=patient)
        self.seen: set[str] = set()  # executions that have been looked at after their end

    def route(self, photos: Iterable[Photo]) -> Iterator[Outcome]:
        """Upload the photos, some at a time, and yield what became of each, in the order in which they end."""
        waiting = iter(photos)
        under_way: dict[str, tuple[Photo, float]] = {}
        first = time.time()
        while True:
            for photo in waiting:
                under_way[self.upload(photo)] = (photo, time.time())
                if len(under_way) >= IN_FLIGHT:
                    break
            if not under_way:
                return
            time.sleep(POLL_SECONDS)
            for ended in self.ended_since(first):
                if found := under_way.pop(json.loads(ended["input"])["s3_key"], None):
                    yield outcome(*found, ended)
            late = [key for key, (_, since) in under_way.items() if time.time() - since > LOST_SECONDS]
            for key in late:
                photo, since = under_way.pop(key)
                yield Outcome(photo, key, "lost", time.time() - since, "", {}, "", "no execution ended")

    def upload(self, photo: Photo) -> str:
        """Put a photo where an upload starts the workflow; its key is new, so its execution can be told apart."""
        key = f"incoming/{uuid.uuid4().hex[:12]}/{photo.name}"
        kind = CONTENT_TYPES.get(Path(photo.name).suffix.lower(), "application/octet-stream")
        self.s3.put_object(Bucket=self.outputs["bucket"], Key=key, Body=photo.content, ContentType=kind)
        return key

    def ended_since(self, moment: float) -> Iterator[dict[str, Any]]:
        """The executions that started since then and have ended, each once."""
        machine = self.outputs["state_machine_arn"]
        pages = self.workflow.get_paginator("list_executions").paginate(stateMachineArn=machine)
        for execution in (e for page in pages for e in page["executions"]):
            if execution["startDate"].timestamp() < moment - 1:
                return  # the newest come first
            arn = execution["executionArn"]
            if execution["status"] != "RUNNING" and arn not in self.seen:
                self.seen.add(arn)
                yield self.workflow.describe_execution(executionArn=arn)


def outcome(photo: Photo, uploaded: float, execution: dict[str, Any]) -> Outcome:
    accepted = execution["status"] == "SUCCEEDED"
    error = execution.get("error", "") if execution["status"] == "FAILED" else execution["status"]
    return Outcome(
        photo=photo,
        key=json.loads(execution["input"])["s3_key"],
        kind="accepted" if accepted else "review" if error == LOW_CONFIDENCE else "failed",
        seconds=execution["stopDate"].timestamp() - uploaded,
        execution=execution["executionArn"],
        output=json.loads(execution["output"]) if accepted else {},
        error="" if accepted else error,
        cause=reason(execution.get("cause", "")),
    )


def directions(result: Outcome) -> str:
    """Where the driver of an accepted photo goes."""
    bay = result.output["assignment"]
    return f"loading bay {bay['loading_bay']}, orders within {bay['max_distance_km']} km"


def reason(cause: str) -> str:
    """What a failed function said: its message out of the JSON that Step Functions keeps."""
    try:
        return json.loads(cause)["errorMessage"]
    except (ValueError, KeyError, TypeError):
        return cause
