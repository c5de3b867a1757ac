"""The picture of `make bench ONLY=drift`: what each shift costs, and how often it rings, at 500 photos a day."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from bench import drift_tables, drifting
from bench.figures import Measured
from bench.shifts import ALL
from core import canvas

INCHES, DPI = (8.0, 8.6), 110
COSTS = LinearSegmentedColormap.from_list("costs", ["white", canvas.ORANGE])
RINGS = LinearSegmentedColormap.from_list("rings", ["white", canvas.SKY])


def draw(figures: Sequence[Measured], path: Path) -> None:
    known = {it.name: it.value for it in figures}
    shifts = [shift for shift in ALL if drifting.name(shift, "fall") in known]
    falls = np.array([known[drifting.name(shift, "fall")] for shift in shifts])
    costs = np.outer(falls, drifting.SHARES)
    rings = np.array(
        [
            [known[drifting.name(shift, f"{share:.0%}", drift_tables.OF)] for share in drifting.SHARES]
            for shift in shifts
        ]
    )
    picture = Figure(figsize=INCHES, layout="constrained", facecolor="white")
    left, right = picture.subplots(1, 2, sharey=True)
    fill(left, costs.clip(0), COSTS, 50, [[f"{it:.0f}" for it in row] for row in costs.round() + 0.0])
    fill(right, 100 * rings, RINGS, 100, [[f"{it:.0%}" for it in row] for row in rings])
    left.set_title("what it costs: points of accuracy")
    right.set_title(f"the days on which an alarm rings,\n{drift_tables.OF} photos a day")
    left.set_yticks(range(len(shifts)), [shift.name for shift in shifts])
    causes = [shift.cause for shift in shifts]
    for row in range(1, len(shifts)):
        if causes[row] != causes[row - 1]:
            for axes in (left, right):
                axes.axhline(row - 0.5, color="black", linewidth=0.8)
    picture.supxlabel("share of the photos that are affected")
    missed = (costs >= drift_tables.COSTLY) & (rings < drift_tables.SEEN)
    for row, column in np.argwhere(missed):
        right.add_patch(outline(row, column))
    canvas.save(picture, path, DPI)


def fill(
    axes: Axes, values: np.ndarray, colours: Colormap, most: float, cells: Sequence[Sequence[str]]
) -> None:
    axes.imshow(values, colours, aspect="auto", vmin=0, vmax=most)
    axes.set_xticks(range(len(drifting.SHARES)), [f"{share:.0%}" for share in drifting.SHARES])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for row, texts in enumerate(cells):
        for column, text in enumerate(texts):
            axes.text(column, row, text, ha="center", va="center", fontsize=9)


def outline(row: int, column: int) -> Rectangle:
    """Around what costs much and rings too seldom."""
    return Rectangle(
        (column - 0.47, row - 0.45), 0.94, 0.9, fill=False, edgecolor=canvas.VERMILION, linewidth=2
    )
