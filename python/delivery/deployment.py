"""The record of one deployment, and all of an environment's in its bucket: deployments/TIME-RUN.json, one object each.

A record is added, never changed: it is put there only if nothing is, and the bucket refuses anything else.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from core.console import UserError
from core.contract.shapes import Json
from operations import terraform
from operations.steps import Step

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

PREFIX = "deployments/"


@dataclass(frozen=True)
class Deployment:
    """What is known of it at its end; what could not be found out is None, and `unknown` says why."""

    id: str  # its time and its run, so that the newest is the last by name
    environment: str
    ended: str
    outcome: str  # success, refused, failed, rolled back, cancelled
    step: str | None  # the one in which it ended, unless it succeeded
    why: str | None
    asked: Json  # actor, caller (an ARN), pull, author, log
    agreed: list[Json] | None  # each with who, to, commit
    commit: str | None
    clean: bool  # whether what was deployed is that commit
    digest: str | None  # of the plan that was made
    model: Json | None  # as in the model's file
    model_id: str | None
    model_before: str | None
    live: Json  # the endpoint at its end
    steps: list[Json]  # each with name, began, seconds, error, saw
    unknown: list[str]

    def took(self) -> float:
        """Seconds of all its steps."""
        return sum(step["seconds"] or 0 for step in self.steps)

    def verified(self) -> str | None:
        """The id of the model that verify found good."""
        if self.outcome != "success":
            return None
        return next((it["saw"].get("model") for it in self.steps if it["name"] == "verify"), None)


def write(bucket: str, record: Deployment) -> str:
    """Add it to the bucket; its address."""
    key = f"{PREFIX}{record.id}.json"
    body = json.dumps(asdict(record), indent=1, sort_keys=True) + "\n"
    boto3.client("s3").put_object(
        Bucket=bucket, Key=key, Body=body.encode(), ContentType="application/json", IfNoneMatch="*"
    )
    return f"s3://{bucket}/{key}"


def read(bucket: str) -> Iterator[Deployment]:
    """All of them, the newest first."""
    s3: S3Client = boto3.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=PREFIX)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    for key in sorted(keys, reverse=True):
        yield parse(s3.get_object(Bucket=bucket, Key=key)["Body"].read(), f"s3://{bucket}/{key}")


def read_all(env: str) -> Iterator[Deployment]:
    """Those of an environment."""
    try:
        yield from read(terraform.data_bucket(env))
    except (BotoCoreError, ClientError) as error:
        terraform.find_state(env)  # says so, if nobody has made anything
        raise UserError(f"the record of {env} cannot be read: {error}") from error


def parse(content: bytes, address: str) -> Deployment:
    try:
        said = json.loads(content)
        found = Deployment(**{field.name: said[field.name] for field in fields(Deployment)})
        for step in found.steps:
            Step(**step)
        return found
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{address} is no record of a deployment ({error!r}): see who put it there"
        ) from error
