"""Label: writes what people said of photos as labels, a copy of the photo beside each. Each hour, and by `make labels`.

The register's index `labelling` has of which photos somebody said something, and since when. Once nobody can take it
back any more, each decision and opinion becomes a label, which is written if there is none of that name: to begin again
is the same. A photo of which two people said the same without help is kept there as one whose answer is known.

Settings: BUCKET; TABLE and REVIEWS, the register and who said what; GRACE_SECONDS, within which what was said may be
taken back; PERSON_DAYS, for which who said it may be known.
"""

import functools
import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from boto3.dynamodb.types import TypeSerializer
from botocore.config import Config

from core import label_store
from core.contract import answer_kinds, answered_items, labels, register
from core.contract.errors import ImageNotFound, ImageTooLarge, InvalidEvent, NotAnImage
from core.contract.events import answer
from core.contract.images import content_type
from core.contract.labels import Label
from core.contract.shapes import Answer, Json, LambdaContext, Pointer
from lambdas import drain, said, write_once
from lambdas.log_line import log
from lambdas.needed import read_numbers, read_texts
from lambdas.open_photos import plain, used
from lambdas.reading import read_image, s3
from lambdas.said import Said

TEXTS, NUMBERS = ("BUCKET", "TABLE", "REVIEWS"), ("GRACE_SECONDS", "PERSON_DAYS")
ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg"}
NO_COPY = (ImageNotFound, ImageTooLarge, InvalidEvent, NotAnImage)  # which does not pass by itself
MARGIN_SECONDS = 15  # after the grace: a call of the API that takes something back has ten
AT_ONCE, RESERVE_SECONDS = 8, 45  # photos; and what the tries of those may take that were just begun
CONNECT_SECONDS, READ_SECONDS = 2, 5
DUE = "#labelling = :due AND #labelling_at < :before"
UNCHANGED = "#labelling = :due AND #labelling_at = :at"
KEEP, CLOSE = "SET #labelling = :known, #known = :class", "REMOVE #labelling, #labelling_at, #known"
attribute = TypeSerializer().serialize


@dataclass(frozen=True)
class Settings:
    bucket: str
    table: str
    reviews: str
    grace_seconds: int
    person_days: int


def read_settings(environment: Mapping[str, str]) -> Settings:
    bucket, table, reviews = read_texts(environment, TEXTS)
    grace_seconds, person_days = read_numbers(environment, NUMBERS)
    return Settings(bucket, table, reviews, grace_seconds, person_days)


@functools.cache
def settings() -> Settings:
    return read_settings(os.environ)


@functools.cache
def dynamodb() -> Any:
    retries = {"total_max_attempts": 3, "mode": "standard"}
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries=retries,
        max_pool_connections=AT_ONCE,
    )
    return boto3.client("dynamodb", config=config)  # type: ignore[call-overload]


@dataclass
class Run:
    """One, and what it came to."""

    given: Settings
    now: datetime
    left: Callable[[], float]  # seconds
    faults: list[Exception] = field(default_factory=list)

    def write_all(self) -> Counter[str]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return sum(pool.map(self.settle, list(self.find())), Counter())

    def find(self) -> Iterator[Json]:
        """Keys of photos whose time has come, who has waited longest first."""
        before = self.ago(timedelta(seconds=self.given.grace_seconds + MARGIN_SECONDS))
        pages = (
            dynamodb()
            .get_paginator("query")
            .paginate(
                TableName=self.given.table,
                IndexName=answered_items.LABELLING,
                KeyConditionExpression=DUE,
                ExpressionAttributeNames=used(DUE),
                ExpressionAttributeValues=values(due=answered_items.DUE, before=before),
            )
        )
        for page in pages:
            yield from (read_item(it) for it in page["Items"])

    def ago(self, time: timedelta) -> str:
        return register.write_time(self.now - time)

    def settle(self, key: Json) -> Counter[str]:
        """One photo's fault is its own."""
        if self.left() < RESERVE_SECONDS:
            return Counter(left=1)
        try:
            return self.write(key["id"], key[answered_items.LABELLING_AT])
        except Exception as error:
            self.faults.append(error)
            told = {"error": type(error).__name__, "message": str(error)}
            log("WARNING", {"function": "label", "photo": key["id"], **told})
            return Counter(failed=1)

    def write(self, photo: str, at: str) -> Counter[str]:
        given = self.given
        item = get(given.table, "id", photo)
        if item.get(answered_items.LABELLING_AT) != at:
            return Counter()  # something more was said, or it is forgotten: the index is a little behind
        oldest = self.ago(timedelta(days=given.person_days))
        told = said.read(item, get(given.reviews, "photo", photo), oldest)
        there = item.get(answered_items.LABELLED, ())
        new = [it for it in told if it.number not in there]
        done: Counter[str] = Counter()
        if new:
            copy = take_copy(item)
            copies = [copy or read_copy(given.bucket, name_label(item, it), it.at) for it in new]
            done["gone"] = not all(copies)
            done["written"] = sum(
                write_label(given.bucket, item, *them) for them in zip(new, copies, strict=True)
            )
        standing = [it for it in told if it.number not in there or not is_withdrawn(given.bucket, item, it)]
        known = said.find_known(item, standing)
        closed = close(given.table, photo, at, known, {it.number for it in new})
        done["known"] = closed and bool(known) and answered_items.KNOWN not in item
        return done


