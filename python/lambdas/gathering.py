"""Gathers what became of the batches that a range of the map's result files names: each part is checked and counted.

A batch that succeeded has a part with one line for each of its images. One that failed, was aborted or never ran gets
a part that says so, unless it had written its own before.
"""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Self

from core.contract.lines import Line, Tally, join
from core.contract.outcomes import FAILED
from core.contract.shapes import Json
from lambdas import bulk_parts, write_once
from lambdas.line_ranges import Range, read_lines

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

NOT_RUN = "NotReached"  # of a batch that was aborted, or never began
AT_ONCE = 8  # parts that are read
AHEAD = 64  # batches in memory
NAMED = 3  # of the parts that are missing


@dataclass
class Gathered:
    """Of a range, or of all."""

    parts: int = 0
    succeeded: int = 0  # images whose batch did
    tally: Tally = field(default_factory=Tally)
    failed: list[str] = field(default_factory=list)  # keys
    wrong: list[str] = field(default_factory=list)  # what is missing, or not of its batch

    def add(self, other: Self) -> None:
        """But for the keys of what failed: those of all are never in memory."""
        self.parts += other.parts
        self.succeeded += other.succeeded
        self.tally.add(other.tally)
        self.wrong = (self.wrong + other.wrong)[:NAMED]

    def to_json(self) -> Json:
        return vars(self) | {"tally": vars(self.tally)}

    @classmethod
    def from_json(cls, read: Json) -> Self:
        return cls(**read | {"tally": Tally(**{name: Counter(it) for name, it in read["tally"].items()})})


@dataclass(frozen=True)
class Place:
    """Where a run's results are."""

    client: "S3Client"
    bucket: str
    folder: str
    model: str | None  # the live one's id, for lines of what never ran


def gather(place: Place, asked: Range) -> Gathered:
    gathered = Gathered()
    lines = read_lines(place.client, place.bucket, asked)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while some := list(islice(lines, AHEAD)):
            for one in pool.map(lambda line: check(place, json.loads(line)), some):
                gathered.add(one)
                gathered.failed += one.failed
    return gathered


def check(place: Place, entry: Json) -> Gathered:
    """What the part of a batch says, by the map's entry of it."""
    batch = bulk_parts.Part.of(json.loads(entry["Input"])["Items"])
    keys, part = batch.keys, batch.name(place.folder)
    succeeded = entry["Status"] == "SUCCEEDED"
    content = bulk_parts.read(place.client, place.bucket, part)
    if content is None and not succeeded:
        error = entry.get("Error", NOT_RUN)
        content = join(Line(key, error=error, model=place.model) for key in keys).encode()
        if not write_once.write(place.client, place.bucket, part, content):
            # It was aborted, still at work, and quicker.
            content = bulk_parts.read(place.client, place.bucket, part)
    if content is None:
        return Gathered(wrong=[f"{part}, of {len(keys)} objects from {keys[0]!r} on, is missing"])
    found = [json.loads(line) for line in content.splitlines()]
    if sorted(line["s3_key"] for line in found) != sorted(keys):
        return Gathered(wrong=[f"{part} is not of its {len(keys)} objects, {keys[0]!r} and so on"])
    return Gathered(
        1,
        len(keys) if succeeded else 0,
        Tally.of(found),
        [line["s3_key"] for line in found if line["outcome"] == FAILED],
    )
