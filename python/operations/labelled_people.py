"""Which labels stand: by who said them, how often those people are right, and what others said of the same photo.

    judged = judge(labels, who, exclude)
    judged.standing["0f3a..."]      the class, and the labels that it rests on
    judged.left_out                 why other photos have none, and how many

A photo counts once. Of a person the last word on it counts. After `person_days` it is not known who said a label: it
stands only where it did before, in a data set, and all such labels on a photo count as one person's, who is right as
often as anybody is taken to be at first.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from core.contract import answered_items, register
from core.contract.labels import Label, by_photo
from core.contract.shapes import Json
from core.figures import agreement
from core.figures.agreement import Rate
from core.label_store import Labels

WITHDRAWN, EXCLUDED, TOO_NEW = "withdrawn", "excluded", "too new"
UNRELIABLE, UNKNOWN = "person is not right often enough", "nobody knows who said it"
DISAGREED, OTHER, UNUSABLE, CANNOT_TELL = "disagreed", "other", "unusable", "cannot tell"
# By which a photo without a class is counted: the first of them that leaves none of its labels.
REASONS = (WITHDRAWN, EXCLUDED, UNKNOWN, CANNOT_TELL, UNRELIABLE, TOO_NEW, DISAGREED, OTHER, UNUSABLE)
NO_CLASS = {answered_items.OTHER: OTHER, answered_items.UNUSABLE: UNUSABLE}
ROUNDING = 1e-9
MOST_KEYS = 100  # of a request


@dataclass(frozen=True)
class Standing:
    """What a photo shows, as people say."""

    label: Label  # whose copy of the photo is used
    cls: str
    names: list[str]  # of the labels that it rests on
    blind: bool  # it is of the blind sample, whoever has judged it


@dataclass(frozen=True)
class Judged:
    standing: dict[str, Standing]  # by the photo's id
    reasons: dict[str, str]  # of the other photos
    people: list[Rate]
    excluded: list[str]  # names of labels that never count again: nobody may know later whose they were

    @property
    def left_out(self) -> Counter[str]:
        """Photos, by the reason."""
        return Counter(self.reasons.values())

    @property
    def unreliable(self) -> list[Rate]:
        """Whose labels do not count, for how often they are right."""
        return [it for it in self.people if not it.is_right_enough]


def judge(
    labels: Labels,
    who: Mapping[str, str],
    exclude: Collection[str] = (),
    never: Collection[str] = (),
    stood: Collection[str] = (),
) -> Judged:
    """Who said a label is in `who`, by its name. Labels of those in `exclude` count as if nobody had said them.

    So do labels whose names are in `never`: they were left out before, for the person who said them. Those
    in `stood` were in a data set while it was known who said them.
    """
    never, stood = {*never}, {*stood}
    people = rate(labels, who, exclude, never)
    unreliable = {it.person for it in people if not it.is_right_enough}
    rates = {it.person: it for it in people}
    choices = len({it.label for it in labels.all if it.label != answered_items.CANNOT_TELL})
    standing: dict[str, Standing] = {}
    reasons: dict[str, str] = {}
    for photo, found in sorted(by_photo(labels.all).items()):
        counted = count(found, labels.withdrawn, who, exclude, never, stood, rates)
        if isinstance(counted, str):
            reasons[photo] = counted
            continue
        votes = [
            (it.label, rates[who[it.name]].weight if it.name in who else agreement.PRIOR) for it in counted
        ]
        best, sure = agreement.settle(votes, choices)
        if sure < agreement.SURE - ROUNDING:
            reasons[photo] = DISAGREED
        elif best in NO_CLASS:
            reasons[photo] = NO_CLASS[best]
        else:
            agreeing = [it for it in counted if it.label == best]
            blind = any(it.blind and not it.known for it in found)
            used = next((it for it in agreeing if it.picture), agreeing[0])
            standing[photo] = Standing(used, best, [it.name for it in agreeing], blind)
    left = never | {name for name, person in who.items() if person in unreliable or person in exclude}
    return Judged(standing, reasons, people, sorted(left))


def count(
    found: Iterable[Label],
    withdrawn: Collection[str],
    who: Mapping[str, str],
    exclude: Collection[str],
    never: Collection[str],
    stood: Collection[str],
    rates: Mapping[str, Rate],
) -> list[Label] | str:
    """Those of a photo's labels that count, the oldest first; or why none does."""

    def rate_of(label: Label) -> Rate | None:
        return rates.get(who.get(label.name, ""))

    left = [it for it in found if it.name not in withdrawn]
    if not left:
        return WITHDRAWN
    left = [it for it in left if who.get(it.name) not in exclude and it.name not in never]
    if not left:
        return EXCLUDED
    left = [it for it in left if it.name in who or it.name in stood]
    if not left:
        return UNKNOWN
    left = [it for it in last_words(left, who) if it.label != answered_items.CANNOT_TELL]
    if not left:
        return CANNOT_TELL
    left = [it for it in left if (one := rate_of(it)) is None or one.is_right_enough]
    if not left:
        return UNRELIABLE
    left = [it for it in left if (one := rate_of(it)) is None or not one.is_new]
    return left or TOO_NEW


