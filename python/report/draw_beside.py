"""The chart of the baseline beside live answers: of each statistic, how both are spread over the baseline's bins."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from core.figures.quantities import QUANTITIES
from core.figures.tally import Tally
from report import theme

COLUMNS = 2
PANEL = 1.35  # inches high


def draw(
    edges: dict[str, list[float]],
    baseline: Tally,
    live: Tally,
    names: Sequence[str],
) -> Figure:
    """A panel for each of these statistics, on a scale of its own."""
    rows = math.ceil(len(names) / COLUMNS)
    figure = Figure(figsize=(theme.WIDTH, 0.5 + PANEL * rows), layout="constrained")
    panels = figure.subplots(rows, COLUMNS, squeeze=False)
    for axes, name in zip(panels.flat, names, strict=False):
        draw_bins(axes, baseline.histograms[name], live.histograms[name])
        name_edges(axes, edges[name], QUANTITIES[name].form)
        unit = QUANTITIES[name].unit.strip()
        axes.set_title(f"{name}, {unit}" if unit else name, fontsize="medium", fontweight="normal")
    for axes in panels.flat[len(names) :]:
        axes.set_visible(False)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def draw_bins(axes: Axes, baseline: Sequence[int], live: Sequence[int]) -> None:
    """The bins beside each other, however wide: they were made so that the baseline fills them alike."""
    places = np.arange(len(live))
    axes.bar(places, np.array(live) / sum(live), 0.86, color=theme.LIVE, label="live")
    axes.stairs(
        np.array(baseline) / sum(baseline),
        np.arange(len(live) + 1) - 0.5,
        color=theme.ink(),
        linewidth=1.6,
        label="baseline",
    )
    axes.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=False, axis="x")


def name_edges(axes: Axes, edges: Sequence[float], form: str) -> None:
    """Some of the values between the bins; a bin of one value alone is named in its middle."""
    single = [place for place, (low, high) in enumerate(pairwise(edges)) if is_next(low, high)]
    if single:
        axes.set_xticks([place + 1 for place in single], [form.format(edges[place]) for place in single])
    else:
        chosen = sorted({0, (len(edges) - 1) // 2, len(edges) - 1})
        axes.set_xticks([place + 0.5 for place in chosen], [form.format(edges[place]) for place in chosen])


def is_next(low: float, high: float) -> bool:
    return high == np.nextafter(low, np.inf)
