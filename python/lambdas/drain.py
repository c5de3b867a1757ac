"""Moves what an earlier release kept in queues, photos that wait for a person, into the register."""

import json
from collections.abc import Iterator
from typing import Any

from core.contract.shapes import Json, Pointer
from lambdas.archive_photos import Archive
from lambdas.log_line import log

ANSWERS = 20  # of a queue in one sweep


def find(sqs: Any, queue: str) -> Iterator[Json]:
    for _ in range(ANSWERS):
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages")
        if not found:
            return
        yield from found


def move(sqs: Any, queue: str, s3: Any, archive: Archive, message: Json) -> bool:
    """Whether its photo was put into the register, which may have it already."""
    found = read(s3, message["Body"])
    if not found:
        log("WARNING", {"function": "sweep", "gone": message["Body"]})
    put = archive.put(*found) if found else False
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return put


def read(s3: Any, body: str) -> tuple[Pointer, Any, str] | None:
    """The photo in its newest version, and what the model said of it."""
    try:
        told = json.loads(body)
        bucket, key = told["s3_bucket"], told["s3_key"]
        image = Pointer(bucket, key, s3.head_object(Bucket=bucket, Key=key).get("VersionId", ""))
        return image, told["inferences"], told["reason"]
    except (ValueError, KeyError, TypeError):
        return None
    except s3.exceptions.ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        return None
