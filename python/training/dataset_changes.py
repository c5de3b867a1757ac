"""What one data set has that another has not: pictures that were added, removed, moved to another side, relabelled.

    changes = compare(before, after)      each as training.dataset_versions reads it

A picture is the same where its pixels are, whatever it is called: its name may say its class.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training.dataset_versions import Origin, Parent


@dataclass(frozen=True)
class Picture:
    name: str
    side: str
    cls: str
    pixels: np.ndarray
    origin: Origin | None  # of one that a label brought


@dataclass(frozen=True)
class Changes:
    added: list[Picture]
    removed: list[Picture]
    moved: list[tuple[Picture, Picture]]  # as it was, and as it is
    relabelled: list[tuple[Picture, Picture]]
    kept: int  # pictures that are in both, changed or not


def compare(before: Parent, after: Parent) -> Changes:
    old, new = index(before), index(after)
    both = [(old[key], new[key]) for key in new if key in old]

    def differ(what: Callable[[Picture], str]) -> list[tuple[Picture, Picture]]:
        return [pair for pair in both if what(pair[0]) != what(pair[1])]

    return Changes(
        added=[it for key, it in new.items() if key not in old],
        removed=[it for key, it in old.items() if key not in new],
        moved=differ(lambda it: it.side),
        relabelled=differ(lambda it: it.cls),
        kept=len(both),
    )


def index(version: Parent) -> dict[tuple[str, int], Picture]:
    """Each picture by its pixels; of several with the same the first, the second, and so on."""
    found: dict[tuple[str, int], Picture] = {}
    times: Counter[str] = Counter()
    for side, rows in version.splits.items():
        for name, label, pixels in zip(rows.names, rows.labels, rows.images, strict=True):
            digest = hashlib.sha256(pixels.tobytes()).hexdigest()
            cls = version.info["classes"][label]
            found[digest, times[digest]] = Picture(name, side, cls, pixels, version.origins.get(name))
            times[digest] += 1
    return found
