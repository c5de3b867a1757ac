"""Collect: makes one result of all parts of a bulk run, in <RESULTS>/<run>/:

results.jsonl   every object that was listed, once, sorted by key; also those whose batch failed, or never ran
failed.json     what failed, as a list of items that another run can read
summary.json    the counts; it is written last

The event is {"run": "<id>", "execution_id": "<the execution's ARN>"}. What was listed is read from the files of the
Distributed Map's ResultWriter in <RESULTS>/<run>/map/, of all its attempts, and checked against the map run's counts.
Settings: BUCKET; MODEL, the live one's id; RESULTS, a prefix in the bucket.
"""

import functools
import json
import os
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from core.contract.errors import InvalidEvent, InvalidSetting, ResultsDisagree
from core.contract.events import answer
from core.contract.lines import Line, join, parse_run, summarise
from core.contract.outcomes import FAILED
from core.contract.shapes import Answer, Json, LambdaContext
from lambdas.logged import logged
from lambdas.reading import transient_by_name

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_stepfunctions import SFNClient
    from types_boto3_stepfunctions.type_defs import DescribeMapRunOutputTypeDef

RESULT_FILE = re.compile(r"/(SUCCEEDED|FAILED|PENDING)_\d+\.json$")
REDRIVE = re.compile(r"/Redrive-(\d+)/")
NOT_RUN = "NotReached"  # of a batch that was aborted, or never began
READS_AT_ONCE = 8
ATTEMPTS = 8  # of each request: there are thousands, and one that fails is the end of all

Listed = dict[str, str | None]  # by key: the error of its batch; none of a batch that succeeded


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


def read_all(bucket: str, prefix: str) -> Iterator[tuple[str, bytes]]:
    """Every object below the prefix, those of a later attempt later."""
    client = s3()
    with transient_by_name(prefix):
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = sorted((item["Key"] for page in pages for item in page.get("Contents", [])), key=attempt)

    def read(key: str) -> bytes:
        with transient_by_name(key):
            return client.get_object(Bucket=bucket, Key=key)["Body"].read()

    with ThreadPoolExecutor(READS_AT_ONCE) as pool:
        yield from zip(keys, pool.map(read, keys), strict=True)


def attempt(key: str) -> int:
    """Which redrive a file is of; 0 for the first attempt."""
    found = REDRIVE.search(key)
    return int(found[1]) if found else 0


def read_listed(files: Iterator[tuple[str, bytes]]) -> Listed:
    listed: Listed = {}
    for name, content in files:
        if not RESULT_FILE.search(name):
            continue  # the manifest
        for entry in json.loads(content):
            error = None if entry["Status"] == "SUCCEEDED" else entry.get("Error", NOT_RUN)
            listed |= {item["Key"]: error for item in json.loads(entry["Input"])["Items"]}
    return listed


def read_lines(files: Iterator[tuple[str, bytes]]) -> dict[str, Line]:
    lines = (Line.from_json(text) for _, content in files for text in content.splitlines())
    return {line.s3_key: line for line in lines}


def merge(listed: Listed, lines: Mapping[str, Line], model: str | None) -> list[Line]:
    """One line for each object. A line stands even if its batch failed afterwards: the image was classified."""
    if lost := [key for key, error in listed.items() if error is None and key not in lines]:
        raise ResultsDisagree(
            f"{len(lost)} objects of batches that succeeded have no line, one is {lost[0]!r}"
        )
    return [lines.get(key) or Line(key, error=error, model=model) for key, error in sorted(listed.items())]


def last_map_run(execution: str) -> "DescribeMapRunOutputTypeDef":
    steps = stepfunctions()
    runs = steps.list_map_runs(executionArn=execution)["mapRuns"]
    if not runs:
        raise InvalidEvent(f"{execution} has no map run")
    return steps.describe_map_run(mapRunArn=max(runs, key=lambda run: run["startDate"])["mapRunArn"])


def check(listed: Listed, counts: Mapping[str, object]) -> None:
    found = {"total": len(listed), "succeeded": sum(error is None for error in listed.values())}
    counted = {name: counts[name] for name in found}
    if found != counted:
        raise ResultsDisagree(f"the map run counts {counted}, its files name {found}")


@logged
def handler(event: Json, _context: LambdaContext) -> Answer:
    run, given = parse_run(event["run"]), settings()
    folder = f"{given.results}/{run}"

    def write(name: str, text: str) -> None:
        with transient_by_name(name):
            s3().put_object(Bucket=given.bucket, Key=f"{folder}/{name}", Body=text.encode())

    listed = read_listed(read_all(given.bucket, f"{folder}/map/"))
    check(listed, last_map_run(event["execution_id"])["itemCounts"])
    lines = merge(listed, read_lines(read_all(given.bucket, f"{folder}/parts/")), given.model)
    summary = summarise(run, lines)
    failed = [{"Key": line.s3_key} for line in lines if line.outcome == FAILED]
    write("results.jsonl", join(lines))
    write("failed.json", json.dumps(failed))
    write("summary.json", json.dumps(summary, indent=2) + "\n")
    return answer(summary)
