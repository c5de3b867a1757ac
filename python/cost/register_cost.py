"""What it costs to record each photo: the workflow as it was before the register, and as it is.

The old workflow cannot be planned any more: what it cost is kept as it was worked out then, at the prices of then.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from cost.photos import Photos

BEFORE = Path(__file__).with_name("before_register.json")


def rows(model: Photos) -> Iterator[tuple[str, ...]]:
    was = json.loads(BEFORE.read_text())
    count = model.count / 1000
    for name, costs in (
        ("accepted", model.one_by_one()),
        ("reviewed", model.one_by_one(review=True)),
    ):
        yield f"dollars, {name}", f"{was[name] * count:,.4f}", f"{sum(costs.values()):,.4f}"
    took = was["milliseconds"]
    yield "milliseconds of one photo", f"{took['before']:g}", f"{took['now']:g}"


def conditions() -> str:
    return str(json.loads(BEFORE.read_text())["conditions"])
