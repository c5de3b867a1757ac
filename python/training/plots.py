"""The pictures that stand beside metrics.json: how training went, where the model errs, how far to trust it."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from core import canvas
from core.canvas import BLUE, VERMILION, Line
from core.figures import scores

GREY = "#767676"
DPI = 130
MISTAKES, COLUMNS = 16, 4
LETTER, FLAT = 0.07, 3  # inches of a letter, and as many classes whose names fit beside each other
NAME = 14  # letters of a class that fit above a photo


def save(folder: Path, name: str, figure: Figure) -> None:
    canvas.save(figure, folder / f"{name}.png", DPI)


def learning_curves(histories: list[list[dict[str, float]]]) -> Figure:
    figure, axes = canvas.canvas("Learning curves", "epoch", "training loss (cross-entropy)")
    axes.yaxis.label.set_color(VERMILION)
    right = axes.twinx()
    right.set_ylabel("accuracy on the validation split", color=BLUE)
    right.spines["top"].set_visible(False)
    for history in histories:
        epochs = range(1, len(history) + 1)
        axes.plot(epochs, [h["loss"] for h in history], color=VERMILION, alpha=0.7)
        right.plot(epochs, [h["validation_accuracy"] for h in history], color=BLUE, alpha=0.7)
    return figure


def confusion_matrix(matrix: list[list[int]], names: list[str]) -> Figure:
    counts = np.array(matrix)
    side, longest = 2.6 + 0.9 * len(names), max(map(len, names))
    size = side + 0.6 + LETTER * longest, side + LETTER * longest * (len(names) > FLAT)
    figure, axes = canvas.canvas("Confusion on the test split", "predicted", "actual", size)
    axes.imshow(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        shade = "white" if count > counts[row].sum() / 2 else "black"
        axes.text(column, row, str(count), ha="center", va="center", color=shade, fontsize=14)
    axes.set_xticks(range(len(names)), names)
    if len(names) > FLAT:  # each ends below its column
        axes.tick_params("x", rotation=40)
        for label in axes.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), names)
    return figure


def reliability(probabilities: np.ndarray, labels: np.ndarray) -> Figure:
    bins, classes = scores.reliability(probabilities, labels), probabilities.shape[1]
    return canvas.draw_reliability("Reliability on the test split", bins, classes, "model", BLUE, GREY)


def coverage_against_accuracy(points: list[dict], gate: dict) -> Figure:
    curve, right = scores.read_curve(points), gate["selective_accuracy"]
    dot = None if right is None else (gate["coverage"], right)
    lines = [Line("model", curve, dot, BLUE)] if curve else []
    return canvas.draw_coverage("What the gate lets through", lines, gate["threshold"], GREY)


def mistakes(images: np.ndarray, probabilities: np.ndarray, labels: np.ndarray, names: list[str]) -> Figure:
    """The wrong answers, the most confident first."""
    wrong = np.flatnonzero(~scores.correct(probabilities, labels))
    worst = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")][:MISTAKES]
    rows = max(1, -(-len(worst) // COLUMNS))
    figure = Figure(figsize=(7, 0.6 + 1.75 * rows), layout="constrained")
    figure.suptitle(f"The most confident mistakes: {len(worst)} of {len(wrong)}, among {len(labels)} photos")
    for place, row in enumerate(worst, start=1):
        axes = figure.add_subplot(rows, COLUMNS, place)
        axes.imshow(images[row])
        axes.set_axis_off()
        guess = probabilities[row].argmax()
        actual, taken = (shorten(names[label]) for label in (labels[row], guess))
        axes.set_title(f"{actual}, taken for\n{taken} {probabilities[row].max():.3f}", fontsize=8)
    return figure


def shorten(name: str) -> str:
    return name if len(name) <= NAME else f"{name[: NAME - 1]}…"


def save_report(
    folder: Path,
    images: np.ndarray,
    labels: np.ndarray,
    probabilities: np.ndarray,
    names: list[str],
    metrics: dict,
) -> None:
    """The four pictures that any model on any set has."""
    save(folder, "confusion", confusion_matrix(metrics["confusion"], names))
    save(folder, "reliability", reliability(probabilities, labels))
    save(folder, "coverage", coverage_against_accuracy(metrics["coverage_curve"], metrics))
    save(folder, "mistakes", mistakes(images, probabilities, labels, names))
