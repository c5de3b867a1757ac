"""What the data sets in an environment's bucket say of themselves, without bringing their pictures here.

    for told in read_all(client, bucket): told.dataset_id, told.parents, told.labels, told.excluded

Each lies below data/<id>/, with its dataset.json sent last: one that has none was never whole.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from core import sending
from core.console import UserError
from training.fetched import INFO, PREFIX

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


class Broken(UserError):
    """A dataset.json that says nothing, which was changed by hand."""

    def __init__(self, address: str, why: Exception) -> None:
        super().__init__(f"{address} cannot be read: {why}")
        self.address = address


@dataclass(frozen=True)
class Told:
    """Of one that is no version of another the lists are empty."""

    dataset_id: str
    made_at: datetime
    parents: list[str]  # the nearest first
    labels: list[str]  # names of all that it rests on
    excluded: list[str]  # names of those that never count again


def list_ids(client: "S3Client", bucket: str) -> Iterator[str]:
    """Of all folders, whatever is in them."""
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=f"{PREFIX}/", Delimiter="/"
    )
    for page in pages:
        yield from (it["Prefix"].split("/")[1] for it in page.get("CommonPrefixes", ()))


def read(client: "S3Client", bucket: str, dataset_id: str) -> Told | None:
    """None of one that was never whole."""
    key = f"{PREFIX}/{dataset_id}/{INFO}"
    try:
        found = client.get_object(Bucket=bucket, Key=key)
        told = json.loads(found["Body"].read())
        parents, labels, excluded = (list(told.get(name, [])) for name in ("parents", "labels", "excluded"))
    except client.exceptions.NoSuchKey:
        return None
    except (ValueError, TypeError, AttributeError) as error:
        raise Broken(f"s3://{bucket}/{key}", error) from error
    return Told(dataset_id, found["LastModified"], parents, labels, excluded)


def read_all(client: "S3Client", bucket: str, forgiving: bool = False) -> list[Told]:
    """All that are whole, in the order of their ids; forgiving, without those that are broken."""

    def find(dataset_id: str) -> Told | None:
        try:
            return read(client, bucket, dataset_id)
        except Broken:
            if forgiving:
                return None
            raise

    with ThreadPoolExecutor(sending.WORKERS) as pool:
        return [it for it in pool.map(find, sorted(list_ids(client, bucket))) if it]
