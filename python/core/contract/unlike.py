"""How unlike a model's training photographs a photo is: `unlikeness`, a share from 0 to 1, beside its probabilities.

It is the share of those photographs that were nearer to the others than this photo. The model says it in a custom
attribute of its answer, for the function that asked, and as a parameter of the answer's content type, for the capture.
A model that does not know it says neither.
"""

import math
import reprlib
from urllib.parse import unquote

from core.contract.errors import UnexpectedInference
from core.contract.events import UNNAMED, Pointer

NAME = "unlikeness"
MAX_UNLIKENESS = 0.995  # where nobody says otherwise; 1 lets every photo pass


def split(text: str, between: str = ",") -> dict[str, str]:
    """Names and values, percent-encoded, as attributes and the parameters of a content type have them."""
    pairs = (pair.strip().partition("=") for pair in text.split(between))
    return {name: unquote(value) for name, equals, value in pairs if equals}


def parse(value: object, image: Pointer | None) -> float | None:
    """A share or its text; None where there is none. Anything else is refused: never fail open."""
    if value is None:
        return None
    share = math.nan
    if isinstance(value, float | int | str) and not isinstance(value, bool):
        try:
            share = float(value)
        except (ValueError, OverflowError):
            pass
    if not 0 <= share <= 1:
        raise UnexpectedInference(
            f"{image or UNNAMED}: the model's {NAME} is not a number from 0 to 1: {reprlib.repr(value)}"
        )
    return share
