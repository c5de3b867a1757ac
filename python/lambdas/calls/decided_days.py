"""What people decided on a day, by a photo's items: of what has been carried out, and was told or would have been.

An answer to a blind photo is none, nor is an opinion that leaves a photo to others: whoever is shown that there is one
would know the photo, and what the model said of it, when they are to judge it themselves.
"""

from core.contract import answered_items
from core.contract.shapes import Json
from lambdas.calls.reviews_table import CLOSE, ROUTE


def decided_at(photo: Json, review: Json, day: str) -> str:
    """When somebody decided last on that day; nothing if nobody did."""
    made = answered_items.numbered(review, answered_items.DECISION)
    return max((it["at"] for number, it in made.items() if counts(photo, number, it, day)), default="")


def counts(photo: Json, number: int, made: Json, day: str) -> bool:
    if made["withdrawn"] or made["at"][:10] != day:
        return False
    if made["way"] == ROUTE:
        return number <= photo.get("decided", 0)
    return made["way"] == CLOSE and answered_items.opinion(number) in photo


def is_first(photo: Json, day: str) -> bool:
    """Whether the register's index of that day has it as a person's."""
    return photo.get("day") == f"{day} {answered_items.DECIDERS[0]}"
