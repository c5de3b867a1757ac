"""What people said of a photo, as its item in the register and the one in the table of reviews have it together.

The first has it for as long as the photo is kept, and the second knows who it was, how long they looked and what for.
"""

import json
from dataclasses import dataclass
from operator import itemgetter

from core.contract import answered_items, labels
from core.contract.shapes import Json

UNSEEN = (
    "blind",
    "blind_aside",
    answered_items.KNOWN,
)  # ways of an answer: the model's was not shown before it
MODEL = " model"  # ends `day` of what the model has routed
AGREE = 2  # people, who make an answer known: one who says otherwise unmakes it


@dataclass(frozen=True)
class Said:
    number: int
    at: str
    label: str
    vehicle: str
    seconds: float | None
    way: str  # of the table of reviews; nothing of what did not come by the API
    known: str  # the class that was known, if it was asked to see how right this person is
    by: str  # the person's sub; nothing of one who is not known
    assisted: bool

    @property
    def blind(self) -> bool:
        return self.way in UNSEEN and not self.checks

    @property
    def checks(self) -> bool:
        """Whether it was asked to see how right this person is."""
        return self.way == answered_items.KNOWN


def read(item: Json, review: Json, oldest: str) -> list[Said]:
    """By their numbers. What a driver decided is nobody's word; who said what is known since `oldest` alone."""
    known = answered_items.numbered(review, answered_items.DECISION)
    told = {
        **answered_items.numbered(item, answered_items.DECISION),
        **answered_items.numbered(item, answered_items.OPINION),
    }
    drivers = answered_items.DECIDERS[1]
    return [
        read_one(item, number, it, known.get(number, {}), oldest)
        for number, it in sorted(told.items(), key=itemgetter(0))
        if it.get("by") != drivers
    ]


def read_one(item: Json, number: int, told: Json, known: Json, oldest: str) -> Said:
    known = known if known.get("at", "") >= oldest else {}
    way = told.get("way") or known.get("way", "")
    seconds = told.get("seconds", known.get("seconds"))
    return Said(
        number=number,
        at=told["at"],
        label=told["label"],
        vehicle=told["vehicle"],
        seconds=None if seconds is None else float(seconds),
        way=way,
        known=item.get(answered_items.KNOWN, "") if way == answered_items.KNOWN else "",
        by=known.get("by", ""),
        assisted=is_assisted(item, told["at"], way),
    )


def is_assisted(item: Json, at: str, way: str) -> bool:
    """What waits is shown without the model's answer, by the API and its pages; `make photo` shows all.

    Of a photo that the model has routed whoever had it could read the answer, but for the blind ones.
    """
    seen = routed_by_model(item) and at >= item.get("claimed_at", "")
    return way not in UNSEEN and (not way or seen)


def routed_by_model(item: Json) -> bool:
    return item.get("day", "").endswith(MODEL)


def read_answer(item: Json) -> tuple[str, float | None]:
    """What the model found most probable, and how probable."""
    if routed_by_model(item):
        return item["first"]["label"], float(item["first"]["confidence"])
    probabilities, classes = json.loads(item.get("inferences", "[]")), item.get("classes", "").split(",")
    if not probabilities or len(probabilities) != len(classes):
        return "", None
    return classes[probabilities.index(max(probabilities))], max(probabilities)


def find_known(item: Json, said: list[Said]) -> str:
    """The class that the photo shows beyond doubt: people said so who had not seen the model's answer, and nobody else.

    It stays known when it is not known any more who said so, and until somebody contradicts who was asked for that.
    """
    own, checks = [it for it in said if not it.checks], [it for it in said if it.checks]
    classes = {it.label for it in own}
    if len(classes) != 1 or classes & {*labels.NO_CLASS}:
        return ""
    (found,) = classes
    if any(it.label != found for it in checks):
        return ""
    people = {it.by for it in own if it.by and not it.assisted}
    return found if len(people) >= AGREE or item.get(answered_items.KNOWN) == found else ""
