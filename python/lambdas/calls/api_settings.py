"""What the API's function is configured with, and the clients that it makes at first use."""

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.config import Config

from core.contract import register
from core.contract.shapes import InvalidSetting
from lambdas.needed import read_numbers, read_texts

TEXTS = ("TABLE", "REVIEWS", "BUCKET", "STATE_MACHINE", "LABELS", "ALARMS")
NUMBERS = ("GRACE_SECONDS", "BLIND_PER_DAY", "PERSON_DAYS")
CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 1, 2, 2


@dataclass(frozen=True)
class Settings:
    table: str
    reviews: str
    bucket: str
    machine: str
    labels: tuple[str, ...]
    alarms: str  # how the names of those begin that say that a source got worse
    grace_seconds: int
    blind_per_day: int
    person_days: int
    person_statistics: bool
    sources: tuple[str, ...]
    people: str  # the client with which the console's people sign in
    pool: str  # and where
    guideline: str  # its key in the bucket, or nothing


def read_settings(environment: Mapping[str, str]) -> Settings:
    table, reviews, bucket, machine, labels, alarms = read_texts(environment, TEXTS)
    grace_seconds, blind_per_day, person_days = read_numbers(environment, NUMBERS)
    statistics = environment.get("PERSON_STATISTICS", "false")
    if statistics not in ("true", "false"):
        raise InvalidSetting(f"PERSON_STATISTICS must be true or false, not {statistics!r}")
    return Settings(
        table=table,
        reviews=reviews,
        bucket=bucket,
        machine=machine,
        labels=tuple(labels.split(",")),
        alarms=alarms,
        grace_seconds=grace_seconds,
        blind_per_day=blind_per_day,
        person_days=person_days,
        person_statistics=statistics == "true",
        sources=tuple(it for it in environment.get("SOURCES", "").split(",") if it),
        people=environment.get("PEOPLE", ""),
        pool=environment.get("POOL", ""),
        guideline=environment.get("GUIDELINE", ""),
    )


@functools.cache
def settings() -> Settings:
    return read_settings(os.environ)


# At first use: a call makes only those that it needs.
@functools.cache
def client(service: str) -> Any:
    retries = {"total_max_attempts": ATTEMPTS, "mode": "standard"}
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries=retries,
        # Signatures that a customer key's objects take, and addresses in the bucket's own region.
        signature_version="s3v4" if service == "s3" else None,
        s3={"addressing_style": "virtual"},
    )
    return boto3.client(service, config=config)  # type: ignore[call-overload]


def write_now(seconds: float = 0) -> str:
    """The time, or the one in so many seconds, as the register has times."""
    return register.write_time(datetime.now(UTC) + timedelta(seconds=seconds))
