"""What a comparison of two models on the same photos comes to: figures, names and a verdict."""

from dataclasses import dataclass

from core.figures.paired import Paired

BETTER, NOT_BETTER, FALLS = "surely better", "not surely better", "it surely falls"
BASE, LIVE = "the base's test split", "live photos"
COVERAGE, ACCEPTED = "coverage", "accuracy of the accepted"
ALL = "all"  # the photos of the base


@dataclass(frozen=True)
class Model:
    id: str
    recipe: str
    size: int  # bytes of the artefact
    milliseconds: float  # of the median photo, on this machine


@dataclass(frozen=True)
class Slice:
    kind: str  # class of one of the two, source or hour; or ALL
    name: str
    paired: Paired
    chance: float  # how probable so deep a fall is where there is none
    falls: bool


@dataclass(frozen=True)
class Comparison:
    dataset_id: str
    threshold: float
    look: int  # the first, the second, ... at data that a candidate for the same live model had
    beyond: float  # how seldom each bound of an accuracy may leave the truth out
    counts: dict[str, int]  # photos by stratum
    candidate: Model
    live: Model
    base: Paired  # accuracy on the base's test split
    on_live: (
        Paired | None
    )  # on live photos, by their traffic; None where there are too few, or traffic is not known
    coverage: Paired  # of the base's
    accepted: Paired | None  # accuracy of what each accepts of the base's; None if one accepts nothing
    slices: list[Slice]
    verdict: str

    @property
    def is_better(self) -> bool:
        return self.verdict == BETTER
