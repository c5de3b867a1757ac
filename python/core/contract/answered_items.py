"""What people and drivers may say of a photo, and what the API writes of it in its item beside the state machine."""

from core.contract.shapes import Json

DECIDERS = ["person", "driver"]
OTHER, UNUSABLE = "other", "unusable"  # a person's labels; the first has a route
CANNOT_TELL = "cannot_tell"  # a person's too, of an opinion alone: it is no decision

BY_OWNER = "owner"  # the register's index by who sent a photo, and when they asked to
BY_DAY = "day"  # its index by the day of the first route and by whom, as `2026-11-27 model`

OWNER, ASKED_AT, FILE_NAME, CONTENT_TYPE = "owner", "asked_at", "file_name", "content_type"
OBJECTED_AT, OBJECTION = (
    "objected_at",
    "objection",
)  # of a driver who says it is wrong: when, and what else came of it
BLIND, ANSWERED = "blind", "answered"  # the attribute, and its value
WITHDRAWN = "withdrawn"  # numbers of decisions that count no more
DECISION, OPINION = "decision_", "opinion_"  # then a number
# Whose labels are to be written, and since when; or whose class is known: an attribute, and the index by it.
LABELLING, LABELLING_AT = "labelling", "labelling_at"
DUE, KNOWN = (
    "due",
    "known",
)  # what it may be; the second is also the attribute with the class, and a way of answering
LABELLED = "labelled"  # numbers of decisions and opinions that are labels by now
FORGOTTEN = "forgotten"  # the state that `make forget` leaves


def decision(number: int) -> str:
    """The attribute of a decision: written by the execution that carries it out."""
    return f"{DECISION}{number}"


def opinion(number: int) -> str:
    """The attribute of an answer that routes nobody, numbered with the decisions."""
    return f"{OPINION}{number}"


def numbered(item: Json, start: str) -> dict[int, Json]:
    """What has a number in its name, by that and in its order."""
    found = {name.removeprefix(start): it for name, it in item.items() if name.startswith(start)}
    numbers = sorted(int(number) for number in found if number.isdecimal())
    return {number: found[str(number)] for number in numbers}


def next_number(*items: Json) -> int:
    """The first that no decision on the photo has had: withdrawn ones and opinions are numbered with them."""
    taken = {0}
    for item in items:
        taken |= {int(item.get("decided", 0)), *map(int, item.get(WITHDRAWN, ()))}
        taken |= numbered(item, DECISION).keys() | numbered(item, OPINION).keys()
    return max(taken) + 1
