"""What the pictures of training and of the report have in common: an empty canvas, the colours, how a figure becomes
a file, and the two diagrams of how far a model can be trusted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from core.figures.metrics import Estimate
from core.figures.scores import Curve

# Okabe and Ito's colours: told apart by the colour-blind too, and seen on white as well as on black.
BLUE, SKY, GREEN, YELLOW = "#0072b2", "#56b4e9", "#009e73", "#f0e442"
ORANGE, VERMILION, PURPLE = "#e69f00", "#d55e00", "#cc79a7"
SIZE = (6.0, 4.2)  # inches


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
    bounds: Sequence[Estimate] = (),
    size: tuple[float, float] = SIZE,
) -> Figure:
    """Accuracy in each bin of confidence, as `scores.reliability` counts them, with the number of records."""
    figure, axes = canvas(title, "confidence", "share that is right", size)
    sure = np.array([b["confidence"] for b in bins])
    right = np.array([b["accuracy"] for b in bins])
    low = np.array([each.low for each in bounds]) if bounds else right
    high = np.array([each.high for each in bounds]) if bounds else right
    floor = 1 / classes
    axes.plot([floor, 1], [floor, 1], "--", color=muted, label="as right as it is sure")
    reach = (right - low, high - right) if bounds else None
    axes.errorbar(sure, right, reach, fmt="o-", color=colour, capsize=4, label=label)
    for b, bottom in zip(bins, low, strict=True):
        axes.annotate(
            f"{b['count']:,}",
            (b["confidence"], bottom),
            xytext=(0, -14),
            textcoords="offset points",
            ha="center",
            color=muted,
            fontsize=10,
        )
    axes.set_ylim(min(0.3, low.min()) - 0.1, 1.03)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure
