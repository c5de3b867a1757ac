"""What the functions of a bulk run share: where its results are, and what one line of them says."""

import re
import reprlib
from collections import Counter
from collections.abc import Iterable
from typing import Any

from common import InvalidEvent

RUN = re.compile(r"[A-Za-z0-9_-]{1,80}")  # it is an execution's name, too
FAILED = "failed"
OUTCOMES = ("accepted", "review", FAILED)

Line = dict[str, Any]


def parse_run(run: object) -> str:
    if isinstance(run, str) and RUN.fullmatch(run):
        return run
    raise InvalidEvent(f"run must be 1 to 80 letters, digits, - and _, not {reprlib.repr(run)}")


def blank(key: str, model: str) -> Line:
    """The line of an image of which nothing is known yet."""
    return {
        "s3_key": key,
        "version": None,
        "label": None,
        "confidence": None,
        "inferences": None,
        "outcome": FAILED,
        "error": None,
        "model": model or None,
    }


def count(lines: Iterable[Line]) -> dict[str, int]:
    counted = Counter(line["outcome"] for line in lines)
    return {outcome: counted[outcome] for outcome in OUTCOMES}
