"""The picture of `make bench ONLY=drift`: what each shift costs, and how often it rings, at 500 photos a day."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from bench import drift_tables, drifting
from bench.drift_tables import Known
from bench.shifts import UNCHANGED, Shift
from core import canvas

INCHES, DPI = (8.0, 8.6), 110
COSTS = LinearSegmentedColormap.from_list("costs", ["white", canvas.ORANGE])
RINGS = LinearSegmentedColormap.from_list("rings", ["white", canvas.SKY])


def draw(known: Known, path: Path) -> None:
    shifts = drift_tables.find_shifts(known)
    quiet = known[drifting.name(UNCHANGED, drift_tables.OF)].value
    falls = [known[drifting.name(shift, "fall")].value for shift in shifts]
    costs = np.outer([0.0, *falls], drifting.SHARES)
    rings = np.array([[quiet] * len(drifting.SHARES), *(rates(known, shift) for shift in shifts)])
    picture = Figure(figsize=INCHES, layout="constrained", facecolor="white")
    left, right = picture.subplots(1, 2, sharey=True)
    fill(left, costs.clip(0), COSTS, 50, [[f"{it:.1f}" for it in row] for row in costs.round(1) + 0.0])
    fill(right, 100 * rings, RINGS, 100, [[f"{100 * it:.3g}%" for it in row] for row in rings])
    left.set_title("points of accuracy lost")
    right.set_title(f"days on which an alarm rings,\nof {drift_tables.OF} photos each")
    left.set_yticks(range(1 + len(shifts)), ["unchanged", *(shift.name for shift in shifts)])
    causes = ["", *(shift.cause for shift in shifts)]
    for row in range(1, len(causes)):
        if causes[row] != causes[row - 1]:
            for axes in (left, right):
                axes.axhline(row - 0.5, color="black", linewidth=0.8)
            right.text(2.6, row - 0.4, causes[row], rotation=270, va="top", fontsize=9, clip_on=False)
    for unseen in drift_tables.find_unseen(known, shifts):
        right.add_patch(outline(1 + shifts.index(unseen.shift), drifting.SHARES.index(unseen.share)))
    picture.supxlabel(
        "share of the photos affected; framed: costs 5 points or more, rings on fewer than 19 of 20 days"
    )
    canvas.save(picture, path, DPI)


def rates(known: Known, shift: Shift) -> list[float]:
    return [known[drifting.name(shift, f"{share:.0%}", drift_tables.OF)].value for share in drifting.SHARES]


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
