"""Where a candidate may fall, and what it does on live photos: each stratum counts by its share of the traffic."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.figures import paired
from core.figures.paired import BEYOND, Paired
from training.compared_models import ACCEPTED, ALL, BASE, COVERAGE, LIVE, Slice
from training.compared_photos import TEST, Compared

FEWEST = (
    10  # photos of a slice or stratum: of fewer no fall of a few is seen, and they would hide that of others
)


@dataclass(frozen=True)
class Both:
    """What two models say of the same photos: of each a truth value for ours and theirs."""

    photos: Sequence[Compared]
    ours: np.ndarray  # right
    theirs: np.ndarray
    by_us: np.ndarray  # accepted
    by_them: np.ndarray
    traffic: Mapping[str, float]  # the share of each stratum of live photos; empty if it is not known

    def column(self, name: str) -> np.ndarray:
        return np.array([getattr(it, name) for it in self.photos])

    @property
    def tested(self) -> np.ndarray:
        return self.column("stratum") == TEST


def on_live(both: Both, rows: np.ndarray, beyond: float = BEYOND) -> Paired | None:
    """Of these live photos; None unless each stratum that has traffic has enough of them."""
    strata = []
    for stratum, share in both.traffic.items():
        chosen = rows & (both.column("stratum") == stratum)
        if share and chosen.sum() < FEWEST:
            return None
        if share:
            strata.append((share, paired.compare(both.ours[chosen], both.theirs[chosen], beyond)))
    return paired.weigh(strata) if strata else None


def find(both: Both, alpha: float) -> list[Slice]:
    """Each, and whether it falls; with at most `alpha` for any of them to be called so by chance."""
    found = [*of_base(both), *of_live(both)]
    falls = paired.sure([chance for *_, chance in found], alpha)
    # A model that is surer than it is right has to accept less to be right more often.
    bought = any(name == ACCEPTED and it.change.low > 0 for _, name, it, _ in found)
    return [
        Slice(*it, fell and not (bought and it[1] == COVERAGE)) for it, fell in zip(found, falls, strict=True)
    ]


def of_base(both: Both) -> Iterator[tuple[str, str, Paired, float]]:
    """Only of these each model accepts what it does: live ones are drawn by what the live model accepted."""
    tested = both.tested
    for name, rows in cut(both, "label", tested):
        ours, theirs = both.ours[rows], both.theirs[rows]
        yield f"{BASE}, class", name, paired.compare(ours, theirs), paired.chance_of_fall(ours, theirs)
    accepts = both.by_us[tested], both.by_them[tested]
    yield ALL, COVERAGE, paired.compare(*accepts), paired.chance_of_fall(*accepts)
    everything = both.ours[tested], both.theirs[tested], *accepts
    if of_accepted := paired.compare_accepted(*everything):
        yield ALL, ACCEPTED, of_accepted, paired.chance_of_accepted_fall(*everything)


def of_live(both: Both) -> Iterator[tuple[str, str, Paired, float]]:
    for kind, column in (("class", "label"), ("source", "source"), ("hour", "hour")):
        for name, rows in cut(both, column, ~both.tested):
            if compared := on_live(both, rows):
                yield f"{LIVE}, {kind}", name, compared, chance_on_live(both, rows)


def chance_on_live(both: Both, rows: np.ndarray) -> float:
    def high(beyond: float) -> float:
        compared = on_live(both, rows, beyond)
        return compared.change.high if compared else 0.0

    return paired.chance_below(high)


def cut(both: Both, column: str, among: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    values = both.column(column)
    for value in sorted(set(values[among].tolist()) - {""}):
        rows = among & (values == value)
        if rows.sum() >= FEWEST:
            yield f"{value} h UTC" if column == "hour" else value, rows
