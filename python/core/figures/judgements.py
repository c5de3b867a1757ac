"""What people said of photos that the model had accepted, and for how many photos each of them stands.

    weighted, uncounted = weigh(labels, routed, objected)

Of each day there are two parts. What a driver objected to, or somebody corrected who saw the answer, people have looked
at one by one: each stands for itself. Of all the others a blind sample was drawn, and each of its judgements stands for
as many as were routed for each that was judged. A day whose sample nobody has judged says nothing, nor do its
objections.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.contract import answer_kinds, answered_items
from core.contract.labels import Label, by_photo

FEWEST_OF_DAY = 5  # judgements: one alone would stand for all photos of its day
DISAGREED, TOO_FEW = "disagreed", "too few of the day"


@dataclass(frozen=True)
class Judgement:
    photo: str
    day: str
    model: str
    right: bool
    confidence: float
    drawn: bool  # by chance, and judged without the model's answer


@dataclass(frozen=True)
class Weighted:
    judgement: Judgement
    weight: float  # photos that it stands for


def weigh(
    labels: Iterable[Label], routed: Mapping[str, int], objected: Mapping[str, int]
) -> tuple[list[Weighted], Counter[str]]:
    """Of the days in `routed`, and photos that count for nothing, by why.

    `routed` has each day's photos that nobody objected to, `objected` the others.
    """
    said = [it for it in labels if it.routed_day in routed and it.kind == answer_kinds.LIVE and not it.known]
    seen = [it for it in said if it.assisted and not it.blind]
    looked_at = {it.photo: it.routed_day for it in seen}
    one_by_one, unclear = judge_one_by_one(seen)
    drawn, without = judge_sample([it for it in said if it.blind and it.photo not in looked_at])
    found, judged, apart = list[Weighted](), Counter(it.day for it in drawn), Counter(looked_at.values())
    for day, n in judged.items():
        # Which of those that were looked at had an objection, no label says.
        all_photos = routed[day] + objected.get(day, 0) - max(apart[day], objected.get(day, 0))
        if n < min(FEWEST_OF_DAY, all_photos):
            without[TOO_FEW] += n
            continue
        found += [Weighted(it, max(all_photos, n) / n) for it in drawn if it.day == day]
        found += [Weighted(it, 1.0) for it in one_by_one if it.day == day]
    return found, without + unclear


def judge_sample(labels: Iterable[Label]) -> tuple[list[Judgement], Counter[str]]:
    """One for each photo of which people say the same, and how many have none."""
    found, without = [], Counter[str]()
    for said in in_order(labels):
        what = {it.label for it in said if is_judgement(it)}
        if len(what) == 1:
            found.append(describe(said[0], what.pop()))
        else:
            without[DISAGREED if what else said[-1].label] += 1
    return found, without


def judge_one_by_one(labels: Iterable[Label]) -> tuple[list[Judgement], Counter[str]]:
    """The last word on each photo."""
    found, without = [], Counter[str]()
    for said in in_order(labels):
        last = said[-1]
        if is_judgement(last):
            found.append(describe(last, last.label))
        else:
            without[last.label] += 1
    return found, without


def in_order(labels: Iterable[Label]) -> Iterable[Sequence[Label]]:
    """What was said of each photo, in its order."""
    return (sorted(said, key=lambda it: it.number) for said in by_photo(labels).values())


def is_judgement(label: Label) -> bool:
    """Another vehicle than the model knows is one, too: whatever the model said is wrong."""
    return label.is_class or label.label == answered_items.OTHER


def describe(label: Label, what: str) -> Judgement:
    right, confidence = what == label.answer, float(label.confidence or 0)
    return Judgement(label.photo, label.routed_day, label.model, right, confidence, label.blind)
