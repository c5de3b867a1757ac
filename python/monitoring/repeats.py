"""The same vehicle photographed again and again counts once a day: a copy tells nothing new of cameras or the model.

    seen = Seen(earlier)                     what was counted in earlier hours, {hour since 1970: hashes}
    seen.is_repeat(hash, hour)  ->  bool     and what is none is remembered

Pictures are alike by core.figures.likeness. What was counted in the same hour or in the 23 before is not counted again,
as those hours are the day that the monitor looks at; a bicycle that stands there all month is in each day once.
"""

import base64
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np

from core.figures.likeness import NEAR

HOURS = 24
MOST = 10_000  # remembered of an hour: a day of these takes 107 MB, and comparing with more more time than all else
BITS = 64
# Of two hashes that differ in NEAR bits, at least one of NEAR + 1 parts is the same.
CUTS = np.linspace(0, BITS, NEAR + 2).astype(int).tolist()
PARTS = [(low, (1 << (high - low)) - 1, number << BITS) for number, (low, high) in enumerate(pairwise(CUTS))]


class Seen:
    """What was counted of late, by parts of the hash, so that few have to be compared."""

    def __init__(self, earlier: Mapping[int, Iterable[int]] | None = None) -> None:
        self.of_late: dict[int, list[int]] = {}
        self.index: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self.counted: dict[int, array[int]] = {}  # here, not earlier
        for hour, hashes in (earlier or {}).items():
            for each in hashes:
                self._remember(each, hour, split(each))

    def is_repeat(self, found: int, hour: int) -> bool:
        """0 is the hash of what shows nothing, like a black picture: each counts."""
        if not found:
            return False
        parts = split(found)
        for part in parts:
            for other, each in self.index.get(part, ()):
                if (found ^ each).bit_count() <= NEAR and abs(hour - other) < HOURS:
                    return True
        if len(self.of_late.get(hour, ())) >= MOST:
            return False
        self._remember(found, hour, parts)
        self.counted.setdefault(hour, array("Q")).append(found)
        return False

    def _remember(self, found: int, hour: int, parts: list[int]) -> None:
        if hour not in self.of_late:
            for old in [it for it in self.of_late if abs(hour - it) >= HOURS]:
                self._forget(old)
            self.of_late[hour] = []
        self.of_late[hour].append(found)
        for part in parts:
            self.index[part].append((hour, found))

    def _forget(self, hour: int) -> None:
        for found in self.of_late.pop(hour):
            for part in split(found):
                self.index[part].remove((hour, found))
                if not self.index[part]:
                    del self.index[part]


def split(found: int) -> list[int]:
    return [(found >> low) & mask | number for low, mask, number in PARTS]


def pack(hashes: Iterable[int]) -> str:
    return base64.b64encode(np.array([*hashes], "<u8").tobytes()).decode()


def unpack(text: str) -> list[int]:
    return np.frombuffer(base64.b64decode(text), "<u8").tolist()
