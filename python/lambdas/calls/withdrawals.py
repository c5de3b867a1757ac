"""DELETE /photos/{id}/decisions/{number}: who made a decision takes it back, before it takes effect."""

from core.contract import answered_items, register
from lambdas.calls import photo_view, reviews_table, stored
from lambdas.calls.api_settings import write_now
from lambdas.calls.asking import Ask, Reply
from lambdas.calls.person_decisions import answer
from lambdas.calls.problems import DecisionTooLate, PhotoNotFound
from lambdas.calls.reviews_table import ASIDE, BLIND, CLOSE, LEASE_SECONDS, ROUTE

# The state machine claims no decision of which the register says that it is withdrawn, and looks after the grace.
UNDO = {
    ROUTE: ("ADD #withdrawn :numbers", "attribute_exists(id) AND attribute_not_exists(#decision)"),
    ASIDE: ("REMOVE #opinion ADD #withdrawn :numbers", "attribute_exists(id)"),
    BLIND: ("REMOVE #opinion, #blind ADD #withdrawn :numbers", "attribute_exists(id)"),
    CLOSE: (
        "SET #open = :waiting, #since = #objected_at REMOVE #opinion, #objection ADD #withdrawn :numbers",
        "#state = :routed AND (#open = :waiting OR #objection = :unusable)",
    ),
}
# Nobody has decided anything by it: the figures by person do not count it.
MARK = "SET #decision.#withdrawn = :true, #until = :until REMOVE #day, decided_by_sub"


def withdraw(ask: Ask) -> Reply:
    reviews, me = stored.reviews(ask.given), ask.caller.sub
    made = reviews_table.current(reviews.get(ask.photo)).get(answered_items.decision(ask.number))
    if made is None or made["by"] != me:
        raise PhotoNotFound(f"you have made no decision {ask.number} on it")
    if not made["withdrawn"]:
        if made["effect_at"] < write_now():
            raise DecisionTooLate(
                f"it took effect at {made['effect_at']}: a correction has a number of its own"
            )
        undo(ask, made["way"])
        decision = f"#{answered_items.decision(ask.number)}"
        reviews.update(
            ask.photo,
            MARK.replace("#decision", decision),
            f"{decision}.#by = :me",
            true=True,
            me=me,
            until=write_now(LEASE_SECONDS),
        )
    return Reply(200, answer(ask, made | {"withdrawn": True}))


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
