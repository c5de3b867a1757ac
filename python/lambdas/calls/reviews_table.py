"""A photo's item in the table of reviews, which alone knows who has and who had a photo, and who decided.

A table's time to live deletes late: what ran out is compared, and counts as gone.
"""

import time

from core.contract import answered_items, register
from core.contract.shapes import Json
from lambdas.calls.api_settings import Settings, write_now

LEASE_SECONDS = 60
# How a decision is carried out: by the state machine; as an opinion alone, of a blind photo or another; as that which
# ends a blind photo's turn; by closing an objection; or as an opinion whose right answer is known.
ROUTE, ASIDE, BLIND_ASIDE, BLIND, CLOSE = "route", "aside", "blind_aside", "blind", "close"
KNOWN = answered_items.KNOWN
WHO_DECIDED = {"day", "decided_by_sub"}  # of the last that stands: what figures by person are made of


def current(given: Settings, item: Json, photo: Json) -> Json:
    """What counts of a photo's item. The register alone may know that a decision is withdrawn: it is told first."""
    if item.get("expires", 0) <= time.time():
        return {}
    withdrawn, gone = photo.get(answered_items.WITHDRAWN, ()), too_old(given, item)
    kept = {name: it for name, it in item.items() if name not in gone}
    for number, it in answered_items.numbered(kept, answered_items.DECISION).items():
        kept[answered_items.decision(number)] = it | {"withdrawn": it["withdrawn"] or number in withdrawn}
    return kept


def too_old(given: Settings, item: Json) -> set[str]:
    """Attributes that say who decided, longer ago than that may be known: each lease renews the item's own age."""
    oldest = forget_before(given)
    found = {
        answered_items.decision(number)
        for number, it in answered_items.numbered(item, answered_items.DECISION).items()
        if it["at"] < oldest
    }
    return found | (WHO_DECIDED & item.keys() if item.get("day", oldest) < oldest[:10] else set())


def forget_before(given: Settings) -> str:
    return write_now(-86_400 * given.person_days)


def removal(names: set[str]) -> str:
    """The end of a change that removes these attributes too."""
    return f" REMOVE {', '.join(f'#{name}' for name in sorted(names))}" if names else ""


def expires(given: Settings) -> int:
    return register.expires(given.person_days)
