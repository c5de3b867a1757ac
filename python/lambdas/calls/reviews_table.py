"""A photo's item in the table of reviews, which alone knows who has and who had a photo, and who decided.

A table's time to live deletes late: what ran out is compared, and counts as gone.
"""

import time

from core.contract import register
from core.contract.shapes import Json
from lambdas.calls.api_settings import Settings

LEASE_SECONDS = 60
DECISION, OPINION = "decision_", "opinion_"  # then a number
# How a decision is carried out: by the state machine; as an opinion alone; as that which ends a blind photo's turn;
# or by closing an objection.
ROUTE, ASIDE, BLIND, CLOSE = "route", "aside", "blind", "close"


def current(item: Json) -> Json:
    return item if item.get("expires", 0) > time.time() else {}


def expires(given: Settings) -> int:
    return register.expires(given.person_days)


def numbered(item: Json, start: str) -> dict[int, Json]:
    """What has a number in its name, by that."""
    found = {name.removeprefix(start): it for name, it in item.items() if name.startswith(start)}
    return {int(number): it for number, it in sorted(found.items()) if number.isdecimal()}


def next_number(photo: Json, review: Json) -> int:
    """The first that no decision has had."""
    taken = {0, int(photo.get("decided", 0)), *map(int, photo.get("withdrawn", ()))}
    for item, start in ((photo, DECISION), (photo, OPINION), (review, DECISION)):
        taken |= numbered(item, start).keys()
    return max(taken) + 1
