"""What labels say: counts, how far people agree, where the model was wrong, and what else came than its classes."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.contract import answer_kinds, answered_items
from core.contract.labels import NO_CLASS, Label
from core.figures import agreement
from core.figures.agreement import FEW_LABELS, Rate
from core.figures.metrics import Estimate
from core.label_store import Labels
from core.table import Table
from operations import labelled_people
from operations.labelled_people import REASONS, Judged

DAILY = 3  # on so many days, and another vehicle is a class to add
RECIPE = "docs/labels.md#a-class-to-add"


@dataclass(frozen=True)
class Agreement:
    photos: int
    agreed: int
    kappa: Estimate | None

    def __str__(self) -> str:
        if not self.photos:
            return "no photo was judged by two people who are known"
        share = (
            f"{self.photos:,} photos were judged by two people: they agree on {self.agreed / self.photos:.1%}"
        )
        if self.kappa is None:
            return f"{share}; nothing can be said beyond that, for all say the same"
        kappa = self.kappa
        return f"{share}; kappa {kappa.value:.2f}, surely between {kappa.low:.2f} and {kappa.high:.2f} (95%)"


def agree(labels: Labels, who: Mapping[str, str]) -> Agreement:
    """Of what the first two people said by themselves: not to a question whose answer was known."""
    photos: dict[str, dict[str, str]] = {}
    for it in labels.standing:
        if it.name in who and not it.known and it.label != answered_items.CANNOT_TELL:
            photos.setdefault(it.photo, {})[who[it.name]] = it.label
    pairs = [(said[0], said[1]) for it in photos.values() if len(said := [*it.values()]) > 1]
    return Agreement(len(pairs), sum(first == second for first, second in pairs), agreement.kappa(pairs))


def by_day(labels: Labels) -> Table:
    """A row per day, and one for all."""
    days: dict[str, Counter[str]] = {}
    for it in labels.standing:
        days.setdefault(it.at[:10], Counter())[it.label] += 1
    total = sum(days.values(), Counter[str]())
    names = [*sorted(total.keys() - {*NO_CLASS}), *NO_CLASS]
    rows = [
        (day, *(f"{said[name]:,}" for name in names), f"{said.total():,}")
        for day, said in sorted(days.items())
    ]
    rows += [("all", *(f"{total[name]:,}" for name in names), f"{total.total():,}")] if len(rows) > 1 else []
    head = ("day (UTC)", *(name.replace("_", " ") for name in names), "labels")
    withdrawn = sum(it.name in labels.withdrawn for it in labels.all)
    note = f"{withdrawn:,} more were withdrawn" if withdrawn else ""
    return Table(head, rows, numbers=range(1, len(head)), title="What people said", note=note)


def mistakes(
    found: Iterable[Label], judged: Judged, chosen: Callable[[Label], bool], title: str
) -> Table | None:
    """What the photos show, by what the model had answered: a row for each that people say."""
    answers = {
        it.photo: it.answer for it in found if it.answer and it.kind == answer_kinds.LIVE and chosen(it)
    }
    shown = {photo: it.cls for photo, it in judged.standing.items()}
    shown |= {photo: it for photo, it in judged.reasons.items() if it == labelled_people.OTHER}
    counts = Counter((shown[photo], answer) for photo, answer in answers.items() if photo in shown)
    if not counts:
        return None
    columns = sorted({answer for _, answer in counts})
    right = sum(n for (said, answer), n in counts.items() if said == answer)
    rows = [
        (said, *(f"{counts[said, it]:,}" for it in columns)) for said in sorted({said for said, _ in counts})
    ]
    note = f"right in {right:,} of {counts.total():,}, {right / counts.total():.1%}"
    head = ("it shows", *(f"answered {it}" for it in columns))
    return Table(head, rows, numbers=range(1, len(head)), title=title, note=note)


def is_blind(label: Label) -> bool:
    return label.blind and not label.known


def is_unsure(label: Label) -> bool:
    """The model routed nobody."""
    return not label.routed_day


def others(labels: Labels) -> Table | None:
    """Kinds of other vehicle, the most frequent first."""
    photos: dict[str, dict[str, str]] = {}
    for it in labels.standing:
        if it.label == answered_items.OTHER:
            photos.setdefault(" ".join(it.vehicle.lower().split()), {}).setdefault(it.photo, it.at[:10])
    if not photos:
        return None
    rows = []
    for kind, days in sorted(photos.items(), key=lambda it: (-len(it[1]), it[0])):
        count = len({*days.values()})
        rows.append((kind, f"{len(days):,}", f"{count:,}", "a class to add" if count >= DAILY else ""))
    note = f"A class is added as {RECIPE} says." if any(it[-1] for it in rows) else ""
    return Table(("other", "photos", "days", ""), rows, numbers=(1, 2), title="Other vehicles", note=note)


def left_out(judged: Judged) -> Table:
    rows = [("stands", f"{len(judged.standing):,}")]
    rows += [(it, f"{judged.left_out[it]:,}") for it in REASONS if judged.left_out[it]]
    return Table(("a data set takes it", "photos"), rows, numbers=(1,), title="What counts")


def people(rates: Sequence[Rate]) -> Table:
    rows = [
        (
            it.person,
            f"{it.labels:,}",
            f"{it.right:,} of {it.n:,}",
            f"{it.value:.1%}",
            f"{it.low:.1%} to {it.high:.1%}",
            say(it),
        )
        for it in rates
    ]
    head = ("person", "labels", "known answers", "right", "probably", "their labels")
    return Table(head, rows, numbers=(1, 2, 3, 4), title="Whoever labels")


def say(rate: Rate) -> str:
    if not rate.is_right_enough:
        return "do not count"
    return f"wait for {FEW_LABELS - rate.labels} more" if rate.is_new else "count"