def last_words(found: Iterable[Label], who: Mapping[str, str]) -> list[Label]:
    """Of each person, who may have corrected themselves; all whose names are not known are one."""
    return list({who.get(it.name): it for it in found}.values())


def rate(
    labels: Labels, who: Mapping[str, str], exclude: Collection[str], never: Collection[str]
) -> list[Rate]:
    """Everybody who is known, by how often they were right where the answer was known, and is so still."""
    others, gone = find_others(labels, who, exclude, never)
    said: dict[str, list[Label]] = {}
    for it in labels.standing:
        if it.name in who:
            said.setdefault(who[it.name], []).append(it)

    def is_known(it: Label) -> bool:
        return others.get(it.photo, {it.known}) == {it.known} and (it.photo in others or it.photo not in gone)

    return [
        Rate(person, len(its), *hits(it for it in its if it.known and is_known(it)))
        for person, its in sorted(said.items())
    ]


def find_others(
    labels: Labels, who: Mapping[str, str], exclude: Collection[str], never: Collection[str]
) -> tuple[dict[str, set[str]], set[str]]:
    """What was said of each photo, beside answers to what was known; and the photos of which some of that is gone."""
    others: dict[str, set[str]] = {}
    gone: set[str] = set()
    for it in labels.all:
        if it.known:
            continue
        if it.name in labels.withdrawn or it.name in never or who.get(it.name) in exclude:
            gone.add(it.photo)
        else:
            others.setdefault(it.photo, set()).add(it.label)
    return others, gone


def hits(said: Iterable[Label]) -> tuple[int, int]:
    """How many known answers were asked for, and how many of them were given. Nobody has to tell."""
    known = [it for it in said if it.label != answered_items.CANNOT_TELL]
    return len(known), sum(it.label == it.known for it in known)


def read_who(
    reviews: str, found: Iterable[Label], person_days: int, now: datetime | None = None
) -> dict[str, str]:
    """Who said each of the labels, as far as the table of reviews of that name may still tell."""
    now = now or datetime.now(UTC)
    oldest = register.write_time(now - timedelta(days=person_days))
    known = [it for it in found if it.at >= oldest]
    items = read_items(reviews, sorted({it.photo for it in known}))
    told: dict[str, str] = {}
    for label in known:
        item = items.get(label.photo, {})
        decision = item.get(answered_items.decision(label.number))
        if decision and int(item.get("expires", 0)) > now.timestamp():
            told[label.name] = decision["by"]
    return told


def read_items(table: str, photos: list[str]) -> dict[str, Json]:
    dynamodb = boto3.resource("dynamodb")
    found: dict[str, Json] = {}
    for start in range(0, len(photos), MOST_KEYS):
        asked: Any = {table: {"Keys": [{"photo": it} for it in photos[start : start + MOST_KEYS]]}}
        while asked:
            told = dynamodb.batch_get_item(RequestItems=asked)
            found |= {item["photo"]: item for item in told["Responses"].get(table, ())}
            asked = told.get("UnprocessedKeys", {})
    return found
