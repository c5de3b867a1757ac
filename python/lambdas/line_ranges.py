"""Ranges of files of JSON lines, so that a file of any size is read by several, each in the time that it has.

A line belongs to the range in which its first byte is.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.reading import transient_by_name

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# Of a range: some 30,000 photos. In batches of one, all of them failed, it takes a function some 100 seconds.
BYTES = 8 << 20
CHUNK = 1 << 20
# Of a line, at most: an execution's input and output, 256 KB each, with each character escaped.
LONGEST = 4 << 20


@dataclass(frozen=True)
class Range:
    key: str
    start: int
    end: int


def cut(key: str, size: int) -> list[Range]:
    return [Range(key, start, min(start + BYTES, size)) for start in range(0, size, BYTES)]


def read_lines(client: "S3Client", bucket: str, asked: Range) -> Iterator[bytes]:
    """The range's lines, one by one, and no more of the file than these."""
    # With the byte before it: where that ends a line, the range begins with one.
    at = max(asked.start - 1, 0)
    with transient_by_name(asked.key):
        response = client.get_object(Bucket=bucket, Key=asked.key, Range=f"bytes={at}-{asked.end + LONGEST}")
        with closing(response["Body"]) as body:
            rest = b""
            skipped = asked.start == 0
            for chunk in body.iter_chunks(CHUNK):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    if skipped and at < asked.end:
                        yield line
                    skipped, at = True, at + len(line) + 1
                if at >= asked.end:
                    return
            if rest and skipped:
                yield rest
