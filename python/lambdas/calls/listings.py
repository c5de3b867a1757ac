"""GET /photos: a page of one's own photos, or for a lead of all that are open, of a source, or of a day.

A page's cursor names the last photo of it, and the query: with another query it is refused, and so is one that was
changed by mistake. It is no secret: who computes one reads what the query gives, from another place on.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from msgspec import UNSET, Struct

from core.contract import answered_items, register
from core.contract.shapes import Json
from lambdas.calls import photo_view, stored
from lambdas.calls.api_types import PHOTO_ID, PhotoQuery, Photos
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

    def mark(self, ask: Ask, since: str, photo: str, at: str) -> str:
        query: PhotoQuery = ask.query
        said = [ask.caller.sub, *vars_of(self), since, query.state, query.source, photo, at]
        return hashlib.sha256(repr(said).encode()).hexdigest()[:MARK_DIGITS]


def vars_of(reading: Reading) -> list[str]:
    return [reading.index, reading.by, reading.value, reading.order]


def find(ask: Ask) -> Reply:
    query: PhotoQuery = ask.query
    since = read_since(query)
    reading = choose(ask, since[:10] or f"{datetime.now(UTC):%Y-%m-%d}")
    since = since if reading.index != answered_items.BY_DAY else ""
    values = {"value": reading.value} | ({"since": since, "until": UNTIL} if since else {})
    # What nobody waits for has no time there, and is behind all that has.
    bound = f" AND #{reading.order} BETWEEN :since AND :until" if since else ""
    more: Json = {"Limit": query.most}
    if query.cursor is not UNSET:
        more["ExclusiveStartKey"] = read_cursor(ask, reading, since, query.cursor)
    photos = stored.photos(ask.given)
    (page,) = photos.pages(reading.index, f"#{reading.by} = :value{bound}", values, 1, **more)
    ids = [item["id"]["S"] for item in page["Items"]]
    found = photo_view.read(ask, ids)
    shown = [it for photo in ids if is_wanted((it := found[photo])[0], query)]
    last = page.get("LastEvaluatedKey")
    cursor = write_cursor(ask, reading, since, stored.read_item(last)) if last else UNSET
    content = Photos([photo_view.view_for(ask.caller, *it) for it in shown], cursor)
    return Reply(200, content, photos=[item["id"] for item, _ in shown])


def choose(ask: Ask, day: str) -> Reading:
    query: PhotoQuery = ask.query
    if not ask.caller.leads:
        if query.decided_by is not UNSET:
            raise InvalidRequest("decided_by is for leads: others list their own photos")
        return Reading(answered_items.BY_OWNER, answered_items.OWNER, ask.caller.sub, answered_items.ASKED_AT)
    if query.decided_by is not UNSET:
        return Reading(answered_items.BY_DAY, "day", f"{day} {query.decided_by}", "id")
    if query.state in register.OPEN:
        return Reading(register.INDEX, "open", query.state, "since")  # type: ignore[arg-type]
    if query.source is not UNSET:
        return Reading(register.BY_SOURCE, "camera", f"{register.BY_SOURCE}={query.source}", "first_at")
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
    photo, at = last["id"], last[reading.order]
    cursor = Cursor(reading.mark(ask, since, photo, at), photo, at)
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def read_cursor(ask: Ask, reading: Reading, since: str, text: str) -> Json:
    """As DynamoDB takes it."""
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = msgspec.json.decode(content, type=Cursor)
    except ValueError as error:
        raise InvalidRequest("this is no cursor of a page") from error
    if cursor.mark != reading.mark(ask, since, cursor.id, cursor.at) or not may_start(cursor, since):
        raise InvalidRequest("the cursor is of another query")
    values = {reading.by: reading.value, reading.order: cursor.at, "id": cursor.id}
    return {name: stored.attribute(value) for name, value in values.items()}


def may_start(cursor: Cursor, since: str) -> bool:
    """DynamoDB begins at no key that could not be in the answer."""
    within = 0 < len(cursor.at) <= LONGEST_AT and (not since or since <= cursor.at < UNTIL)
    return within and re.fullmatch(PHOTO_ID, cursor.id) is not None
