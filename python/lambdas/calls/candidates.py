"""Which photos a person may be given next, in which order: read from the indexes, then looked at as they are now."""

import hashlib
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from core.contract import answer_kinds, answered_items, register
from core.contract.shapes import Json
from lambdas.calls import reviews_table, stored
from lambdas.calls.api_settings import Settings, write_now
from lambdas.calls.reviews_table import ROUTE
from lambdas.calls.stored import ARCHIVE_WAITS, DRIVERS_WAIT, WAITING

DRIVERS, DRIVER_PAGES = 20, 10  # of those who wait
LOT, LOT_PAGE, LOT_PAGES = 20, 50, 10  # of the archive; the first is how many a lot is chosen of
BLIND_DAYS, BLIND_PAGES = 3, 20
TAKES_EFFECT_SECONDS = 120  # by then a decision is recorded, or never
SAMPLED = 26  # of 256: one photo in ten gets two answers
MOST_OPINIONS = 2


FILTERED = {answered_items.BLIND, answered_items.OBJECTED_AT}


@dataclass(frozen=True)
class Candidate:
    photo: Json
    review: Json
    too_old: set[str]  # attributes of the review, which a lease removes
    blind: bool = False
    known: bool = False  # blind too, and asked to see how often a person is right

    @property
    def id(self) -> str:
        return self.photo["id"]

    @property
    def number(self) -> int:
        return answered_items.next_number(self.photo, self.review)


def drivers(given: Settings) -> Iterator[list[Candidate]]:
    """Pages, who waits longest first; there is one at least."""
    pages = stored.photos(given).pages(register.INDEX, DRIVERS_WAIT, WAITING, DRIVER_PAGES, Limit=DRIVERS)
    for page in pages:
        yield look_at(given, [item["id"]["S"] for item in page["Items"]])


def drivers_for(page: list[Candidate], me: str, besides: Container[str]) -> list[Candidate]:
    return [it for it in page if waits(it.photo) and it.id not in besides and may_have(it, me)]


def count_undecided(given: Settings, first: list[Candidate]) -> int:
    """Drivers about whom no decision is under way. One that is stands on the first page: it is soon recorded."""
    undecided = sum(waits(it.photo) and not is_underway(it.photo, it.review) for it in first)
    if len(first) < DRIVERS:
        return undecided
    return stored.photos(given).count(register.INDEX, DRIVERS_WAIT, WAITING) - len(first) + undecided


def shuffle(*texts: str) -> bytes:
    """What chance says of them, the same each time."""
    return hashlib.sha256("/".join(texts).encode()).digest()


def find_archived(given: Settings, me: str, besides: Container[str]) -> list[Candidate]:
    pages = stored.photos(given).pages(register.INDEX, ARCHIVE_WAITS, WAITING, LOT_PAGES, Limit=LOT_PAGE)
    ids = (item["id"]["S"] for page in pages for item in page["Items"])
    return find_first(given, me, (it for it in ids if it not in besides), blind=False)


def find_blind(given: Settings, me: str, besides: Container[str]) -> list[Candidate]:
    """The same few of each day, by their ids: a hash, so by chance."""
    ids = (photo for day in complete_days() for photo in sample(given, day))
    return find_first(given, me, (it for it in ids if it not in besides), blind=True)


def find_first(given: Settings, me: str, ids: Iterator[str], blind: bool) -> list[Candidate]:
    """Those that may be had, a lot at least where there are so many: a page that is left open asks day and night."""
    found: list[Candidate] = []
    while len(found) < LOT and (some := [*islice(ids, LOT)]):
        seen = look_at(given, some, blind=blind)
        found += [it for it in seen if (blind or waits(it.photo, archived=True)) and may_have(it, me)]
    return found


def complete_days() -> Iterator[str]:
    today = datetime.now(UTC).date()
    return (f"{today - timedelta(days=ago)}" for ago in range(1, BLIND_DAYS + 1))


