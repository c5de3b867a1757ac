"""When another model went live, as the answers tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from report.facts import Facts


@dataclass(frozen=True)
class Release:
    model: str | None
    time: str  # of its first answer


def find_releases(every: Sequence[Facts]) -> list[Release]:
    """The first model of a window has been there before; every other was released in it."""
    found = sorted(every, key=lambda each: each.first)
    return [Release(later.model, later.first) for _, later in pairwise(found)]
