"""The parts of a bulk run's results: <RESULTS>/<run>/parts/<name>.jsonl, one line for each image of one batch.

A part's name follows from the batch's items, so that a batch that is done again is about the same part. Whoever writes
it first has written it: the batch itself, or, if that came to nothing, who gathers. So each item has one line, whatever
happens when.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from core.contract.shapes import Json
from lambdas.reading import transient_by_name

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


@dataclass(frozen=True)
class Part:
    """What a batch is about."""

    keys: list[str]
    first: int | None  # the index of its first item in the run's list, which may name the same images again

    @classmethod
    def of(cls, items: Sequence[Json]) -> Self:
        """Of what the state machine's ItemSelector made of the list."""
        return cls([key_of(item["Item"]) for item in items], items[0]["Index"] if items else None)

    def name(self, folder: str) -> str:
        told = json.dumps([self.first, self.keys])
        return f"{folder}/parts/{hashlib.sha256(told.encode()).hexdigest()[:32]}.jsonl"


def key_of(item: object) -> str:
    """What has no key is called by all that there is of it."""
    key = item.get("Key") if isinstance(item, dict) else None
    return key if isinstance(key, str) else json.dumps(item)


def read(client: "S3Client", bucket: str, part: str) -> bytes | None:
    """None if there is none."""
    try:
        with transient_by_name(part):
            return client.get_object(Bucket=bucket, Key=part)["Body"].read()
    except client.exceptions.NoSuchKey:
        return None
