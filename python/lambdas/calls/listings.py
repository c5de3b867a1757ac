"""GET /photos: a page of one's own photos, or for a lead of all that are open, of a source, or of a day.

What people decided on a day is in two indexes, and read from one after the other: the register's has whom a person
routed first, and that of reviews what else they decided: corrections, answers to objections, and unusable photos.

A page's cursor names the last photo of it, and the query: with another query it is refused, and so is one that was
changed by mistake. It is no secret: who computes one reads what the query gives, from another place on.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from msgspec import UNSET, Struct, UnsetType

from core.contract import answered_items, register
from core.contract.shapes import Json
from lambdas.calls import decided_days, photo_view, stored
from lambdas.calls.api_types import PHOTO_ID, Photo, PhotoQuery, Photos
from lambdas.calls.asking import Ask, Reply
from lambdas.calls.problems import InvalidRequest, PhotoNotFound

MARK_DIGITS = 32
LONGEST_AT = 64  # characters
UNTIL = register.ARCHIVE  # as text it is behind all times


class Cursor(Struct, array_like=True):
    mark: str
    id: str
    at: str


@dataclass(frozen=True)
class Reading:
    """An index, the attribute and the value by which it is read, and the attribute in whose order."""

    index: str
    by: str
    value: str
    order: str
    key: str = "id"

    @property
    def of_reviews(self) -> bool:
        return self.key == "photo"

    def mark(self, ask: Ask, since: str, photo: str, at: str) -> str:
        query: PhotoQuery = ask.query
        said = [ask.caller.sub, *vars_of(self), since, query.state, query.source, photo, at]
        return hashlib.sha256(repr(said).encode()).hexdigest()[:MARK_DIGITS]


def vars_of(reading: Reading) -> list[str]:
    return [reading.index, reading.by, reading.value, reading.order]


@dataclass(frozen=True)
class Found:
    photo: str
    reading: Reading


def find(ask: Ask) -> Reply:
    query: PhotoQuery = ask.query
    since = read_since(query)
    day = since[:10] or f"{datetime.now(UTC):%Y-%m-%d}"
    readings = choose(ask, day)
    since = since if readings[0].index != answered_items.BY_DAY else ""
    found, cursor = read_page(ask, readings, since)
    items = photo_view.read(ask, [*{it.photo: it for it in found}])
    shown = [it for one in found if (it := show(ask, one, *items[one.photo], day))]
    return Reply(200, Photos(shown, cursor), photos=[it.id for it in shown])


def read_page(ask: Ask, readings: list[Reading], since: str) -> tuple[list[Found], str | UnsetType]:
    query: PhotoQuery = ask.query
    found: list[Found] = []
    start: Json = {}
    if query.cursor is not UNSET:
        readings, start = read_cursor(ask, readings, since, query.cursor)
    for reading in readings:
        values = {"value": reading.value} | ({"since": since, "until": UNTIL} if since else {})
        # What nobody waits for has no time there, and is behind all that has.
        bound = f" AND #{reading.order} BETWEEN :since AND :until" if since else ""
        table = stored.reviews(ask.given) if reading.of_reviews else stored.photos(ask.given)
        more = {"Limit": query.most - len(found), **start}
        (page,) = table.pages(reading.index, f"#{reading.by} = :value{bound}", values, 1, **more)
        found += [Found(item[reading.key]["S"], reading) for item in page["Items"]]
        # There is one whenever there are as many as were asked for.
        if last := page.get("LastEvaluatedKey"):
            return found, write_cursor(ask, reading, since, stored.read_item(last))
        start = {}
    return found, UNSET


def show(ask: Ask, found: Found, item: Json, review: Json, day: str) -> Photo | None:
    """If it belongs into the list."""
    query: PhotoQuery = ask.query
    if not is_wanted(item, query):
        return None
    photo = photo_view.view_for(ask.caller, item, review)
    if query.decided_by != answered_items.DECIDERS[0]:
        return photo
    at = decided_days.decided_at(item, review, day)
    if found.reading.of_reviews and (not at or decided_days.is_first(item, day) or photo.label is UNSET):
        return None
    photo.decided_at = at or item.get("routed_at") or UNSET
    return photo


def choose(ask: Ask, day: str) -> list[Reading]:
    query: PhotoQuery = ask.query
    if not ask.caller.leads:
        if query.decided_by is not UNSET:
            raise InvalidRequest("decided_by is for leads: others list their own photos")
        return [
            Reading(answered_items.BY_OWNER, answered_items.OWNER, ask.caller.sub, answered_items.ASKED_AT)
        ]
    if query.decided_by is not UNSET:
        first = Reading(answered_items.BY_DAY, "day", f"{day} {query.decided_by}", "id")
        also = Reading(answered_items.BY_DAY, "day", day, "photo", "photo")
        return [first, also] if query.decided_by == answered_items.DECIDERS[0] else [first]
    if query.state in register.OPEN:
        return [Reading(register.INDEX, "open", query.state, "since")]  # type: ignore[arg-type]
    if query.source is not UNSET:
        return [Reading(register.BY_SOURCE, "camera", f"{register.BY_SOURCE}={query.source}", "first_at")]
    raise InvalidRequest(
        f"a lead gives decided_by, a source, or a state that is one of {', '.join(register.OPEN)}"
    )


def read_since(query: PhotoQuery) -> str:
    if query.since is UNSET:
        return ""
    try:
        return register.write_time(query.since.astimezone(UTC))
    except OverflowError as error:
        raise InvalidRequest(f"since: {error}") from error


def is_wanted(item: Json, query: PhotoQuery) -> bool:
    try:
        photo_view.check_there(item)
    except PhotoNotFound:
        return False
    of_source = query.source is UNSET or item.get("source") == query.source
    return of_source and (query.state is UNSET or query.state in (item["state"], item.get("open")))


def write_cursor(ask: Ask, reading: Reading, since: str, last: Json) -> str:
    photo, at = last[reading.key], last[reading.order]
    cursor = Cursor(reading.mark(ask, since, photo, at), photo, at)
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def read_cursor(ask: Ask, readings: list[Reading], since: str, text: str) -> tuple[list[Reading], Json]:
    """What is still to be read, and where that begins, as DynamoDB takes it."""
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = msgspec.json.decode(content, type=Cursor)
    except ValueError as error:
        raise InvalidRequest("this is no cursor of a page") from error
    marks = [it.mark(ask, since, cursor.id, cursor.at) for it in readings]
    if cursor.mark not in marks or not may_start(cursor, since):
        raise InvalidRequest("the cursor is of another query")
    left = readings[marks.index(cursor.mark) :]
    values = {left[0].by: left[0].value, left[0].order: cursor.at, left[0].key: cursor.id}
    return left, {"ExclusiveStartKey": {name: stored.attribute(value) for name, value in values.items()}}


def may_start(cursor: Cursor, since: str) -> bool:
    """DynamoDB begins at no key that could not be in the answer."""
    within = 0 < len(cursor.at) <= LONGEST_AT and (not since or since <= cursor.at < UNTIL)
    return within and re.fullmatch(PHOTO_ID, cursor.id) is not None
