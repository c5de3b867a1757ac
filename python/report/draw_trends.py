"""The charts of how figures went over time: a point for each step of it, with its bounds, and a line at releases."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from math import ceil, inf

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from core.figures.metrics import Estimate
from report import theme
from report.facts import Facts
from report.releases import Release
from report.trend import Point

COLUMNS = 2
DAY = 86_400  # seconds
PANEL = 1.56  # inches high
NAMED = 0.3  # of the width, for a release's name
LIVE, EARLIER = "o", "s"  # markers
Value = Callable[[Point], Estimate | None]


def draw_figures(
    models: Sequence[Facts],
    releases: Sequence[Release],
    live: str | None,
    least: Mapping[str, float],
) -> Figure:
    """How much came, coverage, and accuracy: as labels tell it where there are any, and as it is estimated."""
    known = any(it.estimated_accuracy or it.accuracy for model in models for it in model.trend)
    heights = [1, 2, 2] if known else [1, 2]
    figure = Figure(figsize=(theme.WIDTH, 0.8 + 1.5 * sum(heights)), layout="constrained")
    panels = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    records, coverage = panels[:2]
    for model in models:
        colour, marker = look(model, live)
        starts, ends = spans(model.trend)
        counts = [point.records for point in model.trend]
        records.bar(starts, counts, 0.9 * (ends - starts), align="edge", color=colour, alpha=0.75)
        draw_points(coverage, model.trend, lambda it: it.coverage, colour, marker)
        if known:
            draw_points(panels[2], model.trend, lambda it: it.estimated_accuracy, colour, marker, hollow=True)
            draw_points(panels[2], model.trend, lambda it: it.accuracy, theme.ACCEPTED, "D")
    for axes, title in zip(panels, ("Records", "Coverage", "Accuracy (hollow: estimated)"), strict=False):
        dress(axes, title)
    for axes, name in zip(panels[1:], ("coverage", "accuracy"), strict=False):
        axes.axhline(least[name], color=theme.ink(), linestyle="--", linewidth=1)
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.set_ylim(top=1.02)
    records.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    records.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    mark_releases(panels, releases)
    name_releases(records, releases)
    theme.time_axis(panels[-1])
    return figure


def draw_drifts(
    models: Sequence[Facts],
    releases: Sequence[Release],
    live: str | None,
    tolerances: Mapping[str, float],
) -> Figure:
    """A panel for each statistic, in multiples of what is tolerated of it."""
    rows = ceil(len(tolerances) / COLUMNS)
    figure = Figure(figsize=(theme.WIDTH, 0.6 + PANEL * rows), layout="constrained")
    panels = figure.subplots(rows, COLUMNS, sharex=True, squeeze=False)
    figure.supylabel("times the tolerated", fontsize="medium")
    shown = panels.flat[: len(tolerances)]
    for axes, (name, tolerance) in zip(shown, tolerances.items(), strict=True):
        axes.axhline(1, color=theme.ink(), linestyle="--", linewidth=1)
        for model in models:
            colour, marker = look(model, live)
            drifts = partial(scale, statistic=name, tolerance=tolerance)
            draw_points(axes, model.trend, drifts, colour, marker)
        dress(axes, name)
        axes.set_ylim(bottom=0)
        theme.time_axis(axes, ticks=3)
        axes.xaxis.get_offset_text().set_visible(False)
        axes.set_xlabel("")
    for axes in panels.flat[len(shown) :]:
        axes.set_visible(False)
    mark_releases(shown, releases)
    return figure


def scale(point: Point, statistic: str, tolerance: float) -> Estimate | None:
    drift = point.drift.get(statistic)
    return drift and Estimate(drift.value / tolerance, drift.low / tolerance, drift.high / tolerance)


def draw_points(
    axes: Axes, trend: Sequence[Point], value: Value, colour: str, marker: str, hollow: bool = False
) -> None:
    """In the middle of its step each, and a gap where there is none."""
    known = [(point, found) for point in trend if (found := value(point))]
    if not known:
        return
    starts, ends = spans([point for point, _ in known])
    values = np.array([found.value for _, found in known])
    reach = np.abs(np.array([(found.low, found.high) for _, found in known]).T - values)
    face = theme.background() if hollow else colour
    axes.errorbar(
        (starts + ends) / 2,
        values,
        reach,
        fmt=marker,
        color=colour,
        markerfacecolor=face,
        markersize=5,
        elinewidth=1.4,
    )


def spans(trend: Sequence[Point]) -> tuple[np.ndarray, np.ndarray]:
    """When each step begins and ends."""
    return np.array([day_of(it.since) for it in trend]), np.array([day_of(it.until) for it in trend])


def day_of(time: str) -> float:
    """As matplotlib counts days, from 1970 on."""
    return datetime.fromisoformat(time).timestamp() / DAY


def look(model: Facts, live: str | None) -> tuple[str, str]:
    return (theme.LIVE, LIVE) if model.model == live else (theme.OTHER, EARLIER)


def dress(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize="medium", fontweight="normal")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=False, axis="x")


def mark_releases(panels: Iterable[Axes], releases: Sequence[Release]) -> None:
    for axes in panels:
        for release in releases:
            axes.axvline(day_of(release.time), color=theme.PURPLE, linewidth=1.4)


def name_releases(axes: Axes, releases: Sequence[Release]) -> None:
    """Above the panel, but for those that would stand on the one before."""
    low, high = axes.get_xlim()
    free = -inf
    for release in releases:
        when = day_of(release.time)
        if when >= free:
            name = f"{(release.model or 'unnamed')[:8]} answers"
            right = when > high - NAMED * (high - low)
            axes.annotate(
                name,
                (when, 1.02),
                xycoords=("data", "axes fraction"),
                ha="right" if right else "left",
                color=theme.ink(),
            )
            free = when + NAMED * (high - low)
