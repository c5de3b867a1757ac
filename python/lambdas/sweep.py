"""Sweep: sees to the photos that their executions left behind. Each minute, and when an execution was stopped.

A claim whose execution no longer runs fails, so that the photo can be sent again. What was recorded and not told is
told. What failed gets its age. What waits for a person is measured, and moved out of an earlier release's queues.

Settings: TABLE; BUS_NAME; STATE_MACHINE, its ARN; NAMESPACE of metrics; RETENTION_DAYS of a photo; with commas
between, SOURCES that are measured, and REVIEW_QUEUES.
"""

import functools
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

import boto3
from botocore.config import Config

from core.contract import register
from core.contract.shapes import Answer, InvalidSetting, Json, LambdaContext
from lambdas import drain, stopped, waits
from lambdas.archive_photos import Archive, read_days
from lambdas.log_line import log
from lambdas.open_photos import OpenPhotos

CLAIMS, ROUTES = 200, 100  # at most, in one sweep: the next comes in a minute
CONNECT_SECONDS, READ_SECONDS = 2, 5
RESERVE_SECONDS = 5 * (CONNECT_SECONDS + READ_SECONDS)  # four requests for a photo, one to find the next
LACKED = dict.fromkeys(("vehicle", "source", "reference"), "")  # in an earlier release


class BusUnavailable(Exception):
    """The bus did not take what it was told."""


@dataclass(frozen=True)
class Settings:
    table: str
    bus: str
    machine: str
    namespace: str
    retention_days: int
    queues: list[str]
    sources: list[str]


def read_settings(environment: Mapping[str, str]) -> Settings:
    needed = ("TABLE", "BUS_NAME", "STATE_MACHINE", "NAMESPACE")
    if missing := [name for name in needed if not environment.get(name)]:
        raise InvalidSetting(f"{', '.join(missing)} must be set")
    table, bus, machine, namespace = (environment[name] for name in needed)
    queues, sources = (
        [it for it in environment.get(name, "").split(",") if it] for name in ("REVIEW_QUEUES", "SOURCES")
    )
    return Settings(table, bus, machine, namespace, read_days(environment), queues, sources)


def number(value: Decimal) -> float:
    return int(value) if value % 1 == 0 else float(value)


@functools.cache
def settings() -> Settings:
    return read_settings(os.environ)


@functools.cache
def client(service: str) -> Any:
    retries = {"total_max_attempts": 1}  # the next sweep tries again
    config = Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries=retries)
    return boto3.client(service, config=config)  # type: ignore[call-overload]


@dataclass
class Sweep:
    """One, and what it came to."""

    given: Settings
    photos: OpenPhotos
    left: Callable[[], float]  # seconds
    parts: int = 0  # that are to come
    done: Counter[str] = field(default_factory=Counter)
    faults: list[Exception] = field(default_factory=list)

    def run(self) -> None:
        given, photos, steps, sqs = self.given, self.photos, client("stepfunctions"), client("sqs")
        self.parts = 7 + len(given.queues)
        for status in stopped.STATUSES:
            find = partial(stopped.find, steps, given.machine, status)
            self.each("stopped", find, partial(stopped.look, steps, photos))
        self.each("failed", lambda: photos.find(register.CLAIMED, CLAIMS), self.fail)
        self.each("told", lambda: photos.find(register.UNTOLD, ROUTES), self.tell)
        give_age = partial(photos.give_age, days=given.retention_days)
        self.each("expiring", photos.find_without_age, give_age)
        self.each("measured", lambda: waits.METRICS, partial(waits.measure, photos, given.namespace))
        self.each("measured", lambda: given.sources, partial(waits.measure_source, photos, given.namespace))
        archive, s3 = Archive(photos.client, given.table, given.retention_days), client("s3")
        for queue in given.queues:
            move = partial(drain.move, sqs, queue, s3, archive)
            self.each("drained", partial(drain.find, sqs, queue), move)

    def each(self, what: str, find: Callable[[], Iterable[Any]], settle: Callable[[Any], object]) -> None:
        """One's fault, or one part's, is its own; one that is slow leaves the others their share of the time."""
        until = self.left() - (self.left() - RESERVE_SECONDS) / self.parts
        self.parts -= 1
        with self.noted(what):
            if self.left() < until:
                return
            for one in find():
                if self.left() < until:
                    return
                with self.noted(what, one):
                    self.done[what] += bool(settle(one))

    @contextmanager
    def noted(self, what: str, which: object = None) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.faults.append(error)
            said = {"error": type(error).__name__, "message": str(error)}
            log("WARNING", {"function": "sweep", "step": what, "which": str(which), **said})

    def fail(self, photo: Json) -> Json:
        execution, steps = photo["execution"]["S"], client("stepfunctions")
        try:
            found = steps.describe_execution(executionArn=execution)
        except steps.exceptions.ExecutionDoesNotExist:
            found = {"status": "", "error": register.GONE}
        if found["status"] in register.RUNNING:
            return {}
        error = found.get("error") or register.NOT_RUNNING[found["status"]]
        told = {"execution": execution, "error": error, "cause": found.get("cause", "")}
        return self.photos.fail(photo["id"]["S"], self.given.retention_days, **told)

    def tell(self, photo: Json) -> Json:
        item = self.photos.take(photo)
        if not item:
            return item
        entry = {
            "EventBusName": self.given.bus,
            "Source": register.EVENT_SOURCE,
            "DetailType": item.get("kind", register.EVENT_KIND),
            "Detail": json.dumps({name: (LACKED | item)[name] for name in register.DETAIL}, default=number),
        }
        sent = client("events").put_events(Entries=[entry])
        if sent["FailedEntryCount"]:
            refused = sent["Entries"][0]
            raise BusUnavailable(f"{refused.get('ErrorCode')}: {refused.get('ErrorMessage')}")
        return self.photos.close(item["id"], item["execution"])


def handler(_event: object, context: LambdaContext) -> Answer:
    given = settings()
    photos = OpenPhotos(client("dynamodb"), given.table)
    sweep = Sweep(given, photos, lambda: context.get_remaining_time_in_millis() / 1000)
    sweep.run()
    if sweep.faults:
        raise sweep.faults[0]  # the log has all
    log("INFO", {"function": "sweep", "request_id": context.aws_request_id, **sweep.done})
    return {"statusCode": 200, "body": sweep.done}
