"""When another model went live, as the answers tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from report.facts import Facts
from report.trend import Point


@dataclass(frozen=True)
class Release:
    model: str | None
    time: str  # of its first answer ever, or the beginning of the step in which it is back


def find_releases(every: Sequence[Facts]) -> list[Release]:
    """Where another model answers most than in the step before: a rollback is one, too."""
    steps: dict[str, tuple[Point, Facts]] = {}
    for model in every:
        for point in model.trend:
            if point.records and (point.since not in steps or point.records > steps[point.since][0].records):
                steps[point.since] = point, model
    answering = [steps[since] for since in sorted(steps)]
    return [
        Release(now.model, point.since if now.first < point.since else now.first)
        for (_, before), (point, now) in pairwise(answering)
        if now is not before
    ]
