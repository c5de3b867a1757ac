"""PUT /photos/{id}/decisions/{number}: what a person sees on a photo.

The table of reviews is written first, by one conditional write: from then on the number has this decision. What it does
is done after that, and again if the same is sent again, so that nothing is lost in between.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from msgspec import UNSET

from core.contract import answered_items, decision_name, register
from core.contract.shapes import Json
from lambdas.calls import candidates, leases, photo_view, reviews_table, stored, told_numbers
from lambdas.calls.api_settings import Settings, client, write_now
from lambdas.calls.api_types import Decision, DecisionRequest
from lambdas.calls.asking import Ask, Reply
from lambdas.calls.blind_leases import is_blind
from lambdas.calls.caller import Caller
from lambdas.calls.problems import DecisionTaken, InvalidRequest, NotDecidable
from lambdas.calls.reviews_table import ASIDE, BLIND, BLIND_ASIDE, CLOSE, KNOWN, LEASE_SECONDS, ROUTE

NUMBER = "(attribute_not_exists(#decision) OR #decision.#at < :oldest)"
HAD_BY_ME = "#by = :me AND #blind = :seeing"
FOR_LEADS = f"{leases.FREE} OR #blind = :unseeing"  # nobody who has it so can correct it
WRITE = (
    "SET #decision = :decision, #by = :me, #until = :until, #blind = :blind, #day = :day, "
    "decided_by_sub = :me, #expires = :expires"
)
# An old one that is sent again does nothing to what came since.
ONCE = "attribute_exists(id) AND attribute_not_exists(#opinion) AND NOT contains(#withdrawn, :number)"
CONTENT = f"{ONCE} AND attribute_not_exists(#objected_at)"
OPINION = "SET #opinion = :opinion, #labelling = :due, #labelling_at = :now"
# What else an opinion does to the photo.
OPINE = {
    ASIDE: (OPINION, ONCE),
    BLIND_ASIDE: (OPINION, CONTENT),
    BLIND: (f"{OPINION}, #blind = :answered", CONTENT),
    KNOWN: (OPINION, CONTENT),
    CLOSE: (
        f"{OPINION}, #objection = :unusable REMOVE #open, #since",
        f"#state = :routed AND #open = :waiting AND #objected_at <= :at AND {ONCE}",
    ),
}


def decide(ask: Ask) -> Reply:
    check_label(ask.given, ask.body)
    items, reviews = stored.get_many([ask.photo], stored.photos(ask.given), stored.reviews(ask.given))
    photo = items.get(ask.photo, {})
    photo_view.check_there(photo)
    stands = reviews.get(ask.photo, {})
    review = reviews_table.current(ask.given, stands, photo)
    ask = replace(ask, number=told_numbers.find_number(review, ask.caller.sub, ask.number))
    made = review.get(answered_items.decision(ask.number))
    check_caller(ask.caller, review, made)
    made = made or write(ask, photo, review, reviews_table.too_old(ask.given, stands))
    if not is_same(ask, made):
        raise taken(ask, photo, review)
    carry_out(ask.given, photo, ask.number, made)
    return Reply(202, answer(ask, made))


def check_label(given: Settings, body: DecisionRequest) -> None:
    labels = dict.fromkeys(
        (*given.labels, answered_items.OTHER, answered_items.UNUSABLE, answered_items.CANNOT_TELL)
    )
    if body.label not in labels:
        raise InvalidRequest(f"the label must be one of {', '.join(labels)}")
    if (body.label == answered_items.OTHER) != bool(body.vehicle.strip()):
        raise InvalidRequest(
            "the label other needs a vehicle, which says what it is, and no other label has one"
        )


def check_caller(caller: Caller, review: Json, made: Json | None) -> None:
    """Whoever never had the photo learns nothing of it."""
    mine = caller.sub in (review.get("by"), made and made["by"])
    if not mine and not caller.leads:
        raise leases.lost(review, caller.sub)


def write(ask: Ask, photo: Json, review: Json, too_old: set[str]) -> Json:
    """The decision as it then stands in the table of reviews: mine, or the one that was there first."""
    check_number(ask, photo, review)
    me, now = ask.caller.sub, datetime.now(UTC)
    way = find_way(photo, review, ask.body.label, ask.caller)
    effect_at = write_now(ask.given.grace_seconds)
    decision = {
        "by": me,
        "at": register.write_time(now),
        **said(ask.body),
        "effect_at": effect_at,
        "withdrawn": False,
        "way": way,
        told_numbers.OFFSET: told_numbers.offset_for(review, me),
    }
    condition = f"{NUMBER} AND ({holds(ask, photo, review)})"
    # Somebody who cannot tell leaves the photo to others as soon as that cannot be withdrawn any more.
    until = write_now(ask.given.grace_seconds + (LEASE_SECONDS if way == ROUTE else 0))
    name = answered_items.decision(ask.number)
    removed = reviews_table.removal(too_old - {name} - reviews_table.WHO_DECIDED)
    try:
        stored.reviews(ask.given).update(
            ask.photo,
            WRITE.replace("#decision", f"#{name}") + removed,
            condition.replace("#decision", f"#{name}"),
            decision=decision,
            me=me,
            until=until,
            now=register.write_time(now),
            oldest=reviews_table.forget_before(ask.given),
            blind=is_blind(photo, review, ask.caller),
            seeing=False,
            unseeing=True,
            day=f"{now:%Y-%m-%d}",
            expires=reviews_table.expires(ask.given),
        )
    except stored.Refused as refused:
        if there := refused.item.get(name):
            return there
        raise leases.lost(refused.item, me) from refused
    return decision


def said(body: DecisionRequest) -> Json:
    seconds = {} if body.seconds is UNSET else {"seconds": Decimal(str(round(body.seconds, 3)))}
    return {"label": body.label, "vehicle": body.vehicle.strip(), **seconds}


def check_number(ask: Ask, photo: Json, review: Json) -> None:
    following = answered_items.next_number(photo, review)
    if ask.number < following:
        raise taken(ask, photo, review)
    if ask.number > following:
        raise NotDecidable(say_next(ask, photo, review))


def taken(ask: Ask, photo: Json, review: Json) -> DecisionTaken:
    return DecisionTaken(say_next(ask, photo, review))


def say_next(ask: Ask, photo: Json, review: Json) -> str:
    offset = told_numbers.offset_for(review, ask.caller.sub)
    return f"the next decision on it is number {answered_items.next_number(photo, review) - offset}"


def is_correction(photo: Json, review: Json, caller: Caller) -> bool:
    """Of a driver who is on the way, and has not objected."""
    routed = photo["state"] == register.ROUTED and photo.get("open") != register.WAITING
    return routed and not is_blind(photo, review, caller)


def holds(ask: Ask, photo: Json, review: Json) -> str:
    """On what condition the caller may decide."""
    if not is_correction(photo, review, ask.caller):
        return leases.MINE
    return FOR_LEADS if ask.caller.leads else HAD_BY_ME


def find_way(photo: Json, review: Json, label: str, caller: Caller) -> str:
    corrects = is_correction(photo, review, caller)
    if not corrects and candidates.has_answered(photo, review, caller.sub, candidates.begun(photo)):
        raise NotDecidable("you have answered: withdraw that, or leave it to somebody else")
    cannot_tell, answers = label == answered_items.CANNOT_TELL, len(candidates.opinions(photo))
    wants_another = cannot_tell or candidates.is_sampled(photo["id"])
    if is_blind(photo, review, caller):
        if review.get("known"):
            return KNOWN
        wants_another = wants_another or contradicts(photo, label)
        return BLIND_ASIDE if wants_another and not answers else BLIND
    if photo["state"] == register.WAITING:
        aside = wants_another and not answers if candidates.is_archived(photo) else False
        return ASIDE if cannot_tell or aside else ROUTE
    if photo["state"] != register.ROUTED:
        raise NotDecidable(f"it is {photo['state']}")
    if not corrects:
        return ASIDE if cannot_tell else CLOSE if label == answered_items.UNUSABLE else ROUTE
    if cannot_tell or label == answered_items.UNUSABLE:
        raise NotDecidable("its driver is on the way: choose a label that has a route")
    return ROUTE


def contradicts(photo: Json, label: str) -> bool:
    """Whether it says that the model was wrong: people err as well, so that another one is asked before it counts."""
    return label not in (photo.get("first", photo)["label"], answered_items.UNUSABLE)


def is_same(ask: Ask, made: Json) -> bool:
    mine = made["by"] == ask.caller.sub and not made["withdrawn"]
    return mine and all(made[name] == said(ask.body)[name] for name in ("label", "vehicle"))


def carry_out(given: Settings, photo: Json, number: int, made: Json) -> None:
    """Once more is the same."""
    if made["way"] == ROUTE:
        if photo.get("decided", 0) < number:
            start(given, photo, number, made)
        return
    names = ("label", "vehicle", "at", "seconds", "way")
    change, condition = OPINE[made["way"]]
    try:
        stored.photos(given).update(
            photo["id"],
            change.replace("#opinion", f"#{answered_items.opinion(number)}"),
            condition,
            opinion={name: made[name] for name in names if name in made},
            at=made["at"],
            due=answered_items.DUE,
            now=write_now(),
            number=number,
            answered=answered_items.ANSWERED,
            unusable=answered_items.UNUSABLE,
            routed=register.ROUTED,
            waiting=register.WAITING,
        )
    except stored.Refused as refused:
        if answered_items.opinion(number) not in refused.item:
            raise NotDecidable("its driver waits for another answer by now, or for none") from refused


def start(given: Settings, photo: Json, number: int, made: Json) -> None:
    """An execution of the workflow, which waits for the grace and then claims the decision. It knows no person."""
    event = {
        "s3_bucket": photo["s3_bucket"],
        "s3_key": photo["s3_key"],
        "version_id": photo["version_id"],
        "label": made["label"],
        "vehicle": made["vehicle"],
        "decided_by": answered_items.DECIDERS[0],
        "decision": number,
        "grace_seconds": given.grace_seconds,
        "image_data": "",
        "inferences": [],
    }
    steps = client("stepfunctions")
    name = decision_name.write(photo["id"], number)
    try:
        steps.start_execution(stateMachineArn=given.machine, name=name, input=json.dumps(event))
    except steps.exceptions.ExecutionAlreadyExists:
        pass


def answer(ask: Ask, made: Json) -> Decision:
    withdrawn = True if made["withdrawn"] else UNSET
    return Decision(
        ask.photo,
        ask.number - told_numbers.offset_of(made),
        made["label"],
        made["vehicle"],
        made["effect_at"],
        withdrawn,  # type: ignore[arg-type]
    )
