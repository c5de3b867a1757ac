"""What is known of one photo of a bulk run: a line of its results, and what the lines add up to."""

import re
import reprlib
from collections import Counter
from collections.abc import Iterable

from core.contract.errors import InvalidEvent
from core.contract.outcomes import FAILED, OUTCOMES
from core.contract.shapes import Json

RUN = re.compile(r"[A-Za-z0-9_-]{1,80}")  # it is an execution's name, too

Line = Json


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


def summarise(run: str, lines: list[Line]) -> Json:
    return {
        "run": run,
        "images": len(lines),
        **count(lines),
        "labels": Counter(line["label"] for line in lines if line["label"]),
        "errors": Counter(line["error"] for line in lines if line["outcome"] == FAILED),
    }
