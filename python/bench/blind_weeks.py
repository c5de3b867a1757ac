"""Whether the bounds of the true accuracy hold, and how many photos a day they take to show a fall of 5 points:
`make bench ONLY=truth`.

Each figure is of 100,000 made-up weeks, whose photos are judged as by the blind sample and reckoned with as by the
monitor (core.figures.true_accuracy). For the bounds, no two weeks are alike: a day has from a few to thousands of
photos, its share of the judgements has nothing to do with that, on some nobody has time, and the model is more often
right on some than on others; a third of the weeks are even.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from bench.figures import Figure
from core.figures import true_accuracy
from core.figures.drift import HARM, TOLERATED
from core.figures.judgements import FEWEST_OF_DAY
from core.figures.true_accuracy import DAYS

WEEKS, SEED = 100_000, 0
ACCURACIES, JUDGED = (0.8, 0.9, 0.95, 0.98, 0.995), (30, 100, 210, 400)
EXPECTED = (0.995, 0.99, 0.98, 0.97, 0.95, 0.9)
SEEN = {"half": 0.5, "most": 0.9}  # of the weeks
TRAFFIC = {"even": (1.0,) * DAYS, "weekend": (1.0,) * 5 + (0.2,) * 2}
MOST_A_DAY = 500
ERRING = 0.02  # of people's answers
TESTED = 120  # that the model accepted, as of a test split of 150


@dataclass(frozen=True)
class Weeks:
    """A row per week, a column per day: photos of the day, those judged, and how many of them were wrong."""

    photos: np.ndarray
    judged: np.ndarray
    wrong: np.ndarray

    def bound(self) -> tuple[np.ndarray, np.ndarray]:
        weights = self.weights
        sums = (weights * self.wrong).sum(axis=1), (weights**2 * self.wrong).sum(axis=1), weights.max(axis=1)
        # Weeks of the same traffic often have the same.
        each, same = np.unique(np.round(sums, 12), axis=1, return_inverse=True)
        low, high = true_accuracy.bound_weighted(*each)
        return low[same], high[same]

    @property
    def weights(self) -> np.ndarray:
        """Of a judgement of the day; none where too few were judged."""
        counted = np.where(self.judged >= FEWEST_OF_DAY, self.photos, 0.0)
        return counted / np.maximum(self.judged, 1) / counted.sum(axis=1, keepdims=True)


@contextlib.contextmanager
def ready() -> Iterator[Callable[[], list[Figure]]]:
    yield measure


def measure() -> list[Figure]:
    chance = np.random.default_rng(SEED)
    found = []
    for accuracy in ACCURACIES:
        for judged in JUDGED:
            for side, missed in zip(("above", "below"), count_missed(accuracy, judged, chance), strict=True):
                meaning = f"weeks in which the truth is {side} the bounds, {judged} judgements"
                found.append(Figure(name(side, accuracy, judged), missed, f"of {WEEKS:,}", meaning))
    for expected in EXPECTED:
        for traffic in TRAFFIC:
            for often, share in SEEN.items():
                needed = find_needed(expected, traffic, share, chance)
                meaning = f"to see a fall of {100 * HARM:.0f} points in {share:.0%} of the weeks"
                found.append(Figure(name(often, traffic, expected), needed, "a day", meaning))
        for who, seen in see_wrongly(expected).items():
            ringing = rings(expected, seen.accuracy, "even", needed, chance)
            found.append(Figure(name(who, expected), ringing, "of weeks", seen.text))
        figure = name("unfallen", expected), ring_unfallen(expected, needed, chance), "of weeks"
        found.append(
            Figure(*figure, f"that ring without a fall, where {TESTED} test photos said what to expect")
        )
    return found


def name(*parts: object) -> str:
    return "_".join(["truth", *map(str, parts)])


def count_missed(accuracy: float, judged: int, chance: np.random.Generator) -> tuple[int, int]:
    """In how many weeks the truth is above the bounds, and below."""
    weeks, truth = draw(accuracy, judged, chance)
    low, high = weeks.bound()
    return int((truth > high).sum()), int((truth < low).sum())


def draw(accuracy: float, judged: int, chance: np.random.Generator) -> tuple[Weeks, np.ndarray]:
    """Weeks of which none is like another, and how right the model was on the photos of their days."""
    size = (WEEKS, DAYS)
    uneven = chance.choice([0.0, 0.3, 1.0], (WEEKS, 1))
    idle = chance.random(size) < 0.1 * uneven
    idle[:, 0] &= ~idle[:, 1:].all(axis=1)
    shares = np.where(idle, 0.0, np.exp(uneven * chance.normal(size=size)))
    of_day = chance.multinomial(judged, shares / shares.sum(axis=1, keepdims=True))
    photos = np.maximum(of_day, np.exp(6 + uneven * chance.normal(size=size)))
    share_wrong = np.where(uneven < 1, 1 - accuracy, chance.beta(10 * (1 - accuracy), 10 * accuracy, size))
    weeks = Weeks(photos, of_day, chance.binomial(of_day, share_wrong))
    return weeks, 1 - (weeks.weights * of_day * share_wrong).sum(axis=1)


def find_needed(expected: float, traffic: str, share: float, chance: np.random.Generator) -> int:
    """The fewest judgements a day of which so many weeks ring after the fall."""
    few, many = 1, MOST_A_DAY
    while few < many:
        middle = (few + many) // 2
        if rings(expected, expected - HARM, traffic, middle, chance) >= share:
            many = middle
        else:
            few = middle + 1
    return many


@dataclass(frozen=True)
class Seen:
    accuracy: float  # as people see it who err
    text: str


def see_wrongly(accuracy: float) -> dict[str, Seen]:
    """Of two people who both say another class than the model one may be believed; else it is no judgement."""
    said = f"that ring without a fall, where {ERRING:.0%} of people's answers are wrong"
    once = accuracy * (1 - ERRING) + (1 - accuracy) * ERRING
    wrong = (1 - accuracy) * (1 - ERRING) ** 2 + accuracy * ERRING**2
    twice = once / (once + wrong)
    return {"erring": Seen(once, said), "twice": Seen(twice, f"{said}, and another one is asked")}


def ring_unfallen(accuracy: float, a_day: int, chance: np.random.Generator) -> float:
    """By a test split that was lucky: each week is another model's."""
    expected = (chance.binomial(TESTED, accuracy, WEEKS) + 1) / (TESTED + 2)
    return rings(expected, accuracy, "even", a_day, chance)


def rings(
    expected: float | np.ndarray, accuracy: float, traffic: str, a_day: int, chance: np.random.Generator
) -> float:
    """In which share of the weeks the fall is surely above what is tolerated."""
    size = (WEEKS, DAYS)
    photos = np.broadcast_to(np.array(TRAFFIC[traffic]) * 10 * MOST_A_DAY, size)
    weeks = Weeks(photos, np.full(size, a_day), chance.binomial(a_day, 1 - accuracy, size))
    _, high = weeks.bound()
    return float((expected - high > TOLERATED["fall"]).mean())
