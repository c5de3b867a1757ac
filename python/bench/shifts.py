"""What may happen to the photos of a day: 30 kinds of change, grouped by cause.

    SHIFTS["night"].apply(images, seed)  ->  uint8 (n, height, width, 3), as what comes in; for equal seeds the same

Most change each photo by itself. Two change which photos come: the mix of the classes, and a camera that has frozen.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench import distortions
from bench.distortions import Change

Draw = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]  # labels, how many -> which photos


def at_random(labels: np.ndarray, n: int, chance: np.random.Generator) -> np.ndarray:
    return chance.integers(len(labels), size=n)


def mixed(first: float) -> Draw:
    """So large a share of the first class; the others have equal shares of the rest."""

    def draw(labels: np.ndarray, n: int, chance: np.random.Generator) -> np.ndarray:
        _, place, counts = np.unique(labels, return_inverse=True, return_counts=True)
        shares = np.array([first, *[(1 - first) / (len(counts) - 1)] * (len(counts) - 1)])
        return chance.choice(len(labels), n, p=(shares / counts)[place])

    return draw


def frozen(labels: np.ndarray, n: int, chance: np.random.Generator) -> np.ndarray:
    """The camera sends the same photo again and again."""
    return np.full(n, chance.integers(len(labels)))


@dataclass(frozen=True)
class Shift:
    name: str
    cause: str
    change: Change = distortions.unchanged
    draw: Draw = at_random

    @property
    def repeats(self) -> bool:
        """Whether it is the same photo all day, whatever vehicle arrives."""
        return self.draw is frozen

    def apply(self, images: np.ndarray, seed: int) -> np.ndarray:
        return self.change(images, np.random.default_rng(seed))


UNCHANGED = Shift("unchanged", "")
ALL = (
    Shift("darker by 40 %", "light", distortions.scaled(0.6)),
    Shift("night", "light", distortions.night),
    Shift("overexposed", "light", distortions.scaled(1.9)),
    Shift("low contrast", "light", distortions.scaled(0.35, 128)),
    Shift("high contrast", "light", distortions.scaled(2.2, 128)),
    Shift("fog", "light", distortions.fog),
    Shift("warm lamp", "colour", distortions.coloured((1.15, 0, 0), (0, 0.85, 0), (0, 0, 0.45))),
    Shift("red and blue swapped", "colour", distortions.coloured((0, 0, 1), (0, 1, 0), (1, 0, 0))),
    Shift("grey", "colour", distortions.grey),
    Shift("blur, 1 pixel", "lens", distortions.blurred(1)),
    Shift("blur, 2 pixels", "lens", distortions.blurred(2)),
    Shift("smeared sideways", "lens", distortions.smeared(6)),
    Shift("dirt on the lens", "lens", distortions.dirt),
    Shift("lower half covered", "lens", distortions.covered(16, 32)),
    Shift("rain", "lens", distortions.rain),
    Shift("noise, 10 levels", "sensor", distortions.noisy(10)),
    Shift("noise, 40 levels", "sensor", distortions.noisy(40)),
    Shift("dead pixels", "sensor", distortions.peppered),
    Shift("JPEG of quality 10", "sensor", distortions.jpeg(10)),
    Shift("a quarter as fine", "sensor", distortions.each(distortions.coarse)),
    Shift("black", "sensor", distortions.black),
    Shift("mirrored", "mounting", distortions.mirrored),
    Shift("turned by 10 degrees", "mounting", distortions.turned(10)),
    Shift("on its side", "mounting", distortions.on_its_side),
    Shift("upside down", "mounting", distortions.upside_down),
    Shift("twice as near", "mounting", distortions.each(distortions.nearer)),
    Shift("twice as far", "mounting", distortions.each(distortions.farther)),
    Shift("classes 90:10", "what arrives", draw=mixed(0.9)),
    Shift("the same photo again", "what arrives", draw=frozen),
    Shift("screenshots", "what arrives", distortions.screens),
)
SHIFTS = {it.name: it for it in ALL}
