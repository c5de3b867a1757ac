"""What measurements come to: a figure of one round, and the same figure over all rounds of its row."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

BUSY = 0.10  # a machine of which others use more is a busy one
SIZES = ("B", "kB", "MB")  # which come out the same however busy the machine is


@dataclass(frozen=True)
class Figure:
    """As measured once."""

    name: str
    value: float
    unit: str
    meaning: str  # and under which conditions


@dataclass(frozen=True)
class Measured:
    """As measured `rounds` times: the value is the median of them."""

    name: str
    value: float
    least: float
    most: float
    rounds: int
    busy: float | None  # the share of the machine that others used meanwhile, if it is known
    unit: str
    meaning: str

    @property
    def disturbed(self) -> bool:
        return is_busy(self.busy) and self.unit not in SIZES


def is_busy(share: float | None) -> bool:
    return share is not None and share > BUSY


def gather(rounds: Sequence[Sequence[Figure]], busy: float) -> list[Measured]:
    """Put together what the rounds of a row say of the same figure."""
    figures = [figure for found in rounds for figure in found]
    names = dict.fromkeys(figure.name for figure in figures)
    return [summarize([figure for figure in figures if figure.name == name], busy) for name in names]


def summarize(figures: Sequence[Figure], busy: float) -> Measured:
    values, of = [figure.value for figure in figures], figures[-1]
    median = statistics.median(values)
    return Measured(of.name, median, min(values), max(values), len(values), busy, of.unit, of.meaning)


def show(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.3g}"
