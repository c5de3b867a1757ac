"""A bulk run's lines in one file, or on standard output: part after part, several read ahead.

The file has its name only when it is whole; what is held in memory does not grow with the number of parts.
"""

import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from core.console import UserError, out, track
from core.contract.shapes import Json
from operations.bulk_run import CONNECTIONS, Run

STDOUT = "-"


def parse_place(text: str) -> str:
    """Refuse what no file can become, before a run is paid for."""
    path = Path(text)
    if text != STDOUT and path.exists() and not path.is_file():
        raise UserError(f"--out {text!r} is no file: name one, or {STDOUT} for standard output")
    if not path.parent.is_dir():
        raise UserError(f"--out {text!r} is in a folder that does not exist: make {path.parent} first")
    return text


def download(asked: Run, place: str, summary: Json) -> None:
    """Write each line once, in the order of the parts' names."""
    if "parts" not in summary:
        raise UserError(
            f"run {asked.name} is of an earlier version: s3://{asked.bucket}/{asked.folder}/results.jsonl"
        )
    lines = 0
    with opened(place) as file:
        for part in track(read_ahead(asked), "downloading", summary["parts"]):
            file.write(part)
            lines += part.count(b"\n")
        if lines != summary["images"]:
            raise UserError(
                f"the parts of run {asked.name} have {lines} lines, and its summary counts {summary['images']}: "
                f"something has changed below s3://{asked.bucket}/{asked.folder}/parts/"
            )
    out.print(f"{lines} lines are in {'standard output' if place == STDOUT else place}")


def read_ahead(asked: Run) -> Iterator[bytes]:
    """The parts, of which so many at most are held."""
    pool, waiting = ThreadPoolExecutor(CONNECTIONS), deque[Future[bytes]]()
    try:
        for key in asked.list_parts():
            waiting.append(pool.submit(asked.read_part, key))
            if len(waiting) == CONNECTIONS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def opened(place: str) -> Iterator[BinaryIO]:
    """A file beside the place, which takes its name at the end and is gone if there is none."""
    beside = Path(f"{place}.part")
    try:
        if place == STDOUT:
            # Not sys.stdout's own buffer, which would fail once more at exit.
            with open(sys.stdout.fileno(), "wb", closefd=False) as file:
                yield file
            return
        try:
            with beside.open("wb") as file:
                yield file
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UserError(f"--out {place} cannot be written: {error.strerror}") from error
