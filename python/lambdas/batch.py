"""Batch: classifies one batch of a bulk run, several images at a time, by the same functions as the single path.

The event is what Step Functions' ItemBatcher makes, and when the batch began, which may have been with an earlier
invocation: {"BatchInput": {"run": "<id>"}, "Items": [{"Index": 0, "Item": {"Key": "..."}}, ...],
"started": "2026-11-21T12:00:00Z"}.
Each image becomes one line of the batch's part of the results (`lambdas.bulk_parts`), whatever becomes of it; a batch
that is done again leaves the part that it wrote before. What the model is not sure of, or knows none like, waits for a
person in the register of photos as well, unless that has the photo already. No driver is routed.
A batch that came to nothing because endpoint or storage were down fails as a whole: a run tolerates a share of these.

Settings: BUCKET; ENDPOINT_NAME, LABELS, THRESHOLD and MAX_UNLIKENESS as in classify and filter; MODEL, the live one's
id; RESULTS, a prefix in the bucket; TABLE, the register, and RETENTION_DAYS, how long a photo is kept there.
"""

import functools
import os
import random
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from core.contract.answer_kinds import BULK
from core.contract.bulk_errors import NotReached
from core.contract.decision import decide
from core.contract.errors import (
    UNDECIDED,
    EndpointNotFound,
    EndpointThrottled,
    EndpointUnavailable,
    InvalidEvent,
    StorageUnavailable,
)
from core.contract.events import answer, parse_pointer
from core.contract.lines import Line, count, join, parse_run
from core.contract.outcomes import ACCEPTED, FAILED, REVIEW
from core.contract.shapes import Answer, InvalidSetting, Json, LambdaContext, Pointer
from core.network_faults import NETWORK_FAULTS
from lambdas import classify, write_once
from lambdas.archive_photos import Archive, read_days
from lambdas.bulk_parts import Part
from lambdas.filter import read_settings as read_gate
from lambdas.in_flight import InFlight
from lambdas.log_line import log
from lambdas.logged import logged
from lambdas.reading import read_version, s3

CALLS_AT_ONCE = 8  # at most: how many of them the endpoint has is up to in_flight
WAITS = (0.5, 1, 2, 4, 8, 16, 20)  # seconds before the next try, half of it by chance: 26 to 51 in all
EXPRESS_SECONDS = 290  # that a batch has with all its invocations: an express execution ends after 300
RESERVE_SECONDS = 45  # for the try that is under way, which takes 27 at worst, for the register and the part
CONNECT_SECONDS, READ_SECONDS = 2, 5  # for the register
PART_SECONDS = 15  # that a try to write the part takes at worst
TRANSIENT = (EndpointThrottled, EndpointUnavailable, StorageUnavailable)
OUTAGE = (*TRANSIENT, EndpointNotFound, NotReached)

Result = TypeVar("Result")
Clock = Callable[[], float]  # the seconds that are left


class RegisterUnavailable(Exception):
    """The register of photos did not answer as it should. Transient."""


@dataclass(frozen=True)
class Settings:
    bucket: str
    endpoint_name: str
    labels: tuple[str, ...]
    threshold: float
    max_unlikeness: float
    model: str | None
    results: str
    table: str
    retention_days: int


def read_settings(environment: Mapping[str, str]) -> Settings:
    if missing := [name for name in ("BUCKET", "RESULTS", "TABLE") if not environment.get(name)]:
        raise InvalidSetting(f"{', '.join(missing)} must be set")
    gate = read_gate(environment)
    return Settings(
        bucket=environment["BUCKET"],
        endpoint_name=classify.read_settings(environment).endpoint_name,
        labels=gate.labels,
        threshold=gate.threshold,
        max_unlikeness=gate.max_unlikeness,
        model=environment.get("MODEL") or None,
        results=environment["RESULTS"],
        table=environment["TABLE"],
        retention_days=read_days(environment),
    )


@functools.cache
def settings() -> Settings:
    return read_settings(os.environ)


@functools.cache
def dynamodb() -> Any:
    retries = {"total_max_attempts": 3, "mode": "standard"}
    config = Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries=retries)
    return boto3.client("dynamodb", config=config)  # type: ignore[call-overload]


@functools.lru_cache(maxsize=1)
def places(_run: str) -> InFlight:
    """One for all batches of a run that come to this process: the next run's photos may be of another size."""
    return InFlight(CALLS_AT_ONCE)


