"""How every chart of the report looks, on a light page and on a dark one, and how it becomes PNG files.

    chart = theme.save(lambda: histogram(values), folder, "confidence", "Confidence", "A histogram of ...")

The function draws with `core.canvas.canvas` (or a `Figure` of its own) and is called once for each background; again
for a phone, with smaller text, on a figure that is then made as narrow as one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from PIL import Image

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

WIDTH = 6.4  # inches; its smallest text, of 11 points, is 11 pixels high on three quarters of that
PHONE = 3.7  # inches, as wide as a phone of 390 pixels shows; its smallest text is of 9 points, 12 pixels
DPI = 160
LIGHT = {"background": "#ffffff", "ink": "#1f2328", "muted": "#59636e", "grid": "#dde2e7"}
DARK = {"background": "#14181d", "ink": "#e6e9ed", "muted": "#a0a9b3", "grid": "#303740"}


@dataclass(frozen=True)
class Chart:
    name: str
    title: str
    alt: str  # what a reader who cannot see the picture has to know
    light: Path
    dark: Path
    phone: "Chart | None" = None  # the same, as narrow as a phone; None if it cannot be


def save(draw: Callable[[], Figure], folder: Path, name: str, title: str, alt: str) -> Chart:
    """Draw the figure on both backgrounds, as <name>.png and <name>-dark.png; for a phone as <name>-phone.png, too."""
    chart = Chart(name, title, alt, folder / f"{name}.png", folder / f"{name}-dark.png")
    for path, dark in ((chart.light, False), (chart.dark, True)):
        with use_background(dark):
            figure = draw()
            save_small(figure, path)
    if figure.get_layout_engine() is None or figure.get_figwidth() > WIDTH:
        return (
            chart  # what has its places would not be laid out again; what is wider has another one beside it
        )
    phone = Chart(
        f"{name}-phone", title, alt, folder / f"{name}-phone.png", folder / f"{name}-phone-dark.png"
    )
    for path, dark in ((phone.light, False), (phone.dark, True)):
        with use_background(dark, phone=True):
            figure = draw()
            figure.set_figwidth(PHONE)
            save_small(figure, path)
    return replace(chart, phone=phone)


def save_small(figure: Figure, path: Path) -> None:
    """With 256 colours, which the eye does not tell from all: the page has every chart inside, and is sent around."""
    canvas.save(figure, path, DPI)
    with Image.open(path) as picture:
        flat = picture.convert("RGB").quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    flat.save(path)


@contextmanager
def use_background(dark: bool, phone: bool = False) -> Iterator[None]:
    """Draw on a light or a dark background while this lasts, and for a phone with smaller text."""
    title, text, small = (11.5, 10, 9) if phone else (14, 12, 11)
    colours = DARK if dark else LIGHT
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
            "axes.titlesize": title,
            "axes.titleweight": "bold",
            "figure.constrained_layout.h_pad": 0.12,
            "figure.constrained_layout.w_pad": 0.12,
            "figure.facecolor": background,
            "figure.figsize": (PHONE if phone else WIDTH, 4.2),
            "figure.titlesize": title,
            "figure.titleweight": "bold",
            "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture on every machine
            "font.size": text,
            "grid.color": grid,
            "grid.linewidth": 0.8,
            "legend.fontsize": small,
            "legend.frameon": False,
            "text.color": ink,
            "text.hinting": "no_hinting",  # so that text is as wide as `graph.text` says
            "xtick.color": muted,
            "xtick.labelsize": small,
            "ytick.color": muted,
            "ytick.labelsize": small,
        }
    ):
        yield


def ink() -> str:
    return str(mpl.rcParams["text.color"])


def muted() -> str:
    return str(mpl.rcParams["xtick.color"])


def background() -> str:
    return str(mpl.rcParams["figure.facecolor"])


def on_phone() -> bool:
    return float(mpl.rcParams["figure.figsize"][0]) == PHONE


def columns(most: int) -> int:
    """Of a legend: a phone has room for two."""
    return min(most, 2) if on_phone() else most


def time_axis(axes: Axes) -> None:
    """Ticks at round times on the x axis, which says that they are UTC."""
    locator = AutoDateLocator(tz=UTC, minticks=2 if on_phone() else 3, maxticks=5 if on_phone() else 7)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC))
    axes.set_xlabel("time (UTC)")
