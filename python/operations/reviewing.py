"""What waits, decided through an environment's API as a person does it: leased, looked at, and said what it is."""

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from core.console import UserError
from core.contract import answered_items, register
from core.contract.shapes import Json
from operations.api_calls import LATER, RETRY_SECONDS, Answer, Caller, describe

LOOK_SECONDS = 0.5
LOT = 10  # of those for which nobody waits, as the console asks for
PATIENCE_SECONDS = 120  # that a decision may take until its driver is told


@dataclass(frozen=True)
class Shown:
    """What somebody sees on a photo, and what became of its driver by that."""

    photo: str
    label: str
    vehicle: str
    decided_by: str
    assignment: Json
    seconds: float  # from the decision


def decide(person: Caller, truth: Mapping[str, str], routes: Mapping[str, object]) -> Iterator[Shown]:
    """Lease and decide until none of these waits, then follow each; the truth is a class by the photo's id."""
    decided: dict[str, float] = {}
    while len(decided) < len(truth):
        lot = ask(person, "POST", "/leases", {})
        strange = [it["id"] for it in lot["photos"] if it["id"] not in truth]
        if strange or not lot["photos"]:
            raise UserError(
                f"of {len(truth)} photos that wait {len(decided)} were leased, and then {strange or 'none'}"
            )
        for it in lot["photos"]:
            put(person, it, truth, routes)
            decided[it["id"]] = time.monotonic()
    for photo, since in decided.items():
        yield follow(person, photo, since)


def answer(
    person: Caller, truth: Mapping[str, str], routes: Mapping[str, object], wanted: Collection[str], most: int
) -> list[str]:
    """Whatever a person is given, until so many of those that are wanted are answered, or nothing is left; all of them.

    Drivers come first, and what nobody waits for after them.
    """
    answered: list[str] = []
    while (left := most - sum(it in wanted for it in answered)) > 0:
        lot = ask(person, "POST", "/leases", {"most": min(left, LOT)})
        if not lot["photos"]:
            break
        for it in lot["photos"]:
            put(person, it, truth, routes)
            answered.append(it["id"])
    return answered


def put(person: Caller, leased: Json, truth: Mapping[str, str], routes: Mapping[str, object]) -> None:
    """Decide what was leased, after a look."""
    way = f"/photos/{leased['id']}/decisions/{leased['number']}"
    ask(person, "PUT", way, say(truth[leased["id"]], routes) | {"seconds": 1})


def say(seen: str, routes: Mapping[str, object]) -> Json:
    """What has no route of its own is another vehicle."""
    return {"label": seen} if seen in routes else {"label": answered_items.OTHER, "vehicle": seen}


def follow(person: Caller, photo: str, since: float) -> Shown:
    while True:
        found, seconds = ask(person, "GET", f"/photos/{photo}"), time.monotonic() - since
        if found["state"] == register.ROUTED:
            return Shown(
                photo,
                found["label"],
                found.get("vehicle", ""),
                found["decided_by"],
                found["assignment"],
                seconds,
            )
        if seconds > PATIENCE_SECONDS:
            raise UserError(f"photo {photo} was decided {seconds:.0f} s ago, and is {found['state']} still")
        time.sleep(LOOK_SECONDS)


def ask(person: Caller, method: str, path: str, body: Json | None = None) -> Json:
    """A good answer, later if the API says so."""
    while (answer := person.call(method, path, body)).status in LATER:
        time.sleep(float(answer.headers.get("Retry-After", RETRY_SECONDS)))
    return check(answer, f"{method} {path}")


def check(answer: Answer, what: str) -> Json:
    if answer.status not in (200, 202):
        raise UserError(f"{what} is answered {describe(answer)}")
    return answer.body
