"""Versions of objects in a bucket, delete markers among them: listed, read, and taken away for good."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitoring.places import SKEW, Period


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
        for kind in ("Versions", "DeleteMarkers"):
            for it in page.get(kind, ()):
                size = it.get("Size")
                yield Version(it["Key"], it["VersionId"], size, it["IsLatest"], it["LastModified"])
        for folder in page.get("CommonPrefixes", ()):
            if any(period.meets(folder["Prefix"], SKEW) for period in periods):
                yield from list_versions(s3, bucket, folder["Prefix"], periods)


def read(s3: Any, bucket: str, version: Version) -> bytes:
    found = s3.get_object(Bucket=bucket, Key=version.key, VersionId=version.number)
    content: bytes = found["Body"].read()
    return content


def remove(s3: Any, bucket: str, versions: Iterable[Version]) -> None:
    """One that is gone already is no fault."""
    for it in versions:
        s3.delete_object(Bucket=bucket, Key=it.key, VersionId=it.number)
