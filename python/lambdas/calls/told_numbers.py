"""The number of a decision as it is told to a person: of a known answer as if hardly anybody had answered before.

Such a photo has two answers at least, so that its own next number would tell it from the others. The lease has by how
much what is told is less, and the decision keeps that.
"""

from core.contract import answered_items
from core.contract.shapes import Json
from lambdas.calls import candidates
from lambdas.calls.candidates import Candidate

OFFSET = "offset"


def choose_offset(it: Candidate, me: str) -> int:
    """What is told is the first number, or of what gets two answers perhaps the second; and each time a later one."""
    if not it.known:
        return 0
    second = candidates.is_sampled(it.id) and candidates.shuffle(me, it.id)[0] % 2
    mine = [number - offset_of(made) for number, made in decisions(it.review) if made["by"] == me]
    return it.number - max(mine, default=int(second)) - 1


def offset_of(made: Json) -> int:
    return int(made.get(OFFSET, 0))


def offset_for(review: Json, me: str) -> int:
    """Of what this person is told of the photo now."""
    return offset_of(review) if review.get("by") == me else 0


def find_number(review: Json, me: str, told: int) -> int:
    """The number in the tables of what this person was told, or makes under that number now."""
    made = (number for number, it in decisions(review) if it["by"] == me and number - offset_of(it) == told)
    return next(made, told + offset_for(review, me))


def decisions(review: Json) -> list[tuple[int, Json]]:
    return [*answered_items.numbered(review, answered_items.DECISION).items()]
