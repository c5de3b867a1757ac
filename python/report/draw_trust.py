"""The charts of how far the answers can be trusted: by what a threshold lets through, by
whether it is as right as it is sure, and by how far each statistic has drifted from the baseline."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from core.figures import metrics, scores
from core.figures.drift import Drift
from report import theme
from training.plots import canvas

LOOKS = {  # a marker each as well, for those who cannot tell the colours apart
    "moved": (theme.FAILED, "D"),
    "steady": (theme.LIVE, "o"),
    "not judged": (theme.OTHER, "v"),
    "too few": (theme.OTHER, "s"),
}


@dataclass(frozen=True)
class Curve:
    """The share of the records that each threshold accepts, and how many of the accepted are right."""

    thresholds: np.ndarray
    coverage: np.ndarray
    accuracy: np.ndarray

    def at(self, threshold: float) -> tuple[float, float] | None:
        """Coverage and accuracy at the curve's nearest threshold that is not below; None if nothing passes it."""
        passing = np.flatnonzero(self.thresholds >= threshold)
        if not len(passing):
            return None
        nearest = passing[np.argmin(self.thresholds[passing])]
        return float(self.coverage[nearest]), float(self.accuracy[nearest])


def curve(confidence: np.ndarray, right: np.ndarray, fewest: int = 1) -> Curve:
    """`right` holds whether each answer is right or, where nobody knows, the probability that it is.

    It begins where `fewest` answers are accepted, if there are as many.
    """
    order = np.argsort(-confidence, kind="stable")
    accepted = np.arange(1, len(order) + 1)
    last_of_equals = np.append(np.diff(confidence[order]) != 0, True)
    shown = last_of_equals & (accepted >= min(fewest, len(order)))
    return Curve(
        confidence[order][shown],
        (accepted / len(order))[shown],
        (np.cumsum(right[order]) / accepted)[shown],
    )


def draw_coverage(live: Curve, what: str, known: Curve | None, threshold: float) -> Figure:
    """`what` says where the live curve's accuracy comes from: labels or an estimate."""
    figure, axes = canvas(
        "Coverage against accuracy",
        "coverage: share of the photos accepted",
        "accuracy of the accepted",
        (theme.WIDTH, 4.8),
    )
    curves = {f"live, {what}": (live, theme.LIVE, "-"), "own test split, true": (known, theme.BASELINE, "--")}
    for label, (points, colour, line) in curves.items():
        if points is None:
            continue
        axes.plot(points.coverage, points.accuracy, line, color=colour, linewidth=2, label=label)
        at = points.at(threshold)
        if at:
            axes.plot(*at, "o", color=colour, markersize=9)
    axes.plot([], [], "o", color=theme.muted(), label=f"threshold {threshold:g}")
    axes.set_xlim(0, 1.02)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1, decimals=None))
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def draw_reliability(probabilities: np.ndarray, labels: np.ndarray) -> Figure:
    """Accuracy in each bin of confidence, with its bounds and the number of records."""
    figure, axes = canvas("Reliability", "confidence", "share that is right", (theme.WIDTH, 4.8))
    bins = scores.reliability(probabilities, labels)
    sure = np.array([b["confidence"] for b in bins])
    right = np.array([b["accuracy"] for b in bins])
    bounds = np.array([metrics.wilson(b["accuracy"], int(b["count"]))[1:] for b in bins])
    floor = 1 / probabilities.shape[1]
    axes.plot([floor, 1], [floor, 1], "--", color=theme.muted(), label="as right as it is sure")
    axes.errorbar(
        sure,
        right,
        np.abs(bounds - right[:, None]).T,
        fmt="o-",
        color=theme.LIVE,
        capsize=4,
        label="live, true",
    )
    for b, (low, _) in zip(bins, bounds, strict=True):
        axes.annotate(
            f"{b['count']:,}",
            (b["confidence"], low),
            xytext=(0, -14),
            textcoords="offset points",
            ha="center",
            color=theme.muted(),
            fontsize=10,
        )
    axes.set_ylim(min(0.3, bounds.min()) - 0.1, 1.03)
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def draw_drifts(drifts: Sequence[Drift]) -> Figure:
    """In multiples of what is tolerated: a row per drift, with the bounds that its number of records allows."""
    figure, axes = canvas(
        "Drift from the baseline",
        "drift, in multiples of its tolerance",
        "",
        (theme.WIDTH, 1.8 + 0.42 * len(drifts)),
    )
    axes.axvline(1, color=theme.ink(), linestyle="--", linewidth=1.2, label="tolerance")
    for verdict, (colour, marker) in LOOKS.items():
        rows = [(row, drift) for row, drift in enumerate(drifts) if drift.verdict == verdict]
        if not rows:
            continue
        values = [drift.value / drift.tolerance for _, drift in rows]
        below = [(drift.value - drift.low) / drift.tolerance for _, drift in rows]
        above = [(drift.high - drift.value) / drift.tolerance for _, drift in rows]
        axes.errorbar(
            values,
            [row for row, _ in rows],
            xerr=(below, above),
            fmt=marker,
            color=colour,
            markersize=7,
            elinewidth=2,
            label=verdict,
        )
    axes.set_yticks(range(len(drifts)), [f"{drift.statistic} · {drift.measure}" for drift in drifts])
    axes.set_ylim(len(drifts) - 0.5, -0.5)
    axes.set_xlim(left=0)
    figure.legend(loc="outside lower center", ncols=4)
    return figure
