"""What is known of one photo of a bulk run: a line of its results, and what the lines add up to."""

import json
import re
import reprlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from core.contract.errors import InvalidEvent
from core.contract.outcomes import FAILED, OUTCOMES
from core.contract.shapes import Json

RUN = re.compile(r"[A-Za-z0-9_-]{1,80}")  # it is an execution's name, too


@dataclass(frozen=True)
class Line:
    """The line of an image; of one that only has a key, nothing is known yet."""

    s3_key: str
    version: str | None = None
    label: str | None = None
    confidence: float | None = None
    inferences: list[float] | None = None
    outcome: str = FAILED
    error: str | None = None
    model: str | None = None

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        return cls(**json.loads(text))

    def to_json(self) -> str:
        return json.dumps(vars(self))


def join(lines: Iterable[Line]) -> str:
    """A file's text."""
    return "".join(line.to_json() + "\n" for line in lines)


def parse_run(run: object) -> str:
    if isinstance(run, str) and RUN.fullmatch(run):
        return run
    raise InvalidEvent(f"run must be 1 to 80 letters, digits, - and _, not {reprlib.repr(run)}")


def count(lines: Iterable[Line]) -> dict[str, int]:
    counted = Counter(line.outcome for line in lines)
    return {outcome: counted[outcome] for outcome in OUTCOMES}


def summarise(run: str, lines: list[Line]) -> Json:
    return {
        "run": run,
        "images": len(lines),
        **count(lines),
        "labels": Counter(line.label for line in lines if line.label),
        "errors": Counter(line.error for line in lines if line.outcome == FAILED),
    }
