"""Where captured files lie: a local file or folder, or s3://bucket/prefix. Lists them, and opens one after the other.

Folders whose names say a time, yyyy/mm/dd/hh, are entered only when a record in them can lie in the time window.
"""

import io
import os
import re
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.paginator import ListObjectsV2Paginator

DATED = re.compile(r"(?:^|/)(20\d\d)(?:/(\d\d)(?:/(\d\d)(?:/(\d\d))?)?)?/?$")
SKEW = timedelta(hours=1)  # a folder is named by the clock that wrote it, a record by the one that answered
BUFFER = 1 << 18
AHEAD = 16  # small objects are fetched this many ahead, since most of the time goes into waiting for S3
SMALL = 4 << 20  # bytes; anything larger is streamed
FAULTS = (OSError, BotoCoreError, ClientError)

File = tuple[str, io.BufferedReader]  # its name, and its bytes


@dataclass(frozen=True)
class Period:
    """The time from `since` until just before `until`; None leaves that side open."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, time: datetime) -> bool:
        return (self.since is None or self.since <= time) and (self.until is None or time < self.until)

    def meets(self, folder: str, skew: timedelta = timedelta(0)) -> bool:
        """Whether a folder's hour, day, month or year overlaps this period; one that names no time may."""
        span = _span(folder)
        if span is None:
            return True
        start, end = span
        early = self.until is None or start - skew < self.until
        return early and (self.since is None or end + skew > self.since)


def open_files(source: str, period: Period) -> Iterator[File]:
    """Each file that may hold a record of the period, open for as long as it is the current one.

    Hidden files are left out. A prefix without objects is empty: S3 knows no folders, nor whether one will come.
    """
    if source.startswith("s3://"):
        yield from _open_objects(source, period)
    elif Path(source).is_dir():
        for path in _walk(str(Path(source)), period):
            yield from _open_path(path)
    else:
        yield from _open_path(source)


def _open_path(path: str) -> Iterator[File]:
    with _buffer(io.FileIO(path)) as file:
        yield path, file


def _buffer(raw: Any) -> io.BufferedReader:
    return io.BufferedReader(raw, BUFFER)


def _walk(folder: str, period: Period) -> Iterator[str]:
    files, folders = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_file():
                files.append(entry.name)
            elif entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
    for name in sorted(files):
        yield f"{folder}/{name}"
    for name in sorted(folders):
        if period.meets(f"{folder}/{name}", SKEW):
            yield from _walk(f"{folder}/{name}", period)


def _open_objects(source: str, period: Period) -> Iterator[File]:
    bucket, _, prefix = source.removeprefix("s3://").partition("/")
    client: S3Client = boto3.client(
        "s3", config=Config(max_pool_connections=AHEAD, retries={"mode": "standard"})
    )

    def body(key: str) -> Any:
        return client.get_object(Bucket=bucket, Key=key)["Body"]

    def fetch(key: str) -> io.BytesIO:
        return io.BytesIO(body(key).read())

    def fetched_ahead(pool: ThreadPoolExecutor) -> Iterator[tuple[str, Future[io.BytesIO] | None]]:
        waiting: deque[tuple[str, Future[io.BytesIO] | None]] = deque()
        for key, size in _list(client, bucket, prefix, period):
            waiting.append((key, pool.submit(fetch, key) if size <= SMALL else None))
            if len(waiting) == AHEAD:
                yield waiting.popleft()
        yield from waiting

    with ThreadPoolExecutor(AHEAD) as pool:
        for key, fetching in fetched_ahead(pool):
            with _buffer(fetching.result() if fetching else body(key)) as file:
                yield f"s3://{bucket}/{key}", file


def _list(client: "S3Client", bucket: str, prefix: str, period: Period) -> Iterator[tuple[str, int]]:
    """The key and size of one object of that name, or else of every object in that folder."""
    if prefix and not prefix.endswith("/"):
        # The name itself sorts before everything that begins with it.
        first = client.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1).get("Contents", [])
        if first and first[0]["Key"] == prefix:
            yield prefix, first[0]["Size"]
            return
        prefix += "/"
    # Without a window there is nothing to leave out, and a flat list takes one request for each 1,000 objects.
    delimiter = "" if period == Period() else "/"
    yield from _list_folder(client.get_paginator("list_objects_v2"), bucket, prefix, delimiter, period)


def _list_folder(
    pages: "ListObjectsV2Paginator", bucket: str, prefix: str, delimiter: str, period: Period
) -> Iterator[tuple[str, int]]:
    for page in pages.paginate(Bucket=bucket, Prefix=prefix, Delimiter=delimiter):
        for item in page.get("Contents", []):
            if not item["Key"].rpartition("/")[2].startswith(".") and not item["Key"].endswith("/"):
                yield item["Key"], item["Size"]
        for folder in page.get("CommonPrefixes", []):
            if period.meets(folder["Prefix"], SKEW):
                yield from _list_folder(pages, bucket, folder["Prefix"], delimiter, period)


def _span(folder: str) -> tuple[datetime, datetime] | None:
    """The time that the end of a folder's path names."""
    match = DATED.search(folder)
    if not match:
        return None
    year, month, day, hour = match.groups()
    try:
        start = datetime(int(year), int(month or 1), int(day or 1), int(hour or 0), tzinfo=UTC)
    except ValueError:  # digits, but no date
        return None
    if hour:
        return start, start + timedelta(hours=1)
    if day:
        return start, start + timedelta(days=1)
    if month:
        return start, (start + timedelta(days=31)).replace(day=1)
    return start, start.replace(year=start.year + 1)
