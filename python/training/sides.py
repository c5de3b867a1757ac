"""On which side of a data set a photo stands, and stays, whatever is added later.

    sides.put("train", mark, hash)                  what stands there, or did in an earlier version
    sides.choose("validation", mark, hash)  ->  the side that it gets, or None where it would stand on two

Whoever came first decides for all that are nearly the same (`core.figures.likeness`). A photo that has stood on a side
never stands on another, even where it was left out of some versions between: a model may have learned from it.
"""

import numpy as np

from core.figures.likeness import NEAR
from training.dataset import LIVE

TAUGHT = {"train", "validation"}  # a photo may be moved from one to the other


class Sides:
    def __init__(self) -> None:
        self._hashes = np.zeros(1024, dtype=np.uint64)
        self._sides: list[str] = []
        self._own: dict[str, str] = {}

    def put(self, side: str, mark: str, found: np.uint64) -> None:
        """The mark is what the very same picture is known again by."""
        count = len(self._sides)
        if count == len(self._hashes):
            self._hashes = np.concatenate([self._hashes, np.zeros_like(self._hashes)])
        self._hashes[count] = found
        self._sides.append(side)
        self._own[mark] = side

    def near(self, found: np.uint64) -> set[str]:
        """The sides that have something nearly the same."""
        apart = np.bitwise_count(self._hashes[: len(self._sides)] ^ found)
        return {self._sides[row] for row in np.flatnonzero(apart <= NEAR)}

    def choose(self, wanted: str, mark: str, found: np.uint64) -> str | None:
        if own := self._own.get(mark):
            # The live split is of what chance has chosen, and of nothing else.
            return None if own == LIVE != wanted else own
        there = self.near(found)
        if len(there) > 1:
            return None
        side = next(iter(there), wanted)
        return side if side == wanted or {side, wanted} <= TAUGHT else None
