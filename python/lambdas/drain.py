"""Moves what an earlier release kept in queues, photos that wait for a person, into the register."""

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

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
    told = json.loads(message["Body"])
    image, put = find_newest(s3, told["s3_bucket"], told["s3_key"]), False
    if image:
        put = archive.put(image, told["inferences"], told["reason"])
    else:
        log("WARNING", {"function": "sweep", "gone": message["Body"]})
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return put


def find_newest(s3: Any, bucket: str, key: str) -> Pointer | None:
    """In its newest version, as a message names none; None if it is gone."""
    try:
        return Pointer(bucket, key, s3.head_object(Bucket=bucket, Key=key).get("VersionId", ""))
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return None
        raise
