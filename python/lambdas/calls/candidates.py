"""Which photos a person may be given next, in which order: read from the indexes, then looked at as they are now."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from core.contract import answer_kinds, answered_items, register
from core.contract.shapes import Json
from lambdas.calls import reviews_table, stored
from lambdas.calls.api_settings import Settings, write_now
from lambdas.calls.reviews_table import ROUTE
from lambdas.calls.stored import ARCHIVE_WAITS, DRIVERS_WAIT, WAITING

# Who waits longest, by pages, and how many of the first page at a time.
DRIVERS, LOOK, DRIVER_PAGES = 20, 5, 10
LOT_PAGE, LOT_PAGES = 50, 10  # of the archive
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

    @property
    def id(self) -> str:
        return self.photo["id"]

    @property
    def number(self) -> int:
        return answered_items.next_number(self.photo, self.review)


def drivers(given: Settings, me: str) -> Iterator[list[Candidate]]:
    """Who waits longest comes first. A few at a time are looked at: most often the first can be had."""
    pages = stored.photos(given).pages(register.INDEX, DRIVERS_WAIT, WAITING, DRIVER_PAGES, Limit=DRIVERS)
    for earlier, page in enumerate(pages):
        ids, step = [item["id"]["S"] for item in page["Items"]], DRIVERS if earlier else LOOK
        for start in range(0, len(ids), step):
            seen = look_at(given, ids[start : start + step])
            yield [it for it in seen if waits(it.photo) and may_have(it, me)]


def lot(given: Settings, me: str, most: int) -> list[Candidate]:
    """Of the archive and of the blind sample, half of each where there is enough; their order tells neither."""
    blind, archive = find_blind(given, me)[:most], find_archived(given, me, most)
    half = max((most + 1) // 2, most - len(archive))
    taken = blind[:half]
    return sorted([*taken, *archive[: most - len(taken)]], key=lambda it: it.id)


def find_archived(given: Settings, me: str, most: int) -> list[Candidate]:
    found: list[Candidate] = []
    for page in stored.photos(given).pages(register.INDEX, ARCHIVE_WAITS, WAITING, LOT_PAGES, Limit=LOT_PAGE):
        seen = look_at(given, [item["id"]["S"] for item in page["Items"]])
        found += [it for it in seen if waits(it.photo, archived=True) and may_have(it, me)]
        if len(found) >= most:
            break
    return found


def find_blind(given: Settings, me: str) -> list[Candidate]:
    """The same few of each day, by their ids: a hash, so by chance."""
    found = [photo for day in complete_days() for photo in sample(given, day)]
    return [it for it in look_at(given, found, blind=True) if may_have(it, me)]


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


def look_at(given: Settings, ids: list[str], blind: bool = False) -> list[Candidate]:
    """In the order of the ids, without those that are gone."""
    photos, reviews = stored.get_many(ids, stored.photos(given), stored.reviews(given))
    return [candidate(given, photos[it], reviews.get(it, {}), blind) for it in ids if it in photos]


def candidate(given: Settings, photo: Json, review: Json, blind: bool) -> Candidate:
    known = reviews_table.current(given, review, photo)
    return Candidate(photo, known, reviews_table.too_old(given, review), blind)


def waits(photo: Json, archived: bool = False) -> bool:
    """The index may be a little behind."""
    waiting = photo.get("open") == register.WAITING
    return waiting and photo["since"].startswith(register.ARCHIVE) == archived


def may_have(it: Candidate, me: str) -> bool:
    review, since, now = it.review, begun(it.photo), write_now()
    if review.get("by", me) != me and review["until"] >= now:
        return False
    if is_underway(it.photo, review) or has_answered(it.photo, review, me, since):
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
    """Whether a decision was made that will be recorded in a moment."""
    lately, decided = write_now(-TAKES_EFFECT_SECONDS), photo.get("decided", 0)
    return any(
        it["way"] == ROUTE and not it["withdrawn"] and it["at"] >= lately and number > decided
        for number, it in answered_items.numbered(review, answered_items.DECISION).items()
    )


def has_answered(photo: Json, review: Json, me: str, since: str) -> bool:
    """Whether this person has said something that left the photo open for others, and stands with the photo."""
    return any(
        it["by"] == me
        and answered_items.opinion(number) in photo
        and not it["withdrawn"]
        and it["at"] >= since
        for number, it in answered_items.numbered(review, answered_items.DECISION).items()
    )
