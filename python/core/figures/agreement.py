"""How well people agree, how often each is right, and what several of them together say of one photo.

    kappa([("bicycle", "bicycle"), ("bicycle", "motorcycle"), ...])    ->  how far they agree beyond chance
    Rate("anna", labels=210, n=11, right=10).value                     ->  0.935
    settle([("bicycle", 0.95), ("bicycle", 0.94)], choices=2)          ->  ("bicycle", 0.997)

How often somebody is right is seen at photos whose answer is known. Whoever has had none yet is taken to be as right as
people are who look closely: one in twenty wrong.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.figures import binomial
from core.figures.metrics import Estimate

RIGHT, WRONG = 19, 1  # answers that everybody begins with: Beta(19, 1)
PRIOR = RIGHT / (RIGHT + WRONG)
SURE = 0.9  # as probable as this a class is a photo's
FEW_LABELS = 40  # whoever has said less is too new to count


@dataclass(frozen=True)
class Rate:
    """How often a person is right."""

    person: str
    labels: int  # that they have said
    n: int  # of which the answer was known
    right: int

    @property
    def value(self) -> float:
        """The posterior's mean."""
        return (RIGHT + self.right) / (RIGHT + WRONG + self.n)

    @property
    def low(self) -> float:
        """The posterior leaves one in twenty below it."""
        return binomial.low(RIGHT + self.right, RIGHT + WRONG + self.n - 1)

    @property
    def high(self) -> float:
        """The posterior leaves one in twenty above it."""
        return binomial.high(RIGHT + self.right - 1, RIGHT + WRONG + self.n - 1)

    @property
    def is_new(self) -> bool:
        return self.labels < FEW_LABELS

    @property
    def is_right_enough(self) -> bool:
        """Not if they are wrong more often than SURE lets them, and surely more often than people are at first."""
        return self.value >= SURE or self.high >= PRIOR

    @property
    def weight(self) -> float:
        """Of their word, as `settle` takes it: whoever counts does so alone."""
        return max(self.value, SURE)


def kappa(pairs: Sequence[tuple[str, str]]) -> Estimate | None:
    """Of what a first and a second person said of the same photos: Cohen 1960; nothing where chance explains it all.

    The bounds are those of how often they agree, exactly, and of how often they would by chance, a standard error away:
    each leaves out the true value in at most one of twenty samples.
    """
    names = sorted({name for pair in pairs for name in pair})
    if len(names) < 2:
        return None
    counts = np.zeros((len(names), len(names)))
    for (first, second), times in Counter(pairs).items():
        counts[names.index(first), names.index(second)] = times
    n, agreed = len(pairs), int(np.trace(counts))
    chance, error = by_chance(counts)
    lowest, highest = max(0.0, chance - error), min(1.0 - 1e-9, chance + error)
    return Estimate(
        beyond(agreed / n, chance),
        max(-1.0, beyond(binomial.low(agreed, n), highest)),
        min(1.0, beyond(binomial.high(agreed, n), lowest)),
    )


def beyond(agreement: float, chance: float) -> float:
    return (agreement - chance) / (1 - chance)


def by_chance(counts: np.ndarray) -> tuple[float, float]:
    """How often two would agree who say each name as often as these did; and its standard error."""
    n = counts.sum()
    first, second = counts.sum(axis=1) / n, counts.sum(axis=0) / n
    chance = float(first @ second)
    # A few more answers than there were: without a disagreement there would be no error.
    smooth = (counts + 4 / counts.size) / (n + 4)
    first, second = smooth.sum(axis=1), smooth.sum(axis=0)
    squares = float((smooth * (second[:, None] + first[None, :]) ** 2).sum())
    return chance, math.sqrt(max(0.0, squares - 4 * float(first @ second) ** 2) / n)


def settle(votes: Iterable[tuple[str, float]], choices: int) -> tuple[str, float]:
    """What is most probable by what people said, each with how often they are right, and how probable that is.

    Each says by themselves what they see, or else any of the other choices. None is likelier at first.
    """
    votes = list(votes)
    names = sorted({name for name, _ in votes})
    choices = max(choices, len(names), 2)

    def weigh(name: str | None) -> float:
        return math.prod(right if name == said else (1 - right) / (choices - 1) for said, right in votes)

    weights = {name: weigh(name) for name in names}
    unsaid = (choices - len(names)) * weigh(None)
    best = max(names, key=weights.__getitem__)
    return best, weights[best] / (sum(weights.values()) + unsaid)
