"""What the demo's loop measures of a phase: how much the model accepts, and how right that is, with bounds."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.contract.shapes import Json
from core.figures import metrics
from core.figures.metrics import Estimate
from core.table import Table

HEAD = ("", "photos", "coverage", "accepted", "of these right")


@dataclass(frozen=True)
class Phase:
    """Of photos that are known: how many there were, the model accepted, and it was right on of these."""

    when: str
    what: str
    photos: int
    accepted: int
    right: int

    @property
    def coverage(self) -> Estimate:
        return metrics.bound_exactly(self.accepted, self.photos)

    @property
    def accuracy(self) -> Estimate | None:
        return metrics.bound_exactly(self.right, self.accepted) if self.accepted else None


def of_evaluation(when: str, what: str, figures: Json) -> Phase:
    """What `make evaluate` has counted, as a phase."""
    confusion = figures["confusion"]
    accepted = sum(row[name] for row in confusion.values() for name in confusion)
    right = sum(confusion[name][name] for name in confusion)
    return Phase(when, what, figures["photos"], accepted, right)


def table(phases: Iterable[Phase]) -> Table:
    rows = [
        (f"{it.when}: {it.what}", str(it.photos), write(it.coverage), str(it.accepted), write(it.accuracy))
        for it in phases
    ]
    note = f"shares of 1, and between what they surely are; {metrics.SURELY}"
    return Table(HEAD, rows, numbers=(1, 3), note=note)


def write(found: Estimate | None) -> str:
    return "-" if found is None else f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"
