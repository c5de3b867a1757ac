"""Sweep: sees to the photos that their executions left behind. Each minute, and when an execution was stopped.

A claim whose execution no longer runs fails, so that the photo can be sent again. What was recorded and not told is
told: at least once, and perhaps again. What failed gets the age at which the register forgets it.
Whether an execution runs is Step Functions' to say: no clock decides.

The event is any, or EventBridge's of an execution that was stopped or ran out of its time.
Settings: TABLE, the register of photos; BUS_NAME, where routes are told; RETENTION_DAYS, how long a photo that failed
is kept.
"""

import functools
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

from core.contract import register
from core.contract.errors import InvalidEvent, InvalidSetting
from core.contract.events import answer, parse_body, parse_json, parse_pointer
from core.contract.shapes import Answer, Json, LambdaContext
from lambdas.logged import log, logged
from lambdas.open_photos import OpenPhotos

STOPPED = "Step Functions Execution Status Change"
CLAIMS, ROUTES, PAGES = 200, 100, 3  # at most, in one sweep: the next comes in a minute
CONNECT_SECONDS, READ_SECONDS = 2, 5
RESERVE_SECONDS = 3 * (CONNECT_SECONDS + READ_SECONDS)  # a photo takes three requests


# No state machine knows these two: an alarm counts them, and the next sweep does what this one did not.
class RegisterUnavailable(Exception):
    """A photo in the register could not be seen to."""


class BusUnavailable(Exception):
    """The bus did not take what it was told."""


@dataclass(frozen=True)
class Settings:
    table: str
    bus: str
    retention_days: int


def read_settings(environment: Mapping[str, str]) -> Settings:
    if missing := [name for name in ("TABLE", "BUS_NAME") if not environment.get(name)]:
        raise InvalidSetting(f"{', '.join(missing)} must be set")
    days = environment.get("RETENTION_DAYS", "")
    if not (days.isdecimal() and int(days)):
        raise InvalidSetting(f"RETENTION_DAYS must be a whole number above 0, not {days!r}")
    return Settings(environment["TABLE"], environment["BUS_NAME"], int(days))


@functools.cache
def settings() -> Settings:
    return read_settings(os.environ)


@functools.cache
def client(service: str) -> Any:
    # Tried once: the next sweep tries again.
    retries = {"total_max_attempts": 1}
    config = Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries=retries)
    return boto3.client(service, config=config)  # type: ignore[call-overload]


@dataclass
class Sweep:
    """One, and what it came to."""

    given: Settings
    photos: OpenPhotos
    left: Callable[[], float]  # seconds
    done: Counter[str] = field(default_factory=Counter)
    faults: list[Exception] = field(default_factory=list)

    def notice(self, detail: Json) -> None:
        """An execution that ended before its time: whether it told the route that it recorded, nobody knows."""
        with self.noted("notice", detail["executionArn"]), suppress(InvalidEvent):
            # A start by hand that names no version is of a photo that is not known here.
            photo = parse_pointer(parse_body(parse_json(detail.get("input") or "", InvalidEvent, "input")))
            error = register.NOT_RUNNING[detail["status"]]
            self.photos.leave_untold(photo.id, detail["executionArn"], error)

    def run(self) -> None:
        find = self.photos.find
        self.each("failed", lambda: find(register.CLAIMED, CLAIMS), self.fail)
        self.each("told", lambda: find(register.UNTOLD, ROUTES), self.tell)
        self.each("expiring", lambda: self.photos.find_without_age(PAGES), self.give_age)

    def each(self, what: str, find: Callable[[], Iterable[Json]], settle: Callable[[Json], bool]) -> None:
        """A photo's fault is that photo's: the others are seen to."""
        with self.noted(what):
            for photo in find():
                if self.left() < RESERVE_SECONDS:
                    return
                with self.noted(what, photo["id"]["S"]):
                    self.done[what] += settle(photo)

    @contextmanager
    def noted(self, what: str, which: str | None = None) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.faults.append(error)
            said = {"error": type(error).__name__, "message": str(error)}
            log("WARNING", {"function": "sweep", "step": what, "photo": which, **said})

    def fail(self, photo: Json) -> bool:
        execution = photo["execution"]["S"]
        try:
            found = client("stepfunctions").describe_execution(executionArn=execution)
        except client("stepfunctions").exceptions.ExecutionDoesNotExist:
            found = {"status": "", "error": register.GONE}
        if found["status"] in register.RUNNING:
            return False
        error = found.get("error") or register.NOT_RUNNING[found["status"]]
        return self.photos.fail(photo["id"]["S"], execution, error, found.get("cause", ""), self.expires())

    def tell(self, photo: Json) -> bool:
        item = self.photos.read(photo["id"]["S"])
        if item.get("open") != register.UNTOLD:
            return False
        entry = {
            "EventBusName": self.given.bus,
            "Source": register.EVENT_SOURCE,
            "DetailType": register.EVENT_KIND,
            "Detail": json.dumps({name: item[name] for name in register.DETAIL}),
        }
        sent = client("events").put_events(Entries=[entry])
        if sent["FailedEntryCount"]:
            refused = sent["Entries"][0]
            raise BusUnavailable(f"{refused.get('ErrorCode')}: {refused.get('ErrorMessage')}")
        return self.photos.close(photo["id"]["S"])

    def give_age(self, photo: Json) -> bool:
        return self.photos.give_age(photo["id"]["S"], self.expires())

    def expires(self) -> int:
        return register.expires(self.given.retention_days)


@logged
def handler(event: Json, context: LambdaContext) -> Answer:
    given = settings()
    photos = OpenPhotos(client("dynamodb"), given.table)
    sweep = Sweep(given, photos, lambda: context.get_remaining_time_in_millis() / 1000)
    if event.get("detail-type") == STOPPED:
        sweep.notice(event["detail"])
    sweep.run()
    if sweep.faults:
        first = sweep.faults[0]
        kind = BusUnavailable if isinstance(first, BusUnavailable) else RegisterUnavailable
        raise kind(f"{len(sweep.faults)} faults, the first: {type(first).__name__}: {first}") from first
    return answer({what: sweep.done[what] for what in ("failed", "told", "expiring")})
