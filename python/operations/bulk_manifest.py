"""A list of photos for a bulk run: JSON, [{"Key": "archive/2025/a.png"}, ...], in a file or at s3://bucket/key.

Before a run is paid for it is read to its end, piece by piece, for it may be longer than memory.
"""

import codecs
import json
import re
import reprlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from core.console import UserError, visible
from operations.bulk_run import FOLDERS, Run

S3 = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.+)", re.DOTALL)
LONGEST = 1 << 18  # characters of an entry and what is around it: Step Functions takes no longer ones
CHUNK = 1 << 20
BLANK = r"[ \t\r\n]*"
BEGIN, NEXT, END = (re.compile(BLANK + mark + BLANK) for mark in (r"\[", ",", r"\]"))


class File(Protocol):
    def read(self, size: int, /) -> bytes: ...


def parse_manifest(text: str) -> str:
    """Refuse what is no list, as far as this machine can tell."""
    if text.startswith("s3://"):
        if not S3.fullmatch(text):
            raise UserError(f"manifest {text!r} is not s3://bucket/key")
        return text
    try:
        with Path(text).open("rb") as file:
            check(file, text)
    except OSError as error:
        raise UserError(f"manifest {text!r} cannot be read: {error.strerror}") from error
    return text


def bring(asked: Run, manifest: str) -> str:
    """Put it where the run's machine may read it; its key there."""
    key = f"{asked.folder}/items.json"
    try:
        if found := S3.fullmatch(manifest):
            with closing(asked.s3.get_object(Bucket=found[1], Key=found[2])["Body"]) as body:
                check(body, manifest)
            asked.s3.copy({"Bucket": found[1], "Key": found[2]}, asked.bucket, key)
        else:
            with Path(manifest).open("rb") as file:
                asked.s3.upload_fileobj(file, asked.bucket, key)
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"manifest {manifest!r} cannot be copied: {error}") from error
    return key


def check(file: File, name: str) -> None:
    """Refuse it for the first entry that is none."""
    number = 0
    try:
        for number, item in enumerate(read_items(file), start=1):
            key = item.get("Key") if isinstance(item, dict) else None
            if not isinstance(key, str) or not key.startswith(FOLDERS) or not is_text(key):
                raise UserError(
                    f"entry {number} of manifest {name!r} is {visible(reprlib.repr(item))}, and not as "
                    f'{{"Key": "archive/2025/a.png"}}, below {" or ".join(FOLDERS)}'
                )
    except (ValueError, RecursionError) as error:
        where = f" after entry {number}" if number else ""
        raise UserError(f"manifest {name!r} is no JSON list{where}: {visible(str(error))}") from error
    if not number:
        raise UserError(f"manifest {name!r} lists no photo")


def is_text(key: str) -> bool:
    """JSON has halves of characters too, and S3 has no such names."""
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_items(file: File) -> Iterator[object]:
    """The entries of a JSON list, one after the other; a ValueError where it is none."""
    text, at, last = codecs.getincrementaldecoder("utf-8")(), 0, False
    pending, decode = "", json.JSONDecoder().raw_decode

    def fill() -> None:
        """Have the whole of the next entry at hand."""
        nonlocal pending, at, last
        while not last and len(pending) - at < LONGEST:
            read = file.read(CHUNK)
            last = not read
            pending, at = pending[at:] + text.decode(read, final=last), 0

    def skip(mark: re.Pattern[str]) -> bool:
        nonlocal at
        found = mark.match(pending, at)
        at = found.end() if found else at
        return found is not None

    fill()
    if not skip(BEGIN):
        raise ValueError("it does not begin with [")
    more = not skip(END)
    while more:
        item, at = decode(pending, at)
        yield item
        fill()
        more = skip(NEXT)
        if not more and not skip(END):
            raise ValueError("neither , nor ] follows")
        fill()
    fill()
    if at < len(pending):
        raise ValueError("something follows its ]")
