"""What the recipe of a model changes: the instance's time for an answer, and how many photos wait for a person.

answering.json has what was measured of each recipe; what a person's time costs is an assumption of prices.toml.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cost.photos import Photos

RECORDED = Path(__file__).with_name("answering.json")
HOUR = 3600


@dataclass(frozen=True)
class Answer:
    """By the model as it is shipped."""

    milliseconds: float  # of one core
    coverage: float  # the share that needs no person


def read() -> tuple[str, dict[str, Answer]]:
    """The conditions, and by recipe what was measured."""
    content = json.loads(RECORDED.read_text())
    return content["conditions"], {name: Answer(**answer) for name, answer in content["recipes"].items()}


def rows(model: Photos, answers: list[Answer]) -> Iterator[tuple[str, ...]]:
    """A row's name, and its figure for each recipe."""
    left = [model.count * (1 - it.coverage) for it in answers]
    assumed = model.prices.assumptions
    decision = assumed["decision_seconds"] / HOUR * assumed["person_hour"]
    yield "milliseconds of a core for a photo", *(f"{it.milliseconds:.1f}" for it in answers)
    if fleet := model.environment.fleet:
        second = model.prices.hour(fleet.instance_type) / HOUR
        taken = [model.count * it.milliseconds / 1000 * second for it in answers]
        yield "dollars of an instance that answers one at a time", *(f"{it:,.4f}" for it in taken)
    yield "photos that are left to a person", *(f"{it:,.0f}" for it in left)
    yield "dollars of a person's decisions", *(f"{it * decision:,.2f}" for it in left)
