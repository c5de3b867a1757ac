"""How far each statistic has drifted from the baseline, all on one scale: multiples of what is tolerated."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from core.figures.drift import Drift
from report import theme
from training.plots import canvas

LOOKS = {  # a marker each as well, for those who cannot tell the colours apart
    "moved": (theme.FAILED, "D"),
    "steady": (theme.LIVE, "o"),
    "not judged": (theme.OTHER, "v"),
    "too few": (theme.OTHER, "s"),
}


def compared(drifts: Sequence[Drift]) -> Figure:
    """A row per drift, from the top in the given order, with the bounds that its number of records allows."""
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
