"""What a comparison of two models on the same photos comes to: figures, names and a verdict."""

from dataclasses import dataclass

from core.figures.paired import Paired

BETTER, NOT_BETTER, FALLS = "surely better", "not surely better", "a slice surely falls"
ALL = "all"  # the photos
COVERAGE, ACCEPTED = "coverage", "accuracy of the accepted"


@dataclass(frozen=True)
class Model:
    id: str
    recipe: str
    size: int  # bytes of the artefact
    milliseconds: float


@dataclass(frozen=True)
class Slice:
    kind: str  # class, source or hour; or ALL, of what is accepted
    name: str
    paired: Paired
    chance: float  # how probable so deep a fall is where there is none
    falls: bool


@dataclass(frozen=True)
class Comparison:
    dataset_id: str
    threshold: float
    counts: dict[str, int]  # photos by split
    candidate: Model
    live: Model
    accuracy: Paired
    coverage: Paired  # of the split test alone
    accepted: Paired | None  # accuracy of what each accepts
    slices: list[Slice]
    verdict: str

    @property
    def is_better(self) -> bool:
        return self.verdict == BETTER
