"""A label: what one person said of one photo, as it lies in the bucket beside a copy of the photo.

    labels/2026/11/27/<photo>-<number>.json              the label, written once and never changed
    labels/2026/11/27/<photo>-<number>.jpg               what was looked at, since uploads expire
    labels/2026/11/27/<photo>-<number>.withdrawn.json    that it counts no more, and why

Who said it is not in it: the table of reviews knows, by photo and number, for `person_days`, and then nobody.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Self

from core.contract import answered_items
from core.contract.shapes import Json

FOLDER = "labels"
ENDING, WITHDRAWN = ".json", ".withdrawn.json"
NO_CLASS = (answered_items.OTHER, answered_items.UNUSABLE, answered_items.CANNOT_TELL)


@dataclass(frozen=True)
class Label:
    photo: str  # its id in the register
    number: int  # of the decision or opinion, among those on this photo
    at: str  # when it was said
    label: str  # a class, or one of NO_CLASS
    vehicle: str  # of another vehicle: which
    seconds: float | None  # that the person looked, where the page has told
    blind: bool  # for the blind sample: of what the model accepted, chosen by chance, its answer not shown
    assisted: bool  # whether the person could see what the model had said
    known: str  # what two people had said before, if it was asked to see how right this one is
    kind: str  # of answer_kinds: whether a driver sent it, or somebody chose it
    source: str  # the camera or phone
    came_at: str  # when the photo came; nothing where that is not known
    routed_day: str  # when the model routed it, as 2026-11-26; nothing if it did not
    model: str  # the id of the one that answered; nothing where that is not known
    answer: str  # the class that it found most probable
    confidence: float | None
    picture: str  # the key of the copy; nothing if the photo was gone
    sha256: str  # of the copy's bytes

    @property
    def name(self) -> str:
        return f"{self.photo}-{self.number}"

    @property
    def key(self) -> str:
        return place(self.at, self.name, ENDING)

    @property
    def is_class(self) -> bool:
        """Whether it says which class the photo shows."""
        return self.label not in NO_CLASS

    def write(self) -> bytes:
        return json.dumps(asdict(self), indent=1, sort_keys=True).encode() + b"\n"

    @classmethod
    def read(cls, content: Json) -> Self:
        """Of a later release more may be in it."""
        return cls(**{field.name: content[field.name] for field in fields(cls)})


def by_photo(labels: Iterable[Label]) -> dict[str, list[Label]]:
    """What was said of each, in the order of the labels."""
    found: dict[str, list[Label]] = {}
    for label in labels:
        found.setdefault(label.photo, []).append(label)
    return found


def place(at: str, name: str, ending: str) -> str:
    """The key of a label said at that time, or of what belongs to it."""
    return f"{of_day(date.fromisoformat(at[:10]))}{name}{ending}"


def of_day(day: date) -> str:
    """The prefix of a day's."""
    return f"{FOLDER}/{day:%Y/%m/%d}/"
