"""The verdict on one model, in a sentence: the worst of what matters.

Moved is what surely moved; steady, what surely did not. In between nobody can tell, and it says how many pictures
could.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from core.figures import true_words
from core.figures.drift import MIN_RECORDS, TOLERATED, Assessment
from core.figures.metrics import Estimate, Z
from core.figures.true_accuracy import Truth
from report.words import percent

CLOSEST = 0.005  # what is closer to the least nobody will tell from it
LEAST = {"accuracy": 0.85, "coverage": 0.6}  # unless an environment says otherwise


@dataclass(frozen=True)
class Verdict:
    tone: str  # steady, moved or unknown
    text: str


def judge(
    said: Assessment,
    accuracy: Estimate | None,
    least: Mapping[str, float],
    labelled: int = 0,
    judged: Truth | None = None,
    tolerated_fall: float = TOLERATED["fall"],
) -> Verdict:
    """`accuracy` is the true one, of so many labelled photos; a few of them say less than the estimate does.

    `judged` is what people said of the blind sample: of what was accepted alone.
    """
    told = [Share("coverage", said.coverage, said.records, least["coverage"], "records")]
    if accuracy and labelled >= MIN_RECORDS:
        told.append(Share("true accuracy", accuracy, labelled, least["accuracy"], "labels"))
    else:
        estimated = Share("estimated accuracy", said.estimated_accuracy, said.records, least["accuracy"])
        told.append(estimated)
    low = [each.say_low() for each in told if each.low]
    if judged and judged.bounded and judged.fall and judged.fall.low > tolerated_fall:
        low.append(f"true accuracy of what is accepted has fallen by {true_words.points(judged.fall.value)}")
    if said.moved or low:
        moved = [f"moved: {', '.join(said.moved)}"] if said.moved else []
        return Verdict("moved", capitalise("; ".join([*moved, *low])))
    if not said.drift:
        return Verdict("unknown", "Nothing to compare with: there is no baseline")
    untold = [say_untold(said)] if said.untold else []
    untold += [each.say_untold() for each in told if each.untold]
    if untold:
        return Verdict("unknown", f"Cannot tell {'; nor '.join(untold)}")
    return Verdict("steady", "Nothing moved")


@dataclass(frozen=True)
class Share:
    """A share that should not be below the least, as the alarms of monitoring/alarms.tf ask for it."""

    name: str
    found: Estimate | None
    n: int
    least: float
    things: str = ""  # that make its bounds closer; an estimate's depend on the calibration as well

    @property
    def low(self) -> bool:
        return self.found is not None and self.n >= MIN_RECORDS and self.found.high < self.least

    @property
    def untold(self) -> bool:
        """Whether it may be low as well as not; of a few records everything may."""
        return self.found is not None and self.found.low < self.least and not self.low

    def say_low(self) -> str:
        assert self.found
        return f"{self.name} is low: {percent(self.found.value)}, at least {percent(self.least)} is wanted"

    def say_untold(self) -> str:
        assert self.found
        value, gap = self.found.value, max(abs(self.found.value - self.least), CLOSEST)
        needed = max(MIN_RECORDS, math.ceil(Z * Z * max(value * (1 - value), CLOSEST) / gap**2))
        takes = f"; it takes at least {needed:,} {self.things}" if self.things and needed > self.n else ""
        between = f"{percent(self.found.low)} to {percent(self.found.high)}"
        return f"whether {self.name} is at least {percent(self.least)} ({between}{takes})"


def say_untold(said: Assessment) -> str:
    """Why, of the statistics; some have no live value at all."""
    rows = [it for it in said.drift if it.needed]
    unseen = [it for it in said.untold if it not in {row.statistic for row in rows}]
    why = []
    if rows:
        live = max(it.needed.live for it in rows if it.needed)
        baseline = max(it.needed.baseline for it in rows if it.needed)
        takes = f"it takes at least {live:,} live pictures and {baseline:,} in the baseline"
        why.append(f"{takes}; there are {rows[0].live_n:,} and {rows[0].baseline_n:,}")
    if unseen:
        why.append(
            f"no live picture could be read, for {', '.join(unseen)}"
            if rows
            else "no live picture could be read"
        )
    if any(it.verdict == "steady" for it in said.drift):
        return f"of {', '.join(said.untold)} ({'; '.join(why)}); nothing else moved"
    return f"whether anything moved: {'; '.join(why)}"


def capitalise(text: str) -> str:
    return text[0].upper() + text[1:]
