"""The pictures that stand beside metrics.json: how training went, where the model errs, how far to trust it."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from core.figures import scores

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#767676"  # Okabe and Ito: told apart by the colour-blind too
MISTAKES = 16


def save(folder: Path, name: str, figure: Figure) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # Without the software's version, equal figures are equal files.
    figure.savefig(folder / f"{name}.png", dpi=130, metadata={"Software": None})


def canvas(title: str, x: str, y: str, size: tuple[float, float] = (6, 4.2)) -> tuple[Figure, Axes]:
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def learning_curves(histories: list[list[dict[str, float]]]) -> Figure:
    figure, axes = canvas("Learning curves", "epoch", "training loss (cross-entropy)")
    axes.yaxis.label.set_color(ORANGE)
    right = axes.twinx()
    right.set_ylabel("accuracy on the validation split", color=BLUE)
    right.spines["top"].set_visible(False)
    for history in histories:
        epochs = range(1, len(history) + 1)
        axes.plot(epochs, [h["loss"] for h in history], color=ORANGE, alpha=0.7)
        right.plot(epochs, [h["validation_accuracy"] for h in history], color=BLUE, alpha=0.7)
    return figure


def confusion_matrix(matrix: list[list[int]], names: list[str]) -> Figure:
    counts = np.array(matrix)
    side = 2.6 + 0.9 * len(names)
    figure, axes = canvas("Confusion on the test split", "predicted", "actual", (side + 0.6, side))
    axes.imshow(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        shade = "white" if count > counts[row].sum() / 2 else "black"
        axes.text(column, row, str(count), ha="center", va="center", color=shade, fontsize=14)
    axes.set_xticks(range(len(names)), names, rotation=30 if len(names) > 3 else 0)
    axes.set_yticks(range(len(names)), names)
    return figure


def reliability(probabilities: np.ndarray, labels: np.ndarray) -> Figure:
    figure, axes = canvas("Reliability on the test split", "confidence", "accuracy")
    bins = scores.reliability(probabilities, labels)
    floor = 1 / probabilities.shape[1]
    axes.plot([floor, 1], [floor, 1], color=GREY, linestyle="--", label="as right as it is sure")
    axes.plot([b["confidence"] for b in bins], [b["accuracy"] for b in bins], "o-", color=BLUE, label="model")
    for b in bins:
        axes.annotate(
            f"n={b['count']}",
            (b["confidence"], b["accuracy"]),
            textcoords="offset points",
            xytext=(6, -12),
            color=GREY,
        )
    axes.legend(frameon=False)
    return figure


def coverage_against_accuracy(curve: list[dict], gate: dict) -> Figure:
    figure, axes = canvas(
        "What the gate lets through", "coverage (share of photos accepted)", "accuracy of the accepted"
    )
    points = [p for p in curve if p["selective_accuracy"] is not None]
    axes.plot([p["coverage"] for p in points], [p["selective_accuracy"] for p in points], color=BLUE)
    if gate["selective_accuracy"] is not None:
        axes.plot(gate["coverage"], gate["selective_accuracy"], "o", color=ORANGE, markersize=9)
        axes.annotate(
            f"gate at {gate['threshold']:.2f}",
            (gate["coverage"], gate["selective_accuracy"]),
            textcoords="offset points",
            xytext=(-10, -20),
            ha="right",
            color=ORANGE,
        )
    return figure


def mistakes(images: np.ndarray, probabilities: np.ndarray, labels: np.ndarray, names: list[str]) -> Figure:
    """The wrong answers, the most confident first."""
    wrong = np.flatnonzero(~scores.correct(probabilities, labels))
    worst = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")][:MISTAKES]
    figure = Figure(figsize=(7, 7.6), layout="constrained")
    figure.suptitle(f"The most confident mistakes: {len(worst)} of {len(wrong)}, among {len(labels)} photos")
    for place, row in enumerate(worst, start=1):
        axes = figure.add_subplot(4, 4, place)
        axes.imshow(images[row])
        axes.set_axis_off()
        guess = probabilities[row].argmax()
        axes.set_title(
            f"{names[labels[row]]}, taken for\n{names[guess]} {probabilities[row].max():.3f}", fontsize=8
        )
    return figure


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
