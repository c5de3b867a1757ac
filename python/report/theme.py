"""How every chart of the report looks, on a light page and on a dark one, and how it becomes two PNG files.

    chart = theme.save(lambda: histogram(values), folder, "confidence", "Confidence", "A histogram of ...")

The function draws with `core.canvas.canvas` (or a `Figure` of its own) and is called once for each background.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from core import canvas
from core.canvas import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION, YELLOW

GREY = "#8a8f98"  # seen on white as well as on black
ACCEPTED, REVIEW, FAILED, OTHER = GREEN, ORANGE, VERMILION, GREY
BASELINE, LIVE = GREY, BLUE
CLASSES = (
    BLUE,
    PURPLE,
    SKY,
    YELLOW,
    GREEN,
    ORANGE,
    VERMILION,
    GREY,
)  # in label order; more classes begin again

WIDTH = 6.4  # inches; at 12 points its text is still 10 pixels high on a phone of 390
DPI = 160
LIGHT = {"background": "#ffffff", "ink": "#1f2328", "muted": "#59636e", "grid": "#dde2e7"}
DARK = {"background": "#14181d", "ink": "#e6e9ed", "muted": "#a0a9b3", "grid": "#303740"}
BACKGROUNDS = {"": LIGHT, "-dark": DARK}  # by the end of a picture's name


@dataclass(frozen=True)
class Chart:
    name: str
    title: str
    alt: str  # what a reader who cannot see the picture has to know
    light: Path
    dark: Path


def save(draw: Callable[[], Figure], folder: Path, name: str, title: str, alt: str) -> Chart:
    """Draw the figure on both backgrounds, as <name>.png and <name>-dark.png."""
    paths = [folder / f"{name}{end}.png" for end in BACKGROUNDS]
    for path, colours in zip(paths, BACKGROUNDS.values(), strict=True):
        with use_colours(colours):
            canvas.save(draw(), path, DPI)
    return Chart(name, title, alt, light=paths[0], dark=paths[-1])


@contextmanager
def use_colours(colours: Mapping[str, str]) -> Iterator[None]:
    """Draw on a light or a dark background while this lasts."""
    background, ink, muted, grid = (colours[name] for name in ("background", "ink", "muted", "grid"))
    with mpl.rc_context(
        {
            "axes.axisbelow": True,
            "axes.edgecolor": muted,
            "axes.facecolor": background,
            "axes.grid": True,
            "axes.labelcolor": ink,
            "axes.titlelocation": "left",
            "axes.titlepad": 10,
            "axes.titlesize": 14,
            "axes.titleweight": "bold",
            "figure.constrained_layout.h_pad": 0.12,
            "figure.constrained_layout.w_pad": 0.12,
            "figure.facecolor": background,
            "figure.titlesize": 14,
            "figure.titleweight": "bold",
            "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture on every machine
            "font.size": 12,
            "grid.color": grid,
            "grid.linewidth": 0.8,
            "legend.fontsize": 11,
            "legend.frameon": False,
            "text.color": ink,
            "text.hinting": "no_hinting",  # so that text is as wide as `graph.text` says
            "xtick.color": muted,
            "xtick.labelsize": 11,
            "ytick.color": muted,
            "ytick.labelsize": 11,
        }
    ):
        yield


def ink() -> str:
    return str(mpl.rcParams["text.color"])


def muted() -> str:
    return str(mpl.rcParams["xtick.color"])


def background() -> str:
    return str(mpl.rcParams["figure.facecolor"])


def time_axis(axes: Axes, ticks: int = 7) -> None:
    """Ticks at round times on the x axis, which says that they are UTC."""
    locator = AutoDateLocator(tz=UTC, minticks=ticks // 2, maxticks=ticks)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC))
    axes.set_xlabel("time (UTC)")
