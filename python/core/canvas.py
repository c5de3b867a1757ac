"""What the pictures of training and of the report have in common: an empty canvas, the colours, how a figure becomes
a file, and the two diagrams of how far a model can be trusted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from core.figures.scores import Curve

# Okabe and Ito's colours: told apart by the colour-blind too, and seen on white as well as on black.
BLUE, SKY, GREEN, YELLOW = "#0072b2", "#56b4e9", "#009e73", "#f0e442"
ORANGE, VERMILION, PURPLE = "#e69f00", "#d55e00", "#cc79a7"
SIZE = (6.0, 4.2)  # inches
FEW = 10  # of fewer records a share is drawn hollow: its bounds say more than it does


@dataclass(frozen=True)
class Line:
    """A model's accuracy at each coverage, and where the threshold in use is."""

    label: str
    curve: Curve
    dot: tuple[float, float] | None
    colour: str
    style: str = "-"


def canvas(title: str, x: str, y: str, size: tuple[float, float] = SIZE) -> tuple[Figure, Axes]:
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def save(figure: Figure, path: Path, dpi: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Without the software's version, equal figures are equal files.
    figure.savefig(path, dpi=dpi, metadata={"Software": None})


def draw_coverage(
    title: str, lines: Sequence[Line], threshold: float, muted: str, size: tuple[float, float] = SIZE
) -> Figure:
    """What a threshold lets through: accuracy of the accepted against the share that is accepted."""
    figure, axes = canvas(title, "coverage: share of the photos accepted", "accuracy of the accepted", size)
    for line in lines:
        points = line.curve
        axes.plot(
            points.coverage, points.accuracy, line.style, color=line.colour, linewidth=2, label=line.label
        )
        if line.dot:
            axes.plot(*line.dot, "o", color=line.colour, markersize=9)
    axes.plot([], [], "o", color=muted, label=f"threshold {threshold:g}")
    axes.set_xlim(0, 1.02)
    axes.set_ylim(top=min(axes.get_ylim()[1], 1.005))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1, decimals=None))
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def draw_reliability(
    title: str,
    bins: Sequence[dict[str, float]],
    classes: int,
    label: str,
    colour: str,
    muted: str,
    size: tuple[float, float] = SIZE,
) -> Figure:
    """Accuracy in each bin of confidence with its bounds, as `scores.reliability` counts them, and how many are in it.

    No line joins them: bins are no course of anything, and one of two records would bend it as far as one of 400.
    """
    figure, axes = canvas(title, "confidence", "share that is right", size)
    floor = 1 / classes
    axes.plot([floor, 1], [floor, 1], "--", color=muted, label="as right as it is sure")
    few = f"{label}, of fewer than {FEW}"
    for name, face, chosen in (
        (label, colour, [b for b in bins if b["count"] >= FEW]),
        (few, mpl.rcParams["figure.facecolor"], [b for b in bins if b["count"] < FEW]),
    ):
        if not chosen:
            continue
        right = np.array([b["accuracy"] for b in chosen])
        reach = right - [b["low"] for b in chosen], [b["high"] for b in chosen] - right
        axes.errorbar(
            [b["confidence"] for b in chosen],
            right,
            reach,
            fmt="o",
            color=colour,
            markerfacecolor=face,
            markersize=7,
            capsize=4,
            label=name,
        )
    counts = axes.secondary_xaxis("top")
    counts.set_xticks([b["confidence"] for b in bins], [f"{b['count']:,}" for b in bins])
    counts.set_xlabel("records in the bin")
    counts.spines["top"].set_visible(False)
    counts.tick_params(length=0)
    axes.set_xlim(floor - 0.03, 1.03)
    axes.set_ylim(-0.04, 1.04)
    for axis in (axes.xaxis, axes.yaxis):
        axis.grid(visible=True)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure
