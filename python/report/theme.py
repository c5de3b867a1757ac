"""How every chart of the report looks, on a light page and on a dark one, and how it becomes PNG files.

    chart = theme.save(lambda: histogram(values), folder, "confidence", "Confidence", "A histogram of ...")

The function draws with `core.canvas.canvas` (or a `Figure` of its own) and is called once for each background; again
for a phone, with smaller text, on a figure that is then made as narrow as one.
"""

from collections.abc import Callable, Iterator, Mapping
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
PHONE_WIDTH = 3.7  # as wide as a phone of 390 pixels shows; its smallest text is of 9 points, 12 pixels
DPI = 160
MOMENT = 5 / (24 * 60 * 60)  # five seconds in days, as matplotlib counts time
LIGHT = {"background": "#ffffff", "ink": "#1f2328", "muted": "#59636e", "grid": "#dde2e7"}
DARK = {"background": "#14181d", "ink": "#e6e9ed", "muted": "#a0a9b3", "grid": "#303740"}
BACKGROUNDS = {"": LIGHT, "-dark": DARK}  # by the end of a picture's name
DESK, PHONE = SCREENS = "", "-phone"  # which stand before that


@dataclass(frozen=True)
class Chart:
    name: str
    title: str
    alt: str  # what a reader who cannot see the picture has to know
    light: Path
    dark: Path
    phone: "Chart | None" = None  # the same, as narrow as a phone; None if it cannot be


def save(draw: Callable[[], Figure], folder: Path, name: str, title: str, alt: str) -> Chart:
    """Draw it on both backgrounds, as <name>.png and <name>-dark.png; for a phone as <name>-phone.png, too."""
    charts = [draw_on(screen, draw, folder, name + screen, title, alt) for screen in SCREENS]
    wide, *narrow = [chart for chart in charts if chart]
    return replace(wide, phone=narrow[0] if narrow else None)


def draw_on(
    screen: str, draw: Callable[[], Figure], folder: Path, name: str, title: str, alt: str
) -> Chart | None:
    """None for a phone, if the figure cannot be made narrow: it has its places, or another one stands beside it."""
    paths = [folder / f"{name}{end}.png" for end in BACKGROUNDS]
    for path, colours in zip(paths, BACKGROUNDS.values(), strict=True):
        with use_look(colours, screen == PHONE):
            figure = draw()
            if screen == PHONE:
                if figure.get_layout_engine() is None or figure.get_figwidth() > WIDTH:
                    return None
                figure.set_figwidth(PHONE_WIDTH)
            save_small(figure, path)
    return Chart(name, title, alt, light=paths[0], dark=paths[-1])


def save_small(figure: Figure, path: Path) -> None:
    """With 256 colours, which the eye does not tell from all: the page has every chart inside, and is sent around."""
    canvas.save(figure, path, DPI)
    with Image.open(path) as picture:
        flat = picture.convert("RGB").quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    flat.save(path)


@contextmanager
def use_look(colours: Mapping[str, str], phone: bool = False) -> Iterator[None]:
    """Draw on a light or a dark background while this lasts, and for a phone with smaller text."""
    title, text, small = (11.5, 10, 9) if phone else (14, 12, 11)
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
            "figure.figsize": (PHONE_WIDTH if phone else WIDTH, 4.2),
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
    return float(mpl.rcParams["figure.figsize"][0]) == PHONE_WIDTH


def columns(most: int) -> int:
    """Of a legend: a phone has room for two."""
    return min(most, 2) if on_phone() else most


def time_axis(axes: Axes, ticks: int = 7) -> None:
    """Ticks at round times on the x axis, which says that they are UTC."""
    ticks = min(ticks, 5) if on_phone() else ticks
    first, last = axes.dataLim.intervalx
    if last - first < MOMENT:  # matplotlib would show years around it
        axes.set_xlim(first - MOMENT, last + MOMENT)
    locator = AutoDateLocator(tz=UTC, minticks=ticks // 2, maxticks=ticks)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC))
    axes.set_xlabel("time (UTC)", loc="left")  # on the right stands what all ticks have in common
