"""GET /photos/{id}: what became of a photo, for those who may see it."""

import time

from msgspec import UNSET

from core.contract import answered_items, register
from core.contract.shapes import Json
from lambdas.calls import blind_leases, reviews_table, stored
from lambdas.calls.api_types import Assignment, Photo
from lambdas.calls.asking import Ask, Reply
from lambdas.calls.problems import PhotoNotFound

PENDING = (register.EXPECTED, register.CLAIMED, register.WAITING)
NOBODYS = "there is none with this id, or it is not yours"


def show(ask: Ask) -> Reply:
    photos, caller = stored.photos(ask.given), ask.caller
    review: Json = {}
    if caller.reviews:
        items, found = stored.get_many([ask.photo], photos, stored.reviews(ask.given))
        item = items.get(ask.photo, {})
        review = reviews_table.current(ask.given, found.get(ask.photo, {}), item)
    else:
        item = photos.get(ask.photo)
    check_there(item)
    holds = review.get("by") == caller.sub
    owns = item.get("owner") == caller.sub
    if not (owns or caller.leads or (caller.reviews and holds)):
        raise PhotoNotFound(NOBODYS)
    if holds and not owns and (blind_leases.is_blind(item, review, caller) or waits_for_nobody(item)):
        # The two look the same: the model's answer must not be told before the person's.
        return reply(Photo(ask.photo, "waiting"))
    return reply(view(item))


def reply(photo: Photo) -> Reply:
    return Reply(200, photo, {"retry-after": "1"} if photo.state in PENDING else {})


def check_there(item: Json) -> None:
    state, expires = item.get("state"), int(item.get("expires", 0))
    if state in (None, answered_items.FORGOTTEN) or (state == register.EXPECTED and expires < time.time()):
        raise PhotoNotFound(NOBODYS)


def waits_for_nobody(item: Json) -> bool:
    return item.get("open") == register.WAITING and item["since"].startswith(register.ARCHIVE)


def view(item: Json) -> Photo:
    def text(name: str) -> str:
        return item.get(name) or UNSET  # type: ignore[return-value]

    routed = item["state"] == register.ROUTED
    assignment, confidence = item.get("assignment"), item.get("confidence")
    return Photo(
        item["id"],
        item["state"],
        label=text("label"),
        vehicle=text("vehicle"),
        confidence=UNSET if confidence is None or not routed else float(confidence),
        decided_by=text("decided_by"),  # type: ignore[arg-type]
        assignment=Assignment(assignment["loading_bay"], float(assignment["max_distance_km"]))
        if assignment and routed
        else UNSET,
        routed_at=text("routed_at") if routed else UNSET,
        source=text("source"),
        reference=text("reference"),
        problem=text("error") if item["state"] == register.FAILED else UNSET,
        objection=objection(item) or UNSET,  # type: ignore[arg-type]
    )


def objection(item: Json) -> str:
    """How far one is. Of a route that has not been told, the sweep lets the driver wait once it is."""
    if answered_items.OBJECTED_AT not in item:
        return ""
    state = item.get("open")
    if state == register.WAITING or (state == register.UNTOLD and item["objected_at"] >= item["routed_at"]):
        return register.WAITING
    return item.get(answered_items.OBJECTION, "answered")
