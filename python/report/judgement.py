"""The verdict on one model, in a sentence: the worst of what matters.

Moved is what surely moved; steady, what surely did not. In between nobody can tell, and it says how many pictures
could.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.figures.drift import MIN_RECORDS, Assessment
from core.figures.metrics import Estimate
from report.words import percent

LEAST = {"accuracy": 0.85, "coverage": 0.6}  # unless an environment says otherwise


@dataclass(frozen=True)
class Verdict:
    tone: str  # steady, moved or unknown
    text: str


def judge(said: Assessment, accuracy: Estimate | None, least: Mapping[str, float]) -> Verdict:
    """`accuracy` is the true one, if it is known."""
    estimated = said.estimated_accuracy
    wrong = [
        *([f"moved: {', '.join(said.moved)}"] if said.moved else []),
        *find_low("coverage", said.records, said.coverage, least["coverage"]),
        *find_low("true accuracy", said.records, accuracy, least["accuracy"]),
        *([] if accuracy else find_low("estimated accuracy", said.records, estimated, least["accuracy"])),
    ]
    if wrong:
        return Verdict("moved", capitalise("; ".join(wrong)))
    if not said.drift:
        return Verdict("unknown", "Nothing to compare with: there is no baseline")
    if said.untold:
        return Verdict("unknown", say_untold(said))
    return Verdict("steady", "Nothing moved")


def find_low(name: str, records: int, found: Estimate | None, least: float) -> Iterator[str]:
    """As the alarms of monitoring/alarms.tf: by the upper bound, and of no few records."""
    if found and records >= MIN_RECORDS and found.high < least:
        yield f"{name} is low: {percent(found.value)}, at least {percent(least)} is wanted"


def say_untold(said: Assessment) -> str:
    untold = [it for it in said.drift if it.needed]
    live = max(it.needed.live for it in untold if it.needed)
    baseline = max(it.needed.baseline for it in untold if it.needed)
    first = untold[0]
    takes = f"it takes at least {live:,} live pictures and {baseline:,} in the baseline"
    has = f"there are {first.live_n:,} and {first.baseline_n:,}"
    if any(it.verdict == "steady" for it in said.drift):
        return f"Cannot tell of {', '.join(said.untold)} ({takes}; {has}); nothing else moved"
    return f"Cannot tell whether anything moved: {takes}, and {has}"


def capitalise(text: str) -> str:
    return text[0].upper() + text[1:]
