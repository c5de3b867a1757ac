"""GET /photos/{id}: what became of a photo, for those who may see it."""

import time

from msgspec import UNSET

from core.contract import answered_items, register
from core.contract.shapes import Json
from lambdas.calls import blind_leases, pictures_shown, reviews_table, stored, told_numbers
from lambdas.calls.api_types import Assignment, Photo
from lambdas.calls.asking import Ask, Reply
from lambdas.calls.caller import Caller
from lambdas.calls.problems import PhotoNotFound

PENDING = (register.EXPECTED, register.CLAIMED, register.WAITING)
NOBODYS = "there is none with this id, or it is not yours"


def show(ask: Ask) -> Reply:
    caller = ask.caller
    item, review = read(ask, [ask.photo])[ask.photo]
    check_there(item)
    if not (owns(caller, item) or caller.leads or (caller.reviews and holds(caller, review))):
        raise PhotoNotFound(NOBODYS)
    photo = view_for(caller, item, review)
    return Reply(200, photo, {"retry-after": "1"} if photo.state in PENDING else {})


def read(ask: Ask, ids: list[str]) -> dict[str, tuple[Json, Json]]:
    """The photos' items, and for whoever decides those of the reviews: each empty where there is none."""
    photos, reviews = stored.photos(ask.given), stored.reviews(ask.given)
    items, *found = stored.get_many(ids, photos, *([reviews] if ask.caller.reviews else []))
    told: dict[str, tuple[Json, Json]] = {}
    for photo in ids:
        item = items.get(photo, {})
        stands = found[0].get(photo, {}) if found else {}
        told[photo] = item, reviews_table.current(ask.given, stands, item)
    return told


def holds(caller: Caller, review: Json) -> bool:
    return review.get("by") == caller.sub


def owns(caller: Caller, item: Json) -> bool:
    return item.get("owner") == caller.sub


def view_for(caller: Caller, item: Json, review: Json) -> Photo:
    hidden = blind_leases.is_blind(item, review, caller) or waits_for_nobody(item)
    if holds(caller, review) and not owns(caller, item) and hidden:
        # The two look the same: the model's answer must not be told before the person's.
        return Photo(item["id"], "waiting")
    photo = view(item)
    if caller.leads:
        offset = told_numbers.offset_for(review, caller.sub)
        photo.number = answered_items.next_number(item, review) - offset
        if "version_id" in item:
            photo.picture = pictures_shown.address(item)
    return photo


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
