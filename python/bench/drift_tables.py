"""The table of `make bench ONLY=drift` and what it could not see, from the figures that go to the file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.text import Text

from bench import drifting
from bench.figures import Measured
from bench.shifts import ALL, UNCHANGED, Shift
from bench.tables import Section
from core.table import Table

COSTLY = 5.0  # points of accuracy
SEEN = 0.95  # of the days
OF = 500  # photos a day


def of_drift(section: Section) -> Group:
    known = {it.name: it for it in section.figures}
    shifts = [shift for shift in ALL if drifting.name(shift, "fall") in known]
    parts: list[RenderableType] = [section.heading()]
    parts += [table(known, shifts, photos) for photos in drifting.PHOTOS]
    return Group(*parts, Text(say_unseen(list(find_unseen(known, shifts)))))


def table(known: Mapping[str, Measured], shifts: Sequence[Shift], photos: int) -> Table:
    """A row per shift: what it costs if all photos are affected, and the days that ring."""
    columns = [f"{share:.0%} of them" for share in drifting.SHARES]
    quiet = known[drifting.name(UNCHANGED, photos)]
    rows = [("unchanged", "0", *[f"{quiet.value:.1%}"] * len(columns), quiet.meaning or "-")]
    for shift in shifts:
        cells = [known[drifting.name(shift, f"{share:.0%}", photos)] for share in drifting.SHARES]
        fall = known[drifting.name(shift, "fall")].value
        rows.append(
            (shift.name, f"{fall:.0f}", *(f"{it.value:.0%}" for it in cells), cells[-1].meaning or "-")
        )
    title = f"{photos:,} photos a day: the days on which an alarm rings"
    note = "costs: points of accuracy lost, if all photos are affected; rings: which alarm most often then"
    return Table(("shift", "costs", *columns, "rings"), rows, range(1, 5), title, note)


@dataclass(frozen=True)
class Unseen:
    """What costs much and rings too seldom."""

    shift: Shift
    share: float  # of the photos
    points: float
    rings: float  # on this share of the days

    def __str__(self) -> str:
        said = f"{self.points:.0f} points, rings on {self.rings:.0%} of the days"
        return f"  {self.shift.name}, {self.share:.0%} of the photos: {said}"


def find_unseen(known: Mapping[str, Measured], shifts: Sequence[Shift]) -> Iterator[Unseen]:
    for shift in shifts:
        for share in drifting.SHARES:
            points = share * known[drifting.name(shift, "fall")].value
            rings = known[drifting.name(shift, f"{share:.0%}", OF)].value
            if points >= COSTLY and rings < SEEN:
                yield Unseen(shift, share, points, rings)


def say_unseen(unseen: Sequence[Unseen]) -> str:
    what = f"costs {COSTLY:.0f} points or more and rings on fewer than 19 of 20 days of {OF} photos"
    return "\n".join([f"What {what}:", *map(str, unseen)] if unseen else [f"Nothing {what}."])
