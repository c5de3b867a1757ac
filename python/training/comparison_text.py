"""A comparison of two models in words: for a terminal, and as Markdown for a pull request."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core import escape
from core.figures.metrics import Estimate
from core.figures.paired import Paired
from training.compared_models import ALL, BASE, FALLS, LIVE, NOT_BETTER, Comparison

OF_ACCEPTED = (
    f"Coverage and what is accepted are those of {BASE}. Photos are taken for independent of each other."
)
NOTE = "points are hundredths; surely: as comparison.md says"


@dataclass(frozen=True)
class Line:
    what: str
    live: str
    candidate: str
    change: str


def sentence(comparison: Comparison, name: Callable[[str], str] = str) -> str:
    """What came out, and why. `name` writes what others have named: classes and sources."""
    told = [f"On {BASE} the candidate is {say(comparison.base.change)}"]
    told.append(
        f"on live photos it is {say(comparison.on_live.change)}"
        if comparison.on_live
        else "of live photos there are too few to tell"
    )
    said = "; ".join(told)
    fallen = [
        f"{say_slice(it.kind, name(it.name))} is {say(it.paired.change)}"
        for it in comparison.slices
        if it.falls
    ]
    if comparison.verdict == FALLS:
        return f"{said}. It surely falls{': ' if fallen else ''}{'; '.join(fallen)}."
    if comparison.verdict == NOT_BETTER and comparison.coverage.change.value < 0:
        return f"{said}. It is {comparison.verdict}; its coverage is {say(comparison.coverage.change)}."
    return f"{said}. It is {comparison.verdict}."


def say(change: Estimate) -> str:
    """As in: better by 1.9 points, surely between 0.4 and 3.5."""
    value, low, high = (100 * it for it in (change.value, change.low, change.high))
    if low > 0:
        return f"better by {value:.1f} points, surely between {low:.1f} and {high:.1f}"
    if high < 0:
        return f"worse by {-value:.1f} points, surely between {-high:.1f} and {-low:.1f}"
    way = (
        "as good"
        if f"{abs(value):.1f}" == "0.0"
        else f"{abs(value):.1f} points {'better' if value > 0 else 'worse'}"
    )
    return f"{way}, surely between {-low:.1f} worse and {high:.1f} better"


def say_slice(kind: str, name: str) -> str:
    return name if kind == ALL else f"{kind} {name}"


def lines(comparison: Comparison, name: Callable[[str], str] = str) -> Iterator[Line]:
    """What is compared, a line each; what falls is marked."""
    yield line(f"accuracy, {BASE}", comparison.base)
    if comparison.on_live:
        yield line(f"accuracy, {LIVE}, by traffic", comparison.on_live)
    for it in comparison.slices:
        what = it.name if it.kind == ALL else f"{it.kind} {name(it.name)}, {it.paired.n} photos"
        yield line(what, it.paired, it.falls)
    live, candidate = comparison.live, comparison.candidate
    yield Line(
        "latency",
        f"{live.milliseconds:.1f} ms",
        f"{candidate.milliseconds:.1f} ms",
        "median, on this machine",
    )
    yield Line(
        "artefact", size(live.size), size(candidate.size), "the instance is the same, and so is what it costs"
    )


def line(what: str, paired: Paired, falls: bool = False) -> Line:
    change = f"{'SURELY FALLS: ' if falls else ''}{say(paired.change)}"
    return Line(what, f"{paired.theirs:.1%}", f"{paired.ours:.1%}", change)


def size(count: int) -> str:
    return f"{count / 1e6:.2f} MB"


def page(comparison: Comparison) -> str:
    """Names of sources and classes are others' text: they stand in code where they are more than plain words."""
    rows = [
        f"| {it.what} | {it.live} | {it.candidate} | {it.change} |" for it in lines(comparison, escape.cell)
    ]  # fmt: skip
    test, accepted, waited = comparison.counts.values()
    return "\n".join(
        [
            f"**{sentence(comparison, escape.word)}**",
            "",
            f"On the same photos, of data set `{comparison.dataset_id}`: {test} of {BASE}, {accepted} live ones that "
            f"the live model accepted, judged blind, and {waited} that waited for a person. Threshold "
            f"{comparison.threshold:g}.",
            "",
            f"| | live `{comparison.live.id}` | candidate `{comparison.candidate.id}` | change |",
            "| --- | ---: | ---: | --- |",
            f"| recipe | {escape.cell(comparison.live.recipe)} | {escape.cell(comparison.candidate.recipe)} | |",
            *rows,
            "",
            f"Points are hundredths. This is look {comparison.look} at a candidate for this live model, so surely "
            f"means: each bound of the two accuracies leaves the truth out in {comparison.beyond:.2%} of weeks; "
            f"those of the lines below in 2.5 %. What falls is corrected for the number of lines (Holm) and of looks. "
            f"{OF_ACCEPTED}",
            "",
        ]
    )
