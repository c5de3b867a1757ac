"""Moves what an earlier release kept in queues, photos that wait for a person, into the register."""

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ParamValidationError

from core.contract.shapes import Json, Pointer
from lambdas.archive_photos import Archive
from lambdas.log_line import log

ANSWERS = 20  # of a queue in one sweep
RUN = "review-queue"  # with which its own upload's event may still claim a photo


def find(sqs: Any, queue: str) -> Iterator[Json]:
    for _ in range(ANSWERS):
        found = sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, AttributeNames=["SentTimestamp"]
        ).get("Messages")
        if not found:
            return
        yield from found


def move(sqs: Any, queue: str, s3: Any, archive: Archive, message: Json) -> bool:
    """Whether its photo was put into the register, which may have it already."""
    found = read(s3, message)
    if not found:
        log("WARNING", {"function": "sweep", "gone": message["Body"]})
    put = archive.put(*found, run=RUN) if found else False
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return put


def read(s3: Any, message: Json) -> tuple[Pointer, Any, str] | None:
    """The photo, unless what lies there now is newer than the message; and what the model said."""
    try:
        told = json.loads(message["Body"])
        bucket, key = told["s3_bucket"], told["s3_key"]
        head = s3.head_object(Bucket=bucket, Key=key)
        if head["LastModified"].timestamp() * 1000 > int(message["Attributes"]["SentTimestamp"]):
            return None
        return Pointer(bucket, key, head.get("VersionId", "")), told["inferences"], str(told["reason"])
    except (ValueError, KeyError, TypeError, ParamValidationError):
        return None
    except s3.exceptions.ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        return None
