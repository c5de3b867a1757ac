"""What it costs to record each photo: the workflow as it was before the register, and as it is.

The old workflow cannot be planned any more: what it cost is kept as it was worked out then, at the prices of then.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from core.contract.shapes import Json
from cost.photos import Photos

BEFORE = Path(__file__).with_name("before_register.json")


def read() -> Json:
    """Of 1,000 photos."""
    return dict(json.loads(BEFORE.read_text()))


def rows(model: Photos, was: Json) -> Iterator[tuple[str, ...]]:
    for name, review in (("accepted", False), ("reviewed", True)):
        before, now = was[name] * model.count / 1000, sum(model.one_by_one(review=review).values())
        yield f"dollars, {name}", f"{before:,.4f}", f"{now:,.4f}"
    took = was["milliseconds"]
    yield "milliseconds of one photo", f"{took['before']:g}", f"{took['now']:g}"
