"""What a person reads of how often the model is right on what it accepts: a sentence, and what stands beside it.

say(truth)  ->  ["true accuracy of what was accepted, 2026-11-20 to 2026-11-26: 95.1%, surely between ...", ...]
"""

from core.figures.drift import HARM
from core.figures.metrics import Estimate
from core.figures.true_accuracy import Truth


def say(truth: Truth) -> list[str]:
    days = f"true accuracy of what was accepted, {truth.since} to {truth.until}"
    if truth.accuracy is None:
        return [f"{days}: nobody has judged a photo of its blind sample"]
    judged = f"{truth.judged:,} photo{'s' * (truth.judged != 1)} that people judged{say_untold(truth)}"
    beside = [it for it in (say_estimate(truth), say_fall(truth), *say_left_out(truth)) if it]
    return [f"{days}: {say_bounded(truth.accuracy)}, by {judged}", *beside]


def say_untold(truth: Truth) -> str:
    """Of which part of the week they are, if nobody has judged the rest."""
    if not truth.untold:
        return ""
    of, share = len(truth.routed), truth.share_told
    return f", on {of - len(truth.untold)} of {of} days, with {share:.0%} of what was accepted"


def say_estimate(truth: Truth) -> str:
    """How wrong it was, on the same photos."""
    wrong = truth.too_high
    if wrong is None or truth.estimated is None:
        return ""
    said = f"by its confidence the model is right on {truth.estimated:.1%} of the same photos"
    if wrong.low <= 0 <= wrong.high:
        return f"{said}, which may be so"
    too = "high" if wrong.value > 0 else "low"
    least, most = sorted((abs(wrong.low), abs(wrong.high)))
    return f"{said}: too {too} by {points(abs(wrong.value))}, surely by {100 * least:.1f} to {points(most)}"


def say_fall(truth: Truth) -> str:
    if truth.fall is None or truth.expected is None:
        return ""
    expected = f"in training it was right on {truth.expected:.1%} of what it accepted"
    if truth.bounded and truth.fall.low:
        return (
            f"{expected}: fallen by {points(truth.fall.value)}, surely by {points(truth.fall.low)} at least"
        )
    if truth.enough:
        return f"{expected}: nothing says that it has fallen"
    # Other days count for other numbers of photos, so the rest is not a number of judgements.
    return f"{expected}: too few are judged to show a fall of {points(HARM)}, see docs/drift.md"


def say_left_out(truth: Truth) -> list[str]:
    said = []
    if truth.no_judgement:
        said.append(
            "photos without a judgement: "
            + ", ".join(f"{n:,} {why.replace('_', ' ')}" for why, n in truth.no_judgement.items())
        )
    if truth.corrected:
        said.append(f"{truth.corrected:,} more, objected to or corrected, count each for itself alone")
    return said


def say_bounded(found: Estimate) -> str:
    return f"{found.value:.1%}, surely between {found.low:.1%} and {found.high:.1%}"


def points(share: float) -> str:
    return f"{100 * share:.1f} points"