def parse_batch(event: Json) -> tuple[str, Part, datetime]:
    """The run, the part of it, and when the batch began."""
    try:
        run, part = event["BatchInput"]["run"], Part.of(event["Items"])
        started = datetime.fromisoformat(event["started"]).astimezone(UTC)
    except (TypeError, KeyError, ValueError) as error:
        raise InvalidEvent(
            f"the event must have BatchInput.run, Index and Item in each of Items, and the time it started: {error!r}"
        ) from error
    return parse_run(run), part, started


def classify_one(key: str, given: Settings, left: Clock, calls: InFlight) -> tuple[Line, Exception | None]:
    """The image's line, and what went wrong with it."""
    line = Line(key, model=given.model)
    try:
        image = parse_pointer({"s3_bucket": given.bucket, "s3_key": key})
        content, version = patiently(lambda: read_version(image), left)
        line = replace(line, version=version)
        told = patiently(lambda: ask(content, image, given, left, calls), left)
        line = replace(line, inferences=told.inferences, confidence=max(told.inferences))
        decision = decide(
            told.inferences, image, given.labels, given.threshold, told.unlikeness, given.max_unlikeness
        )
    except Exception as error:  # whatever it is, the other images of the batch do not suffer for it
        undecided = isinstance(error, UNDECIDED)
        return replace(line, outcome=REVIEW if undecided else FAILED, error=type(error).__name__), error
    return replace(line, outcome=ACCEPTED, label=decision["label"]), None


def ask(content: bytes, image: Pointer, given: Settings, left: Clock, calls: InFlight) -> classify.Inferred:
    with calls.place():
        check_time(left)  # once more, after the wait for a place
        return classify.classify(content, image, given.endpoint_name, BULK)


def check_time(left: Clock, reserve: float = RESERVE_SECONDS) -> None:
    if left() < reserve:
        raise NotReached("the batch's time was used up before")


def patiently(call: Callable[[], Result], left: Clock, reserve: float = RESERVE_SECONDS) -> Result:
    """Try again what passes by itself, as long as there is time."""
    check_time(left, reserve)
    for wait in WAITS:
        try:
            return call()
        except (*TRANSIENT, RegisterUnavailable):
            if left() - wait < reserve:
                raise
            time.sleep(random.uniform(wait / 2, wait))  # noqa: S311 - traffic, not a secret
    return call()


def leave_waiting(line: Line, given: Settings, run: str) -> None:
    """One by one, by a condition each: a write of many photos at once would write over what was routed meanwhile."""
    image = Pointer(given.bucket, line.s3_key, line.version or "")
    archive = Archive(dynamodb(), given.table, given.retention_days)
    answered = {"model": given.model or "", "classes": ",".join(given.labels)}
    try:
        archive.put(image, line.inferences, line.error or "", run=run, **answered)
    except (ClientError, *NETWORK_FAULTS) as error:
        raise RegisterUnavailable(f"{image}: {error}") from error


@logged
def handler(event: Json, context: LambdaContext) -> Answer:
    run, part, started = parse_batch(event)
    given = settings()
    s3(), classify.runtime(), dynamodb()  # before the threads: they may share clients, but not make them

    def left() -> float:
        of_batch = EXPRESS_SECONDS - (datetime.now(UTC) - started).total_seconds()
        return min(of_batch, context.get_remaining_time_in_millis() / 1000)

    calls = places(run)
    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        results = list(pool.map(lambda key: classify_one(key, given, left, calls), part.keys))
        for line, error in results:
            if line.outcome == FAILED:
                log("WARNING", {"function": "batch", "run": run, "error": line.error, "message": str(error)})
        unsure = [line for line, _ in results if line.outcome == REVIEW]
        # The first fault that does not pass ends it.
        list(
            pool.map(
                lambda line: patiently(lambda: leave_waiting(line, given, run), left, PART_SECONDS), unsure
            )
        )
    errors = [error for _, error in results if isinstance(error, OUTAGE)]
    if errors and len(errors) == len(results):
        raise errors[0]
    lines = [line for line, _ in results]
    name, content = part.name(f"{given.results}/{run}"), join(lines).encode()
    patiently(lambda: write_once.write(s3(), given.bucket, name, content), left, PART_SECONDS)
    return answer(count(lines))
