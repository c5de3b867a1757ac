"""Collect: says what became of a bulk run, from the files that its Distributed Map left and the parts of its batches.

Nothing is gathered in one place: the parts are the result, and stay. It is called in three steps, by `step`:

list     cuts the map's result files into ranges, of which `gather` can do each in its time: ranges.json
gather   checks and counts the parts of one range: tallies/<range>.json
sum      adds that up, and checks it against what the map run counts: failed.json, the items that another run can do
         again, and summary.json, which is written last

The event is {"step": "...", "run": "<id>"}, with the `execution_id` to list and sum, with the `range` to gather.
Settings: BUCKET; MODEL, the live one's id; RESULTS, a prefix in the bucket. There all is written, below <run>/.
"""

import functools
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

from core.contract.bulk_errors import ResultsDisagree
from core.contract.bulk_maps import find_classifying
from core.contract.errors import InvalidEvent
from core.contract.events import answer
from core.contract.lines import parse_run, summarise
from core.contract.shapes import Answer, InvalidSetting, Json, LambdaContext
from lambdas.gathering import Gathered, Place, gather
from lambdas.line_ranges import Range, cut
from lambdas.logged import logged
from lambdas.reading import transient_by_name

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_stepfunctions import SFNClient
    from types_boto3_stepfunctions.type_defs import DescribeMapRunOutputTypeDef

REDRIVE = re.compile(r"/Redrive-(\d+)/")
ATTEMPTS = 8  # of each request: there are thousands, and one that fails is the end of all
RANGES, FAILED_ITEMS, SUMMARY = "ranges.json", "failed.json", "summary.json"


@dataclass(frozen=True)
class Settings:
    bucket: str
    model: str | None
    results: str


def read_settings(environment: Mapping[str, str]) -> Settings:
    if missing := [name for name in ("BUCKET", "RESULTS") if not environment.get(name)]:
        raise InvalidSetting(f"{', '.join(missing)} must be set")
    return Settings(environment["BUCKET"], environment.get("MODEL") or None, environment["RESULTS"])


@functools.cache
def settings() -> Settings:
    return read_settings(os.environ)


def patient() -> Config:
    return Config(retries={"total_max_attempts": ATTEMPTS, "mode": "standard"})


@functools.cache
def s3() -> "S3Client":
    return boto3.client("s3", config=patient())


@functools.cache
def stepfunctions() -> "SFNClient":
    return boto3.client("stepfunctions", config=patient())


def read(place: Place, key: str) -> Any:
    with transient_by_name(key):
        return json.loads(place.client.get_object(Bucket=place.bucket, Key=key)["Body"].read())


def write(place: Place, name: str, content: object, indent: int | None = None) -> None:
    body = json.dumps(content, indent=indent).encode()
    with transient_by_name(name):
        place.client.put_object(Bucket=place.bucket, Key=f"{place.folder}/{name}", Body=body)


def find_map_run(execution: str) -> "DescribeMapRunOutputTypeDef":
    """The one that classifies, as it is described."""
    steps = stepfunctions()
    arn = find_classifying(steps.list_map_runs(executionArn=execution)["mapRuns"])
    if not arn:
        raise InvalidEvent(f"{execution} has no map run")
    return steps.describe_map_run(mapRunArn=arn)


def list_ranges(place: Place, described: "DescribeMapRunOutputTypeDef") -> list[Range]:
    """Of the result files that the last attempt's manifest names: it has those of all successes."""
    folder = f"{place.folder}/map/{described['mapRunArn'].rpartition(':')[2]}/"
    with transient_by_name(folder):
        pages = place.client.get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix=folder)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    manifests = [key for key in keys if key.endswith("/manifest.json")]
    if not manifests:
        if total := described["itemCounts"]["total"]:
            raise ResultsDisagree(f"the map run counts {total} items, and no manifest is below {folder}")
        return []
    files = read(place, max(manifests, key=attempt))["ResultFiles"]
    return [part for kind in files.values() for file in kind for part in cut(file["Key"], file["Size"])]


def attempt(key: str) -> int:
    """Which redrive a file is of; 0 for the first attempt."""
    found = REDRIVE.search(key)
    return int(found[1]) if found else 0


def name_tally(asked: Range) -> str:
    return f"tallies/{hashlib.sha256(f'{asked.key} {asked.start}'.encode()).hexdigest()[:32]}.json"


def read_tallies(place: Place) -> Iterator[Gathered]:
    for asked in read(place, f"{place.folder}/{RANGES}"):
        yield Gathered.from_json(read(place, f"{place.folder}/{name_tally(Range(**asked))}"))


class Stream:
    """What boto3 uploads in pieces, while it is made."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self.chunks, self.rest = chunks, b""

    def read(self, size: int | None = None) -> bytes:
        while (size is None or len(self.rest) < size) and (chunk := next(self.chunks, b"")):
            self.rest += chunk
        done, self.rest = self.rest[:size], self.rest[size:]
        return done


def add_up(place: Place) -> Gathered:
    """The sum; what failed is written on the way, so that of one range at a time it is in memory."""
    total = Gathered()

    def chunks() -> Iterator[bytes]:
        before = b"["
        for one in read_tallies(place):
            total.add(one)
            if one.failed:
                yield before + json.dumps([{"Key": key} for key in one.failed])[1:-1].encode()
                before = b", "
        yield b"[]" if before == b"[" else b"]"

    key = f"{place.folder}/{FAILED_ITEMS}"
    with transient_by_name(key):
        place.client.upload_fileobj(
            Stream(chunks()),  # type: ignore[arg-type] # it asks for no more than to be read
            place.bucket,
            key,
            Config=TransferConfig(use_threads=False),
        )
    return total


def check(total: Gathered, described: "DescribeMapRunOutputTypeDef") -> None:
    if total.wrong:
        raise ResultsDisagree("; ".join(total.wrong))
    found = {"total": total.tally.outcomes.total(), "succeeded": total.succeeded}
    if described["status"] != "SUCCEEDED":
        del found["succeeded"]  # batches that were at work when it was given up may have ended since
    counted = {name: described["itemCounts"][name] for name in found}  # type: ignore[literal-required]
    if found != counted:
        raise ResultsDisagree(f"the map run counts {counted}, its files name {found}")


@logged
def handler(event: Json, _context: LambdaContext) -> Answer:
    run, given = parse_run(event["run"]), settings()
    place = Place(s3(), given.bucket, f"{given.results}/{run}", given.model)
    match event.get("step"):
        case "list":
            ranges = list_ranges(place, find_map_run(event["execution_id"]))
            write(place, RANGES, [asdict(it) for it in ranges])
            return answer({"ranges": len(ranges)})
        case "gather":
            asked = Range(**event["range"])
            gathered = gather(place, asked)
            write(place, name_tally(asked), gathered.to_json())
            return answer({"parts": gathered.parts})
        case "sum":
            total = add_up(place)
            check(total, find_map_run(event["execution_id"]))
            summary = summarise(run, total.tally) | {"parts": total.parts}
            write(place, SUMMARY, summary, indent=2)
            return answer(summary)
        case step:
            raise InvalidEvent(f"step must be list, gather or sum, not {step!r}")
