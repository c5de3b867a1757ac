"""A comparison of two models in words: for a terminal, and as Markdown for a pull request."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core import escape
from core.figures.metrics import Estimate
from core.figures.paired import Paired
from training.compared_models import ACCEPTED, ALL, COVERAGE, Comparison

OF_COVERAGE = (
    "Coverage is that of the base's test split: what people judge blind the live model has accepted."
)
NOTE = "points are hundredths; surely: 95% sure, both bounds together"


@dataclass(frozen=True)
class Line:
    what: str
    live: str
    candidate: str
    change: str


def sentence(comparison: Comparison, name: Callable[[str], str] = str) -> str:
    """What came out, and why. `name` writes what others have named: classes and sources."""
    said = f"The candidate is {say(comparison.accuracy.change)}"
    if fallen := [
        f"{say_slice(it.kind, name(it.name))} is {say(it.paired.change)}"
        for it in comparison.slices
        if it.falls
    ]:
        return f"{said}. But it surely falls: {'; '.join(fallen)}."
    return f"{said}: it is {comparison.verdict}."


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
    yield line("accuracy", comparison.accuracy)
    fallen = {(it.kind, it.name) for it in comparison.slices if it.falls}
    yield line(COVERAGE, comparison.coverage, (ALL, COVERAGE) in fallen)
    if comparison.accepted:
        yield line(ACCEPTED, comparison.accepted, (ALL, ACCEPTED) in fallen)
    for it in comparison.slices:
        if it.kind != ALL:
            yield line(f"{it.kind} {name(it.name)}, {it.paired.n} photos", it.paired, it.falls)
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
    counts = comparison.counts
    rows = [
        f"| {it.what} | {it.live} | {it.candidate} | {it.change} |" for it in lines(comparison, escape.cell)
    ]  # fmt: skip
    judged = f"{counts['test']} photos of the base's test split and {counts['live']} that people judged blind"
    return "\n".join(
        [
            f"**{sentence(comparison, escape.word)}**",
            "",
            f"On the same photos: {judged}, of data set `{comparison.dataset_id}`; threshold {comparison.threshold:g}.",
            "",
            f"| | live `{comparison.live.id}` | candidate `{comparison.candidate.id}` | change |",
            "| --- | ---: | ---: | --- |",
            f"| recipe | {escape.cell(comparison.live.recipe)} | {escape.cell(comparison.candidate.recipe)} | |",
            *rows,
            "",
            f"{NOTE[0].upper()}{NOTE[1:]}. What falls is corrected for the number of slices (Holm). {OF_COVERAGE}",
            "",
        ]
    )
