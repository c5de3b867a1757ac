"""The charts of one model's answers: how sure it was, how often it answered each class, and at which hour."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from core.canvas import canvas
from core.figures import metrics
from report import theme
from report.facts import HOURS
from report.words import number

WIDE, NARROW = 11.8, theme.WIDTH  # inches
MARKERS = "o^sDvP*X"  # told apart without colour
ROW = 0.09  # of the axis's height: each kind of failed execution has a row of its own below the answers
BIN = 0.02


def draw_timeline(
    times: np.ndarray,
    probabilities: np.ndarray,
    names: Sequence[str],
    threshold: float,
    unrouted: Mapping[str, np.ndarray],
    width: float,
) -> Figure:
    """Every answer is a point; below them, a mark per execution that routed nobody, by outcome."""
    figure, axes = canvas("Confidence of every answer", "", "confidence", (width, 4.6))
    confidence, predicted = probabilities.max(axis=1), probabilities.argmax(axis=1)
    floor = 1 / probabilities.shape[1]
    side, alpha = np.clip(110 / np.sqrt(len(times)), 2, 7), np.clip(25 / np.sqrt(len(times)), 0.2, 0.85)
    for index, name in enumerate(names):
        chosen = predicted == index
        axes.plot(
            as_moments(times[chosen]),
            confidence[chosen],
            MARKERS[index % len(MARKERS)],
            color=colour_of(index),
            markersize=side,
            markeredgewidth=0,
            alpha=alpha,
            label=name,
            rasterized=True,
        )
    axes.axhline(
        threshold, color=theme.ink(), linestyle="--", linewidth=1.2, label=f"threshold {threshold:g}"
    )
    rows = {kind: floor - ROW * (1 - floor) * (row + 1.2) for row, kind in enumerate(unrouted)}
    for kind, moment in unrouted.items():
        colour = theme.REVIEW if kind == "review" else theme.FAILED
        heights = np.full(len(moment), rows[kind])
        axes.plot(
            as_moments(moment),
            heights,
            "|" if kind == "review" else "x",
            color=colour,
            markersize=8,
            rasterized=True,
        )
    if rows:
        axes.axhline(floor, color=theme.muted(), linewidth=0.8)
    ticks = [tick for tick in np.linspace(0, 1, 11) if tick >= floor - 1e-9]
    axes.set_yticks([*ticks, *rows.values()], [*(f"{tick:.1f}" for tick in ticks), *rows])
    axes.set_ylim(min([floor, *rows.values()]) - 0.03, 1.02)
    theme.time_axis(axes)
    figure.legend(loc="outside lower center", ncols=theme.columns(4), markerscale=max(1, 5 / side))
    return figure


def draw_histogram(probabilities: np.ndarray, names: Sequence[str], threshold: float) -> Figure:
    """One panel per predicted class, on one scale."""
    figure = Figure(figsize=(theme.WIDTH, 1.4 + 1.5 * len(names)), layout="constrained")
    figure.suptitle("Confidence by predicted class", x=0.01, ha="left")
    panels = figure.subplots(len(names), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    confidence, predicted = probabilities.max(axis=1), probabilities.argmax(axis=1)
    floor = 1 / probabilities.shape[1]
    edges = np.linspace(floor, 1, round((1 - floor) / BIN) + 1)
    for index, (axes, name) in enumerate(zip(panels, names, strict=True)):
        mine = confidence[predicted == index]
        colour = colour_of(index)
        axes.hist(mine, edges, color=colour, edgecolor=theme.background(), linewidth=0.6)
        axes.axvline(threshold, color=theme.ink(), linestyle="--", linewidth=1.2)
        axes.set_title(f"{name}, {number(len(mine), 'record')}", fontsize="medium", fontweight="normal")
        axes.spines[["top", "right"]].set_visible(False)
    panels[-1].yaxis.set_major_locator(MaxNLocator(4, integer=True))
    panels[-1].set_xlabel(f"confidence (dashed: the threshold, {threshold:g})")
    figure.supylabel(f"records per {BIN:g} of confidence", fontsize="medium")
    return figure


def as_moments(times: np.ndarray) -> np.ndarray:
    return (times * 1e6).astype("datetime64[us]")


def draw_shares(counts: np.ndarray, names: Sequence[str], baseline: np.ndarray | None) -> Figure:
    """Each class's share of the answers, with its bounds, beside its share in the baseline."""
    height = 1.9 + 0.7 * len(names)
    figure, axes = canvas("Predicted classes", "share of the records", "", (theme.WIDTH, height))
    total = counts.sum()
    rows = np.arange(len(names))
    axes.barh(rows, counts / total, height=0.55, color=[colour_of(index) for index in range(len(names))])
    bounds = np.array(
        [(it.low, it.high) for it in (metrics.wilson(count / total, total) for count in counts)]
    )
    axes.errorbar(
        counts / total,
        rows,
        xerr=np.abs(bounds - (counts / total)[:, None]).T,
        fmt="none",
        ecolor=theme.ink(),
        elinewidth=1.4,
        capsize=4,
        label=f"{1 - metrics.ALPHA:.1%} bounds",
    )
    if baseline is not None:
        expected = baseline / baseline.sum()
        axes.plot(
            expected, rows, "D", color=theme.background(), markeredgecolor=theme.ink(), label="baseline"
        )
    axes.set_yticks(rows, [f"{name}\n{count:,}" for name, count in zip(names, counts, strict=True)])
    axes.invert_yaxis()
    axes.grid(False, axis="y")
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def draw_hours(counts: np.ndarray, names: Sequence[str], width: float) -> Figure:
    """A cell per class and hour of the day, as `count_hours` counts them; an hour without records stays empty."""
    height = 2.2 + 0.55 * len(names)
    figure, axes = canvas("Records by hour of the day", "hour of the day (UTC)", "", (width, height))
    image = axes.imshow(np.ma.masked_equal(counts, 0), cmap="cividis", aspect="auto", vmin=0)
    bar = figure.colorbar(image, ax=axes, orientation="horizontal", label="records", aspect=40)
    bar.ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_xticks(range(0, HOURS, 3))
    axes.set_yticks(range(len(names)), names)
    axes.grid(False)
    axes.spines[["left", "bottom"]].set_visible(False)
    return figure


def colour_of(index: int) -> str:
    return theme.CLASSES[index % len(theme.CLASSES)]
