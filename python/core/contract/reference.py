"""What whoever sends a photo calls it: a delivery's number, for one. It is kept with the photo, and decides nothing."""

import reprlib
from collections.abc import Mapping

from core.contract.errors import InvalidEvent

MAX_REFERENCE = 128  # characters


def parse_reference(body: Mapping[str, object]) -> str | None:
    """The event's, if it has one."""
    reference = body.get("reference")
    if reference is None or (
        isinstance(reference, str) and len(reference) <= MAX_REFERENCE and reference.isprintable()
    ):
        return reference or None
    raise InvalidEvent(
        f"reference must be at most {MAX_REFERENCE} characters of printable text, not {reprlib.repr(reference)}"
    )
