"""The charts of how far the answers can be trusted: by what a threshold lets through, by
whether it is as right as it is sure, and by how far each statistic has drifted from the baseline."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from core import canvas
from core.canvas import Line
from core.figures import scores
from core.figures.drift import Drift
from core.figures.scores import Curve
from report import theme

SIZE = (theme.WIDTH, 4.8)
LOOKS = {  # a marker each as well, for those who cannot tell the colours apart
    "moved": (theme.FAILED, "D"),
    "steady": (theme.LIVE, "o"),
    "not judged": (theme.OTHER, "v"),
    "cannot tell": (theme.OTHER, "s"),
}


def draw_coverage(live: Curve, what: str, known: Curve | None, threshold: float) -> Figure:
    """`what` says where the live curve's accuracy comes from: labels or an estimate."""
    lines = [Line(f"live, {what}", live, live.at(threshold), theme.LIVE)]
    if known:
        lines.append(Line("own test split, true", known, known.at(threshold), theme.BASELINE, "--"))
    return canvas.draw_coverage("Coverage against accuracy", lines, threshold, theme.muted(), SIZE)


def draw_reliability(probabilities: np.ndarray, labels: np.ndarray) -> Figure:
    bins = scores.reliability(probabilities, labels)
    classes = probabilities.shape[1]
    return canvas.draw_reliability("Reliability", bins, classes, "live", theme.LIVE, theme.muted(), SIZE)


def draw_drifts(drifts: Sequence[Drift]) -> Figure:
    """In multiples of what is tolerated: a row per drift, with the bounds that its number of records allows."""
    figure, axes = canvas.canvas(
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
        # Of few records the bounds do not hold: no bar is drawn.
        below = [drift.bounded * (drift.value - drift.low) / drift.tolerance for _, drift in rows]
        above = [drift.bounded * (drift.high - drift.value) / drift.tolerance for _, drift in rows]
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
    axes.set_yticks(range(len(drifts)), list(map(name_drift, drifts)))
    axes.set_ylim(len(drifts) - 0.5, -0.5)
    axes.set_xlim(left=0)
    figure.legend(loc="outside lower center", ncols=theme.columns(4))
    return figure


def name_drift(drift: Drift) -> str:
    """One statistic has a second measure, which decides nothing."""
    return f"{drift.statistic} (PSI)" if drift.measure == "psi" else drift.statistic
