"""The lock that Terraform puts on an environment's state while it works: an object beside the state, in JSON."""

import json
from datetime import datetime

import boto3
from botocore.exceptions import ClientError

from core.contract.shapes import Json

SUFFIX = ".tflock"  # that Terraform puts after the state's key
OPERATION = "OperationType"  # in front of what it is at


def read(bucket: str, key: str) -> Json | None:
    """What Terraform has written into it, if there is one: its ID, who holds it, since when, for what."""
    try:
        found = boto3.client("s3").get_object(Bucket=bucket, Key=f"{key}{SUFFIX}")
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchBucket", "NoSuchKey"):
            return None
        raise
    return json.loads(found["Body"].read())


def refusal(env: str, held: Json) -> str:
    """What somebody reads who wants to work on the same environment."""
    doing = held["Operation"].removeprefix(OPERATION).lower()
    since = f"{datetime.fromisoformat(held['Created']):%Y-%m-%d %H:%M} UTC"
    return (
        f"another terraform {doing} of {env} is running, by {held['Who']} since {since}: wait until it has ended, or "
        f"if it was killed: make unlock ENV={env} LOCK={held['ID']}"
    )
