"""Versions of objects in a bucket, delete markers among them: listed, read, and taken away for good."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from monitoring.places import SKEW, Period

GONE = ("NoSuchKey", "NoSuchVersion")


@dataclass(frozen=True)
class Version:
    key: str
    number: str
    size: int | None  # None of a delete marker
    latest: bool
    changed: datetime


def list_versions(s3: Any, bucket: str, prefix: str, periods: Sequence[Period] = ()) -> Iterator[Version]:
    """Of all keys that begin so; in folders whose names say a time, of those that meet one of the periods."""
    asked = {"Bucket": bucket, "Prefix": prefix} | ({"Delimiter": "/"} if periods else {})
    for page in s3.get_paginator("list_object_versions").paginate(**asked):
        yield from read_page(page)
        for folder in page.get("CommonPrefixes", ()):
            if any(period.meets(folder["Prefix"], SKEW) for period in periods):
                yield from list_versions(s3, bucket, folder["Prefix"], periods)


def list_of_key(s3: Any, bucket: str, key: str) -> Iterator[Version]:
    """Of this key alone: it comes before those that only begin with it, and these are not paged through."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key):
        found = list(read_page(page))
        same = [it for it in found if it.key == key]
        yield from same
        if len(same) < len(found):
            return


def read_page(page: Any) -> Iterator[Version]:
    for kind in ("Versions", "DeleteMarkers"):
        for it in page.get(kind, ()):
            yield Version(it["Key"], it["VersionId"], it.get("Size"), it["IsLatest"], it["LastModified"])


def read(s3: Any, bucket: str, version: Version) -> bytes | None:
    """None of one that went since it was listed, as what expires may."""
    try:
        found = s3.get_object(Bucket=bucket, Key=version.key, VersionId=version.number)
        content: bytes = found["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] not in GONE:
            raise
        return None
    return content


def remove(s3: Any, bucket: str, versions: Iterable[Version]) -> None:
    """One that is gone already is no fault."""
    for it in versions:
        s3.delete_object(Bucket=bucket, Key=it.key, VersionId=it.number)
