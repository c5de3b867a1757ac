"""What is known of one photo of a bulk run: a line of its results, and what the lines add up to."""

import json
import re
import reprlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
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


@dataclass
class Tally:
    """What lines add up to."""

    outcomes: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)  # of what failed

    @classmethod
    def of(cls, lines: Iterable[Json]) -> Self:
        """Of lines as they are in JSON."""
        tally = cls()
        for line in lines:
            tally.outcomes[line["outcome"]] += 1
            if line["label"]:
                tally.labels[line["label"]] += 1
            if line["outcome"] == FAILED:
                tally.errors[line["error"]] += 1
        return tally

    def add(self, other: Self) -> None:
        self.outcomes += other.outcomes
        self.labels += other.labels
        self.errors += other.errors


def summarise(run: str, tally: Tally) -> Json:
    return {
        "run": run,
        "images": tally.outcomes.total(),
        **{outcome: tally.outcomes[outcome] for outcome in OUTCOMES},
        "labels": tally.labels,
        "errors": tally.errors,
    }