def sample(given: Settings, day: str) -> Iterator[str]:
    """Of the first that drivers sent, and nobody chose, those that need an answer.

    An objection has a person look at the photo in any case.
    """
    if not given.blind_per_day:
        return
    pages = stored.photos(given).pages(
        answered_items.BY_DAY,
        "#day = :day",
        {"day": f"{day} model"},
        BLIND_PAGES,
        Limit=given.blind_per_day,
    )
    items = (item for page in pages for item in page["Items"])
    live = (item for item in items if answer_kinds.of_upload(item["s3_key"]["S"]) == answer_kinds.LIVE)
    for item in islice(live, given.blind_per_day):
        if not item.keys() & FILTERED:
            yield item["id"]["S"]


def look_at(given: Settings, ids: list[str], **how: bool) -> list[Candidate]:
    """In the order of the ids, without those that are gone; `how` is what else a candidate is."""
    photos, reviews = stored.get_many(ids, stored.photos(given), stored.reviews(given))
    return [candidate(given, photos[it], reviews.get(it, {}), **how) for it in ids if it in photos]


def candidate(given: Settings, photo: Json, review: Json, **how: bool) -> Candidate:
    stands = reviews_table.current(given, review, photo)
    return Candidate(photo, stands, reviews_table.too_old(given, review), **how)


def waits(photo: Json, archived: bool = False) -> bool:
    """The index may be a little behind."""
    waiting = photo.get("open") == register.WAITING
    return waiting and photo["since"].startswith(register.ARCHIVE) == archived


def is_free(it: Candidate, me: str) -> bool:
    others = it.review.get("by", me) != me and it.review["until"] >= write_now()
    return not others and not is_underway(it.photo, it.review)


def may_have(it: Candidate, me: str) -> bool:
    if not is_free(it, me) or has_answered(it.photo, it.review, me, begun(it.photo)):
        return False
    if it.blind:
        # Who sent it has seen what the model says.
        known = it.photo.get(answered_items.OWNER) == me
        return it.photo["state"] == register.ROUTED and not it.photo.keys() & FILTERED and not known
    return not is_archived(it.photo) or len(opinions(it.photo)) < MOST_OPINIONS


def is_archived(photo: Json) -> bool:
    return photo.get("since", "").startswith(register.ARCHIVE)


def begun(photo: Json) -> str:
    """When it began to wait for a person: what was said before, was said of something else."""
    return photo.get("since", "").removeprefix(register.ARCHIVE)


def opinions(photo: Json) -> dict[int, Json]:
    found = answered_items.numbered(photo, answered_items.OPINION)
    return {number: it for number, it in found.items() if it["at"] >= begun(photo)}


def is_sampled(photo: str) -> bool:
    """Whether it gets two answers, of different people."""
    return int(photo[-2:], 16) < SAMPLED


def is_underway(photo: Json, review: Json) -> bool:
    """Whether a decision was made that will be recorded in a moment, or is claimed and ends the wait in a moment."""
    lately, decided = write_now(-TAKES_EFFECT_SECONDS), photo.get("decided", 0)
    return any(
        it["way"] == ROUTE
        and not it["withdrawn"]
        and it["at"] >= lately
        and (number > decided or (number == decided and is_of_this_wait(photo, it)))
        for number, it in answered_items.numbered(review, answered_items.DECISION).items()
    )


def is_of_this_wait(photo: Json, decision: Json) -> bool:
    """It is claimed by its execution before the driver waits no more. After an objection the wait is another."""
    return photo.get("open") == register.WAITING and decision["at"] >= begun(photo)


def has_answered(photo: Json, review: Json, me: str, since: str) -> bool:
    """Whether this person has said something that left the photo open for others, and stands with the photo."""
    return any(
        it["by"] == me
        and answered_items.opinion(number) in photo
        and not it["withdrawn"]
        and it["at"] >= since
        for number, it in answered_items.numbered(review, answered_items.DECISION).items()
    )
