"""Send files to S3: many at once, with a bar, and none that is there already with the same content.

S3 keeps a SHA-256 beside each object that is sent from here, since an ETag says nothing of content under a KMS key.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from core.console import track

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

WORKERS = 16
Told = TypeVar("Told")


def connect() -> "S3Client":
    return boto3.client("s3", config=Config(max_pool_connections=WORKERS, retries={"mode": "standard"}))


def send_all(send: Callable[[Path], Told], files: Sequence[Path], what: str = "uploading") -> Iterator[Told]:
    """What sending each came to, in the order in which they end; after an error or Ctrl-C the rest is not begun."""
    pool = ThreadPoolExecutor(WORKERS)
    try:
        futures = [pool.submit(send, file) for file in files]
        for future in track(as_completed(futures), what, len(futures)):
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def put(client: "S3Client", bucket: str, key: str, body: bytes, content_type: str) -> bool:
    """Put it there, unless it is there with the same content; whether it was sent.

    What is new is put on the condition that it still is, which a role may be allowed that may overwrite nothing.
    """
    checksum = base64.b64encode(hashlib.sha256(body).digest()).decode()
    there = _checksum(client, bucket, key)
    if there == checksum:
        return False
    send = partial(
        client.put_object,
        Bucket=bucket,
        Key=key,
        Body=body,
        ChecksumAlgorithm="SHA256",
        ContentType=content_type,
    )
    send() if there else send(IfNoneMatch="*")
    return True


def add(client: "S3Client", bucket: str, key: str, body: bytes) -> bool:
    """Whether it was written: what is there stays as it is."""
    try:
        client.put_object(Bucket=bucket, Key=key, Body=body, IfNoneMatch="*")
    except ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise
        return False
    return True


def _checksum(client: "S3Client", bucket: str, key: str) -> str | None:
    """None if nothing is there."""
    try:
        found = client.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
        return found.get("ChecksumSHA256", "none")
    except ClientError as error:
        if error.response["Error"]["Code"] == "404":
            return None
        raise
