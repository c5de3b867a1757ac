"""How sure the model was: each answer over time, and how the confidence of each class is spread."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from report import theme
from training.plots import canvas

WIDE, NARROW = (13.0, 4.6), (theme.WIDTH, 4.8)
MARKERS = "o^sDvP*X"  # told apart without colour
ROW = 0.09  # of the axis's height: each kind of failed execution has a row of its own below the answers
BIN = 0.02


def over_time(
    times: np.ndarray,
    probabilities: np.ndarray,
    names: Sequence[str],
    threshold: float,
    unrouted: Mapping[str, np.ndarray],
    size: tuple[float, float],
) -> Figure:
    """Every answer is a point; below them, a mark per execution that routed nobody, by outcome."""
    figure, axes = canvas("Every answer and its confidence", "", "confidence", size)
    confidence, predicted = probabilities.max(axis=1), probabilities.argmax(axis=1)
    floor = 1 / probabilities.shape[1]
    side, alpha = np.clip(110 / np.sqrt(len(times)), 2, 7), np.clip(25 / np.sqrt(len(times)), 0.2, 0.85)
    for index, name in enumerate(names):
        chosen = predicted == index
        axes.plot(
            moments(times[chosen]),
            confidence[chosen],
            MARKERS[index % len(MARKERS)],
            color=theme.CLASSES[index % len(theme.CLASSES)],
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
            moments(moment),
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
    figure.legend(loc="outside lower center", ncols=4, markerscale=max(1, 5 / side))
    return figure


def histogram(probabilities: np.ndarray, names: Sequence[str], threshold: float) -> Figure:
    """One panel per predicted class, on one scale."""
    figure = Figure(figsize=(theme.WIDTH, 1.4 + 1.5 * len(names)), layout="constrained")
    figure.suptitle("Confidence by predicted class", x=0.01, ha="left")
    panels = figure.subplots(len(names), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    confidence, predicted = probabilities.max(axis=1), probabilities.argmax(axis=1)
    floor = 1 / probabilities.shape[1]
    edges = np.linspace(floor, 1, round((1 - floor) / BIN) + 1)
    for index, (axes, name) in enumerate(zip(panels, names, strict=True)):
        mine = confidence[predicted == index]
        colour = theme.CLASSES[index % len(theme.CLASSES)]
        axes.hist(mine, edges, color=colour, edgecolor=theme.background(), linewidth=0.6)
        axes.axvline(threshold, color=theme.ink(), linestyle="--", linewidth=1.2)
        axes.set_title(f"{name}, {len(mine):,} records", fontsize=12, fontweight="normal")
        axes.spines[["top", "right"]].set_visible(False)
    panels[-1].set_xlabel(f"confidence (dashed: the threshold, {threshold:g})")
    figure.supylabel(f"records per {BIN:g} of confidence", fontsize=12)
    return figure


def moments(times: np.ndarray) -> np.ndarray:
    return (times * 1e6).astype("datetime64[us]")
