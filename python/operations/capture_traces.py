"""A photo in what endpoints captured: the files that hold it, and the same files without it.

What has expired is hidden, and its versions are kept for 30 more days: they are looked into as well. A record is the
photo's if it has its id, whether or not the rest of it can be read; of a whole key, one that has the key and no id.
"""

import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.console import UserError
from monitoring.capture import GZIP
from monitoring.places import Period
from monitoring.record import BadLine, read_record
from operations import dataset_traces, object_versions
from operations.dataset_traces import Picture
from operations.object_versions import Version

FOLDER = "captures/"
NO_ORIGIN = ("", "", "")


@dataclass(frozen=True)
class Sought:
    ids: frozenset[str]
    key: str | None  # where all that this key ever held is sought


@dataclass(frozen=True)
class Held:
    """A version of a file that holds the photo."""

    version: Version
    records: int
    images: frozenset[Picture]


def find(s3: Any, bucket: str, sought: Sought, periods: Sequence[Period]) -> Iterator[Held]:
    for version in object_versions.list_versions(s3, bucket, FOLDER, periods):
        if version.size is None:
            continue
        content = object_versions.read(s3, bucket, version) or b""
        lines = [it for it in split(content, bucket, version) if is_of(it, sought)]
        if lines:
            images = set(filter(None, map(read_image, lines)))
            yield Held(version, len(lines), frozenset(map(dataset_traces.know, images)))


def take_out(s3: Any, bucket: str, sought: Sought, version: Version) -> None:
    """Write the file without the photo, if it is still there to be read, then take this version away."""
    content = object_versions.read(s3, bucket, version) or b""
    rest = b"".join(it for it in split(content, bucket, version) if not is_of(it, sought))
    if version.latest and rest:
        packed = content[:2] == GZIP
        s3.put_object(Bucket=bucket, Key=version.key, Body=gzip.compress(rest) if packed else rest)
    object_versions.remove(s3, bucket, [version])


def split(content: bytes, bucket: str, version: Version) -> list[bytes]:
    """The lines, each with its end, byte for byte."""
    try:
        return io.BytesIO(gzip.decompress(content) if content[:2] == GZIP else content).readlines()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(
            f"s3://{bucket}/{version.key} cannot be unpacked, so that nobody knows whose photos it holds: "
            "nothing was changed; delete it by hand and begin again"
        ) from error


def is_of(line: bytes, sought: Sought) -> bool:
    if any(it.encode() in line for it in sought.ids):
        return True
    if sought.key is None:
        return False
    try:
        record = read_record(line, "", 0, NO_ORIGIN)
    except BadLine:
        return False
    return record.photo_id is None and record.key == sought.key


def read_image(line: bytes) -> bytes | None:
    try:
        return read_record(line, "", 0, NO_ORIGIN).image()
    except BadLine:
        return None
