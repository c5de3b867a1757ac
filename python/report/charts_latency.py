"""How long each step takes, as percentiles."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from report import theme
from report.graph.text import cut
from training.plots import canvas

PERCENTILES = {50: "o", 90: "^", 99: "s"}  # and the marker of each
SPREAD = 20  # from this ratio of the slowest to the quickest on, the axis is logarithmic
QUICKEST = 0.1  # milliseconds; what takes less is drawn there
ROOM = 150.0  # for a step's name, in points


def draw(seconds: Mapping[str, Sequence[float]]) -> Figure:
    """From the first step at the top to the last."""
    figure, axes = canvas(
        "Time in each step",
        "milliseconds in the step, retries included",
        "",
        (theme.WIDTH, 1.9 + 0.55 * len(seconds)),
    )
    rows = range(len(seconds), 0, -1)
    points = np.array([percentiles(values) for values in seconds.values()])
    axes.hlines(rows, points[:, 0], points[:, -1], color=theme.SKY, linewidth=3, zorder=1)
    for (percent, marker), column in zip(PERCENTILES.items(), points.T, strict=True):
        axes.plot(column, rows, marker, color=theme.BLUE, markersize=7, label=f"p{percent}")
    names = [
        f"{cut(name, ROOM, 11)}\n{len(values):,} {'time' if len(values) == 1 else 'times'}"
        for name, values in seconds.items()
    ]
    axes.set_yticks(rows, names)
    axes.set_ylim(0.4, len(seconds) + 0.6)
    axes.margins(x=0.08)
    if points.max() > SPREAD * points.min():
        axes.set_xscale("log")
    else:
        axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.xaxis.set_minor_formatter("")
    figure.legend(loc="outside lower left", ncols=3)
    return figure


def percentiles(seconds: Sequence[float]) -> list[float]:
    """Those drawn, in milliseconds."""
    return [max(float(value) * 1000, QUICKEST) for value in np.percentile(seconds, list(PERCENTILES))]
