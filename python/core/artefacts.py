"""What a training run leaves behind (a model artefact, a run record), read from this machine or from S3.

None of it is trusted: an artefact is never unpacked, only single JSON members of it are read.
"""

import json
import re
import tarfile
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from core import archives
from core.console import UserError

BUCKET_AND_PREFIX = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*?))?/*")
MEMBER_LIMIT = 1_000_000  # bytes; metrics.json has a few thousand
# Where SageMaker's PyTorch container finds the code inside the artefact.
SCRIPT_ENVIRONMENT = {
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
}


def split_address(address: str) -> tuple[str, str]:
    """Bucket and prefix of an s3:// address."""
    match = BUCKET_AND_PREFIX.fullmatch(address)
    if not match:
        raise UserError(f"{address} is not an S3 address such as s3://bucket/data")
    return match[1], match[2] or ""


def read(location: str) -> bytes:
    """The bytes of a local file or of an object in S3."""
    try:
        if not location.startswith("s3://"):
            return Path(location).read_bytes()
        bucket, key = split_address(location)
        if not key:
            raise UserError(f"{location} names a bucket and no file in it")
        return boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except (OSError, ClientError, BotoCoreError) as error:
        raise UserError(f"{location} cannot be read: {error}") from error


def read_member(archive: bytes, name: str, location: str, limit: int = MEMBER_LIMIT) -> Any:
    """A JSON file inside a model.tar.gz, whose location serves the error message."""
    try:
        content = archives.read_member(archive, name, limit)
        if content is None:
            raise ValueError(f"it holds no {name} of a sensible size")
        return json.loads(content)
    except (tarfile.TarError, OSError, ValueError, RecursionError) as error:
        raise UserError(f"{location} is not a model artefact of this project: {error}") from error


def holds(archive: bytes, name: str, location: str) -> bool:
    """Whether a model.tar.gz, whose location serves the error message, has a file of that name."""
    try:
        return name in archives.list_names(archive)
    except (tarfile.TarError, OSError) as error:
        raise UserError(f"{location} is not a model artefact: {error}") from error


def bucket_region(bucket: str) -> str:
    try:
        return boto3.client("s3").head_bucket(Bucket=bucket)["BucketRegion"]
    except (ClientError, BotoCoreError) as error:
        raise UserError(f"the bucket {bucket} cannot be used: {error}") from error
