"""The table of `make bench ONLY=drift` and what it could not see, from the figures that go to the file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Group
from rich.text import Text

from bench import drifting, tables
from bench.figures import Measured
from bench.shifts import ALL, UNCHANGED, Shift
from bench.tables import Section
from core.table import Table

Known = Mapping[str, Measured]  # by name

COSTLY = 5.0  # points of accuracy
SEEN = 0.95  # of the days
OF = 500  # photos a day
SHARES = [f"{share:.0%}" for share in drifting.SHARES]
NONE = "-"  # no alarm


def of_drift(section: Section) -> Group:
    known = {it.name: it for it in section.figures}
    shifts = find_shifts(known)
    parts = [table(known, shifts, photos) for photos in drifting.PHOTOS]
    return Group(section.heading(), *parts, Text("\n".join(say_unseen(known, shifts, "  "))))


def markdown(known: Known) -> str:
    """For a page: the days of as many photos as the picture shows, what rings nothing, and how it was measured."""
    shifts = find_shifts(known)
    drawn = tables.markdown_table(table(known, shifts, OF))
    accuracy = known[drifting.name(UNCHANGED, "accuracy")]
    return "\n".join(
        [
            *drawn[:-1],
            f"{drawn[-1]} The model's {accuracy.meaning}: {accuracy.value:.1f} %.",
            "",
            *say_unseen(known, shifts, "- "),
        ]
    )


def find_shifts(known: Known) -> list[Shift]:
    """Those that were measured."""
    return [shift for shift in ALL if drifting.name(shift, "fall") in known]


def table(known: Known, shifts: Sequence[Shift], photos: int) -> Table:
    """A row per shift: what it costs if all photos are affected, and the days that ring."""
    quiet = known[drifting.name(UNCHANGED, photos)]
    rows = [("unchanged", "0.0", *[f"{quiet.value:.1%}"] * len(drifting.SHARES), quiet.meaning or NONE)]
    for shift in shifts:
        cells = [known[drifting.name(shift, f"{share:.0%}", photos)] for share in drifting.SHARES]
        fall, alarm = known[drifting.name(shift, "fall")].value, cells[-1].meaning
        rows.append((shift.name, f"{fall:.1f}", *(f"{it.value:.0%}" for it in cells), alarm or NONE))
    title = f"{photos:,} photos a day: the days that ring, by the share of the photos affected"
    note = "costs: points of accuracy lost if all photos are affected; rings: which alarm most often then"
    return Table(("shift", "costs", *SHARES, "rings"), rows, range(1, 5), title, note)


@dataclass(frozen=True)
class Unseen:
    """What costs much and rings too seldom."""

    shift: Shift
    share: float  # of the photos
    points: float
    rings: float  # on this share of the days

    def __str__(self) -> str:
        said = f"{self.points:.0f} points, rings on {self.rings:.0%} of the days"
        return f"{self.shift.name}, {self.share:.0%} of the photos: {said}"


def find_unseen(known: Known, shifts: Sequence[Shift]) -> Iterator[Unseen]:
    for shift in shifts:
        for share in drifting.SHARES:
            points = share * known[drifting.name(shift, "fall")].value
            rings = known[drifting.name(shift, f"{share:.0%}", OF)].value
            if points >= COSTLY and rings < SEEN:
                yield Unseen(shift, share, points, rings)


def say_unseen(known: Known, shifts: Sequence[Shift], mark: str) -> list[str]:
    what = f"costs {COSTLY:.0f} points or more and rings on fewer than 19 of 20 days of {OF} photos"
    unseen = [f"{mark}{it}" for it in find_unseen(known, shifts)]
    return [f"What {what}:", "", *unseen] if unseen else [f"Nothing {what}."]