def take_copy(item: Json) -> bytes:
    """The photo in the version that people saw; nothing if it is gone."""
    return take(Pointer(item["s3_bucket"], item["s3_key"], item["version_id"]))


def take(image: Pointer) -> bytes:
    try:
        return read_image(image)
    except NO_COPY:
        return b""


def name_label(item: Json, it: Said) -> str:
    return f"{item['id']}-{it.number}"


def read_copy(bucket: str, name: str, at: str) -> bytes:
    """What a run that broke off has left beside a label that it did not write; else nothing."""
    for ending in ENDINGS.values():
        if copy := take(Pointer(bucket, labels.place(at, name, ending))):
            return copy
    return b""


def is_withdrawn(bucket: str, item: Json, it: Said) -> bool:
    key = labels.place(it.at, name_label(item, it), labels.WITHDRAWN)
    return key in label_store.list_keys(s3(), bucket, key)


def write_label(bucket: str, item: Json, it: Said, copy: bytes) -> bool:
    """Whether there was none before. The picture comes first: no label names one that is not there."""
    name, picture, digest = name_label(item, it), "", ""
    if copy:
        picture = labels.place(it.at, name, ENDINGS[content_type(copy, name)])
        digest = hashlib.sha256(copy).hexdigest()
        write_once.write(s3(), bucket, picture, copy)
    found, confidence = said.read_answer(item)
    label = Label(
        photo=item["id"],
        number=it.number,
        at=it.at,
        label=it.label,
        vehicle=it.vehicle,
        seconds=it.seconds,
        blind=it.blind,
        assisted=it.assisted,
        known=it.known,
        kind=find_kind(item),
        source=item.get("source", ""),
        came_at=item.get("first_at", ""),
        routed_day=item["day"].removesuffix(said.MODEL) if said.routed_by_model(item) else "",
        model=item.get("model", ""),
        answer=found,
        confidence=confidence,
        picture=picture,
        sha256=digest,
    )
    return write_once.write(s3(), bucket, label.key, label.write())


def find_kind(item: Json) -> str:
    if item.get("run", drain.RUN) != drain.RUN:
        return answer_kinds.BULK
    return answer_kinds.of_upload(item["s3_key"])


def close(table: str, photo: str, at: str, known: str, numbers: set[int]) -> bool:
    """Whether nothing more was said meanwhile: else it is due again, and what is written is written."""
    change = (KEEP if known else CLOSE) + (" ADD #labelled :numbers" if numbers else "")
    named = {"known": answered_items.KNOWN, "class": known} if known else {}
    client = dynamodb()
    try:
        client.update_item(
            TableName=table,
            Key=values_of(id=photo),
            UpdateExpression=change,
            ConditionExpression=UNCHANGED,
            ExpressionAttributeNames=used(change, UNCHANGED),
            ExpressionAttributeValues=values(
                due=answered_items.DUE, at=at, **named, **({"numbers": numbers} if numbers else {})
            ),
        )
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def get(table: str, key: str, photo: str) -> Json:
    """An item as it is now; nothing where there is none."""
    found = dynamodb().get_item(TableName=table, Key=values_of(**{key: photo}), ConsistentRead=True)
    return read_item(found.get("Item", {}))


def read_item(item: Json) -> Json:
    return {name: plain(value) for name, value in item.items()}


def values_of(**given: Any) -> Json:
    return {name: attribute(value) for name, value in given.items()}


def values(**given: Any) -> Json:
    return {f":{name}": value for name, value in values_of(**given).items()}


def handler(_event: object, context: LambdaContext) -> Answer:
    given = settings()
    s3(), dynamodb()  # before the threads: they may share clients, but not make them
    run = Run(given, datetime.now(UTC), lambda: context.get_remaining_time_in_millis() / 1000)
    done = run.write_all()
    body = {name: int(done[name]) for name in ("written", "known", "gone", "failed", "left")}
    log("INFO", {"function": "label", "request_id": context.aws_request_id, **body})
    if run.faults:
        raise run.faults[0]  # the log has all
    return answer(body)
