"""POST /leases, PUT and DELETE /leases/{id}: a photo is one person's for a minute, by one conditional write.

Whoever gives one back has had it: they correct what they decided of it, and who had it blind is still blind.
"""

from itertools import chain, islice

from msgspec import UNSET, UnsetType

from core.contract.shapes import Json
from lambdas.calls import candidates, lots, pictures_shown, reviews_table, stored, told_numbers
from lambdas.calls.api_settings import write_now
from lambdas.calls.api_types import Lease, LeasedPhoto, Lot, NextPhoto
from lambdas.calls.asking import Ask, Reply
from lambdas.calls.candidates import Candidate
from lambdas.calls.problems import LeaseLost
from lambdas.calls.reviews_table import LEASE_SECONDS

TAKE = (
    "SET #by = :me, #until = :until, #blind = :blind, #known = :known, #offset = :offset, #expires = :expires"
)
FREE = "attribute_not_exists(#by) OR #by = :me OR #until < :now"
MINE = "#by = :me AND #until >= :now"
NEXT = 3  # pictures of drivers that a page may load beforehand
EMPTY_SECONDS = "2"
OVER_SECONDS = -0.001  # as times are compared


def lease(ask: Ask) -> Reply:
    """A driver's photo, or if no driver waits a lot of others; or what would come."""
    body, me = ask.body, ask.caller.sub
    besides = {*body.besides}
    pages = candidates.drivers(ask.given)
    first = next(pages)
    waiting = candidates.count_undecided(ask.given, first)
    for page in chain([first], pages):
        free = candidates.drivers_for(page, me, besides)
        if free and not body.take:
            return reply([], free[:NEXT], waiting, free=True)
        for place, driver in enumerate(free):
            if leased := take(ask, driver):
                return reply([leased], free[place + 1 :][:NEXT], waiting)
    others = lots.lot(ask.given, me, besides) if body.most else []
    if not body.take:
        return reply([], others[: body.most], waiting, free=False)
    lot = (leased for other in others if (leased := take(ask, other)))
    return reply([*islice(lot, body.most)], [], waiting)


def reply(
    leased: list[LeasedPhoto], others: list[Candidate], waiting: int, free: bool | UnsetType = UNSET
) -> Reply:
    following = [NextPhoto(it.id, pictures_shown.address(it.photo)) for it in others]
    headers = {} if leased else {"retry-after": EMPTY_SECONDS}
    shown = [*(it.id for it in leased), *(it.id for it in following)]
    return Reply(200, Lot(leased, following, waiting, free), headers, shown)


def take(ask: Ask, it: Candidate) -> LeasedPhoto | None:
    """Nothing if somebody else was quicker."""
    until = write_now(LEASE_SECONDS)
    values = {"me": ask.caller.sub, "now": write_now(), "until": until, "blind": it.blind, "known": it.known}
    offset = told_numbers.choose_offset(it, ask.caller.sub)
    expires = reviews_table.expires(ask.given)
    change = f"{TAKE}{reviews_table.removal(it.too_old)}"
    try:
        stored.reviews(ask.given).update(it.id, change, FREE, **values, offset=offset, expires=expires)
    except stored.Refused:
        return None
    archived = it.blind or candidates.is_archived(it.photo)
    picture = pictures_shown.address(it.photo)
    return LeasedPhoto(it.id, it.number - offset, picture, until, UNSET if archived else it.photo["since"])


def renew(ask: Ask) -> Reply:
    return hold(ask, write_now(LEASE_SECONDS))


def give_back(ask: Ask) -> Reply:
    """It is as a lease that has run out: the next may have it at once."""
    return hold(ask, write_now(OVER_SECONDS))


def hold(ask: Ask, until: str) -> Reply:
    me = ask.caller.sub
    try:
        stored.reviews(ask.given).update(
            ask.photo, "SET #until = :until", MINE, me=me, now=write_now(), until=until
        )
    except stored.Refused as refused:
        raise lost(refused.item, me) from refused
    return Reply(200, Lease(ask.photo, until))


def lost(review: Json, me: str) -> LeaseLost:
    holder = review.get("by")
    if holder == me:
        return LeaseLost("your lease ran out: ask for the next photo")
    return LeaseLost("somebody else has it" if holder else "you have no lease of it: ask for one")
