"""The parts of a bulk run's results: <RESULTS>/<run>/parts/<name>.jsonl, one line for each image of one batch.

A part's name follows from its keys, so that a batch that is done again is about the same part. Whoever writes it first
has written it: the batch itself, or, if that came to nothing, who gathers. So each image has one line, whatever happens
when.
"""

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from core.contract.errors import StorageUnavailable
from core.contract.lines import Line, join
from lambdas.reading import transient_by_name

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

EXISTS = "PreconditionFailed"
AT_THE_SAME_TIME = "ConditionalRequestConflict"  # another writer is at it


def name(folder: str, keys: Iterable[str]) -> str:
    digest = hashlib.sha256("\n".join(keys).encode()).hexdigest()[:32]
    return f"{folder}/parts/{digest}.jsonl"


def write(client: "S3Client", bucket: str, part: str, lines: Iterable[Line]) -> bool:
    """Whether it was written; otherwise it has been there already."""
    try:
        with transient_by_name(part):
            client.put_object(Bucket=bucket, Key=part, Body=join(lines).encode(), IfNoneMatch="*")
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == AT_THE_SAME_TIME:
            raise StorageUnavailable(f"{part}: {error}") from error
        if code != EXISTS:
            raise
        return False
    return True


def read(client: "S3Client", bucket: str, part: str) -> bytes | None:
    """None if there is none."""
    try:
        with transient_by_name(part):
            return client.get_object(Bucket=bucket, Key=part)["Body"].read()
    except client.exceptions.NoSuchKey:
        return None
