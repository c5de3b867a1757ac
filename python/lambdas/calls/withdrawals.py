"""DELETE /photos/{id}/decisions/{number}: who made a decision takes it back, before it takes effect."""

from dataclasses import replace

from core.contract import answered_items, register
from core.contract.shapes import Json
from lambdas.calls import photo_view, reviews_table, stored, told_numbers
from lambdas.calls.api_settings import write_now
from lambdas.calls.asking import Ask, Reply
from lambdas.calls.person_decisions import answer
from lambdas.calls.problems import DecisionTooLate, PhotoNotFound
from lambdas.calls.reviews_table import ASIDE, BLIND, BLIND_ASIDE, CLOSE, KNOWN, LEASE_SECONDS, ROUTE

MOST = 20  # of a photo: each takes a number, and there must be one for its driver

# The state machine claims no decision of which the register says that it is withdrawn, and looks after the grace.
UNDO = {
    ROUTE: ("ADD #withdrawn :numbers", "attribute_exists(id) AND attribute_not_exists(#decision)"),
    ASIDE: ("REMOVE #opinion ADD #withdrawn :numbers", "attribute_exists(id)"),
    BLIND_ASIDE: ("REMOVE #opinion ADD #withdrawn :numbers", "attribute_exists(id)"),
    KNOWN: ("REMOVE #opinion ADD #withdrawn :numbers", "attribute_exists(id)"),
    BLIND: ("REMOVE #opinion, #blind ADD #withdrawn :numbers", "attribute_exists(id)"),
    CLOSE: (
        "SET #open = :waiting, #since = #objected_at REMOVE #opinion, #objection ADD #withdrawn :numbers",
        "#state = :routed AND (#open = :waiting OR #objection = :unusable)",
    ),
}
MARK = "SET #decision.#withdrawn = :true"


def withdraw(ask: Ask) -> Reply:
    """The register first: what it says counts, and one that failed in between is made whole by the next."""
    items, found = stored.get_many([ask.photo], stored.photos(ask.given), stored.reviews(ask.given))
    photo, stands = items.get(ask.photo, {}), found.get(ask.photo, {})
    review = reviews_table.current(ask.given, stands, photo)
    told, number = ask.number, told_numbers.find_number(review, ask.caller.sub, ask.number)
    ask, name = replace(ask, number=number), answered_items.decision(number)
    made = review.get(name)
    if made is None or made["by"] != ask.caller.sub:
        raise PhotoNotFound(f"you have made no decision {told} on it")
    if not made["withdrawn"]:
        check_time(photo, made)
        undo(ask, made["way"])
    if not stands[name]["withdrawn"]:
        mark(ask, review)
    return Reply(200, answer(ask, made | {"withdrawn": True}))


def check_time(photo: Json, made: Json) -> None:
    if made["effect_at"] < write_now():
        raise DecisionTooLate(f"it took effect at {made['effect_at']}: a correction has a number of its own")
    if len(photo.get(answered_items.WITHDRAWN, ())) >= MOST:
        raise DecisionTooLate(f"{MOST} decisions on it were withdrawn: this one stands")


def mark(ask: Ask, review: Json) -> None:
    """The photo is this person's again, if nobody else has it by now, and the figures count what stands still."""
    reviews, name, me = stored.reviews(ask.given), answered_items.decision(ask.number), ask.caller.sub
    change, condition = MARK.replace("decision", name), f"#{name}.#by = :me"
    others = answered_items.numbered(review, answered_items.DECISION).items()
    standing = [it for number, it in others if number != ask.number and not it["withdrawn"]]
    figures = ", #day = :day, decided_by_sub = :by" if standing else " REMOVE #day, decided_by_sub"
    last = standing[-1] if standing else {"at": "", "by": ""}
    values = {"true": True, "me": me, "until": write_now(LEASE_SECONDS), "day": last["at"][:10]}
    try:
        whole = f"{change}, #until = :until{figures}"
        reviews.update(ask.photo, whole, f"{condition} AND #by = :me", **values, by=last["by"])
    except stored.Refused:
        reviews.update(ask.photo, change, condition, **values)


def undo(ask: Ask, way: str) -> None:
    named = {
        "#decision": f"#{answered_items.decision(ask.number)}",
        "#opinion": f"#{answered_items.opinion(ask.number)}",
    }
    change, condition = UNDO[way]
    for name, numbered in named.items():
        change, condition = change.replace(name, numbered), condition.replace(name, numbered)
    try:
        stored.photos(ask.given).update(
            ask.photo,
            change,
            condition,
            numbers={ask.number},
            waiting=register.WAITING,
            routed=register.ROUTED,
            unusable=answered_items.UNUSABLE,
        )
    except stored.Refused as refused:
        photo_view.check_there(refused.item)
        raise DecisionTooLate("it has taken effect: a correction has a number of its own") from refused
