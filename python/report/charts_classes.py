"""What the model answered: how often each class, and at which hour of the day."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from core.figures import metrics
from report import theme
from training.plots import canvas

HOURS = 24


def shares(counts: np.ndarray, names: Sequence[str], baseline: np.ndarray | None) -> Figure:
    """Each class's share of the answers, with its bounds, beside its share in the baseline."""
    height = 1.9 + 0.7 * len(names)
    figure, axes = canvas("Predicted classes", "share of the records", "", (theme.WIDTH, height))
    total = counts.sum()
    rows = np.arange(len(names))
    axes.barh(rows, counts / total, height=0.55, color=colours(len(names)))
    bounds = np.array([metrics.wilson(count / total, total)[1:] for count in counts])
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


def by_hour(counts: np.ndarray, names: Sequence[str]) -> Figure:
    """A cell per class and hour of the day, as `hourly` counts them; an hour without records stays empty."""
    height = 2.2 + 0.55 * len(names)
    figure, axes = canvas("Records by hour of the day", "hour of the day (UTC)", "", (theme.WIDTH, height))
    image = axes.imshow(np.ma.masked_equal(counts, 0), cmap="cividis", aspect="auto", vmin=0)
    bar = figure.colorbar(image, ax=axes, orientation="horizontal", label="records", aspect=40)
    bar.ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_xticks(range(0, HOURS, 3))
    axes.set_yticks(range(len(names)), names)
    axes.grid(False)
    axes.spines[["left", "bottom"]].set_visible(False)
    return figure


def hourly(times: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Records per class and hour of the day."""
    hours = (times // 3600 % HOURS).astype(int)
    return np.bincount(predicted * HOURS + hours, minlength=classes * HOURS).reshape(classes, HOURS)


def colours(classes: int) -> list[str]:
    return [theme.CLASSES[index % len(theme.CLASSES)] for index in range(classes)]
