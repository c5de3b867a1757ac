"""Photos of which two people have said the same: one place in twenty of a lot asks another person about one of these.

So it is seen how often they are right. It looks and is leased as one of the blind sample, for nobody to look closer.
"""

from collections.abc import Container

from core.contract import answered_items, register
from lambdas.calls import candidates, stored
from lambdas.calls.api_settings import Settings, write_now
from lambdas.calls.candidates import LOT, Candidate

SHARE = LOT  # one of so many
NEWEST = 200  # of which one is chosen: their uploads are there the longest
KNOWN = "#labelling = :known"
STATES = (register.ROUTED, register.DECIDED)


def find(given: Settings, me: str, besides: Container[str], others: int) -> list[Candidate]:
    """One for a whole lot of others. Where there are fewer there is at most one a day, and not each day."""
    day = write_now()[:10]
    chance = int.from_bytes(candidates.shuffle(me, day)[:8]) / 2**64
    if chance * (SHARE - 1) >= others:
        return []
    ids = sorted(newest(given), key=lambda it: candidates.shuffle(me, day, it))
    if others < SHARE - 1:
        ids = ids[:1]
    left = [it for it in ids if it not in besides]
    for start in range(0, len(left), LOT):
        for it in candidates.look_at(given, left[start : start + LOT], blind=True, known=True):
            if may_ask(it, me):
                return [it]
    return []


def newest(given: Settings) -> list[str]:
    values = {"known": answered_items.KNOWN}
    pages = stored.photos(given).pages(
        answered_items.LABELLING, KNOWN, values, 1, Limit=NEWEST, ScanIndexForward=False
    )
    return [item["id"]["S"] for page in pages for item in page["Items"]]


def may_ask(it: Candidate, me: str) -> bool:
    """Of whoever has said nothing of it yet. A driver who waits, or has objected, is no question."""
    photo = it.photo
    still = photo.get(answered_items.LABELLING) == answered_items.KNOWN and photo["state"] in STATES
    driver = "open" in photo or answered_items.OBJECTED_AT in photo
    said = answered_items.numbered(it.review, answered_items.DECISION).values()
    asked = (
        any(made["by"] == me and not made["withdrawn"] for made in said)
        or photo.get(answered_items.OWNER) == me
    )
    return still and not driver and not asked and candidates.is_free(it, me)
