"""A state machine drawn from its own definition, as the console draws it."""

from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path

from report import theme
from report.graph.graph import END, START, Graph, Node
from report.graph.layout import Box, Layout, Point, Route, place
from report.graph.text import width, wrap

KIND, NAME, WORDS, LABEL = (
    9.5,
    10.5,
    9.5,
    9.5,
)  # sizes of text, in points: on a desk none is less than 11 pixels
TITLE, SUBTITLE = 14.0, 10.5
LINE = 1.3  # from one line to the next, in sizes
ROOM = 72.0  # for the text in a box
PAD = 8.0
LABEL_LINES = 4
ROUND = 7.0
DISC = 42.0  # Start's and End's diameter
ARROW = 7.0
DASHED = (0, (3, 2))
MARGIN = 14.0
KEY = 30.0  # the height of what the colours mean
UNTOUCHED = 0.06  # of the ink, in the fill of a state that was never entered


@dataclass(frozen=True)
class Look:
    """How a state that was entered is shown."""

    colour: str
    words: tuple[str, ...]  # below its name
    strength: float = 0.14  # of the colour, in the fill


@dataclass(frozen=True)
class Picture:
    title: str
    subtitle: tuple[str, ...]
    looks: dict[str, Look]
    taken: dict[tuple[str, str], str] = field(default_factory=dict)  # the colour of each edge that was taken
    key: dict[str, str] = field(default_factory=dict)  # what the colours mean: words to colour


@dataclass(frozen=True)
class Text:
    kind: list[str]
    name: list[str]
    words: list[str]
    frame: bool = False


def draw(graph: Graph, picture: Picture) -> Figure:
    texts = {node.name: _text(node, picture) for node in graph.every_node()}
    layout = place(graph, lambda node: _state_size(texts[node.name]), _label_size)
    across = max(layout.width + 2 * MARGIN, 72 * theme.WIDTH)
    title = wrap(picture.title, across - 2 * MARGIN, TITLE, 3, bold=True)
    subtitle = [part for line in picture.subtitle for part in wrap(line, across - 2 * MARGIN, SUBTITLE, 3)]
    head = 2.2 * MARGIN + LINE * (TITLE * len(title) + SUBTITLE * len(subtitle))
    figure = Figure(figsize=(across / 72, (head + layout.height + 2 * MARGIN + KEY) / 72))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, across), ylim=(72 * figure.get_figheight(), 0))
    axes.set_axis_off()
    below = _lines(axes, title, MARGIN, MARGIN, TITLE, theme.ink(), weight="bold", ha="left")
    _lines(axes, subtitle, MARGIN, below + 4, SUBTITLE, theme.muted(), ha="left")
    _key(axes, picture, head + layout.height + 2 * MARGIN + KEY / 3)
    _graph(axes, layout, ((across - layout.width) / 2, head), texts, picture)
    return figure


def _text(node: Node, picture: Picture) -> Text:
    if node.name in (START, END):
        return Text([], ["Start" if node.name == START else "End"], [])
    look = picture.looks.get(node.name)
    words = [line for each in (look.words if look else ()) for line in wrap(each, ROOM, WORDS, 2)]
    return Text(
        wrap(node.kind, ROOM, KIND, 2), wrap(node.name, ROOM, NAME, 3, bold=True), words, bool(node.inner)
    )


def _state_size(text: Text) -> tuple[float, float]:
    if not text.kind:
        return DISC, DISC
    widths = [
        *(width(line, KIND) for line in text.kind),
        *(width(line, NAME, True) for line in text.name),
        *(width(line, WORDS) for line in text.words),
    ]
    height = LINE * (KIND * len(text.kind) + NAME * len(text.name) + WORDS * len(text.words))
    return max(widths) + 2 * PAD, height + 2 * PAD


def _label_size(label: str) -> tuple[float, float]:
    lines = wrap(label, ROOM, LABEL, LABEL_LINES)
    return max(width(line, LABEL) for line in lines) + 4, LINE * LABEL * len(lines)


def _graph(
    axes: Axes, layout: Layout, corner: tuple[float, float], texts: dict[str, Text], picture: Picture
) -> None:
    for name, box in layout.boxes.items():
        _state(axes, box.move(*corner), texts[name], picture.looks.get(name))
    _edges(axes, [route.move(*corner) for route in layout.routes], picture)


def _state(axes: Axes, box: Box, text: Text, look: Look | None) -> None:
    colour = look.colour if look else theme.muted()
    fill = blend(colour, 0 if text.frame else look.strength if look else UNTOUCHED)
    top = box.y - box.height / 2
    if not text.kind:
        axes.add_patch(Circle((box.x, box.y), DISC / 2, facecolor=fill, edgecolor=colour, zorder=1))
        _lines(axes, text.name, box.x, box.y - LINE * LABEL / 2, LABEL, theme.ink())
        return
    corner = (box.x - box.width / 2 + ROUND, top + ROUND)
    size = (box.width - 2 * ROUND, box.height - 2 * ROUND)
    shape = f"round,pad={ROUND}"
    frame = FancyBboxPatch(corner, *size, boxstyle=shape, facecolor=fill, edgecolor=colour, zorder=1)
    frame.set_linewidth(1.6 if look else 1.0)
    axes.add_patch(frame)
    top = _lines(axes, text.kind, box.x, top + PAD, KIND, theme.muted())
    top = _lines(axes, text.name, box.x, top, NAME, theme.ink() if look else theme.muted(), weight="bold")
    _lines(axes, text.words, box.x, top, WORDS, theme.ink())


def _edges(axes: Axes, routes: list[Route], picture: Picture) -> None:
    """Edges share lanes: each piece of them is drawn once, in the colour of one that was taken if any was."""
    for taken in (False, True):
        chosen = sorted(
            (route for route in routes if (_pair(route) in picture.taken) is taken),
            key=lambda route: route.edge.kind != "catch",
        )
        _pieces(
            axes, {curve: route for route in chosen for curve in _curves(route)}, picture, 3 if taken else 2
        )
    for route in routes:
        if route.label:
            lines = wrap(route.edge.label, ROOM, LABEL, LABEL_LINES)
            top = route.label.y - LINE * LABEL * len(lines) / 2
            colour = theme.ink() if _pair(route) in picture.taken else theme.muted()
            paper = {"facecolor": theme.background(), "edgecolor": "none", "pad": 1.0}
            _lines(axes, lines, route.label.x, top, LABEL, colour, bbox=paper)


def _pair(route: Route) -> tuple[str, str]:
    return route.edge.source, route.edge.target


def _curves(route: Route) -> list[tuple[Point, ...]]:
    return [tuple(route.points[start : start + 4]) for start in range(0, len(route.points) - 1, 3)]


def _pieces(axes: Axes, curves: dict[tuple[Point, ...], Route], picture: Picture, zorder: int) -> None:
    for curve, route in curves.items():
        taken = picture.taken.get(_pair(route))
        colour = taken or blend(theme.muted(), 0.55)
        x, y = curve[-1]
        if curve[-1] == route.points[-1]:
            tip = [(x, y), (x - ARROW / 2, y - ARROW), (x + ARROW / 2, y - ARROW)]
            axes.add_patch(Polygon(tip, facecolor=colour, edgecolor="none", zorder=zorder))
            y -= ARROW / 2
        path = Path([*curve[:-1], (x, y)], [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
        line = PathPatch(path, facecolor="none", edgecolor=colour, zorder=zorder)
        line.set_linewidth(2.0 if taken else 1.2)
        line.set_linestyle(DASHED if route.edge.kind == "catch" else "-")
        axes.add_patch(line)


def _lines(
    axes: Axes,
    lines: list[str],
    x: float,
    top: float,
    size: float,
    colour: str,
    ha: str = "center",
    weight: str = "normal",
    bbox: dict | None = None,
) -> float:
    """Write lines below each other; where the next one would begin."""
    for line in lines:
        axes.text(
            x,
            top + LINE * size / 2,
            line,
            size=size,
            color=colour,
            ha=ha,
            va="center_baseline",
            weight=weight,
            bbox=bbox,
            zorder=4,
            parse_math=False,
        )
        top += LINE * size
    return top


def _key(axes: Axes, picture: Picture, y: float) -> None:
    x = MARGIN
    for words, colour in picture.key.items():
        axes.add_patch(
            FancyBboxPatch(
                (x + 2, y - 3), 8, 6, boxstyle="round,pad=2", facecolor=blend(colour, 0.3), edgecolor=colour
            )
        )
        x = _key_words(axes, words, x + 18, y)
    axes.plot([x, x + 18], [y, y], color=theme.muted(), linewidth=1.4, linestyle=DASHED)
    _key_words(axes, "on an error", x + 23, y)


def _key_words(axes: Axes, words: str, x: float, y: float) -> float:
    _lines(axes, [words], x, y - LINE * LABEL / 2, LABEL, theme.muted(), ha="left")
    return x + width(words, LABEL) + 14


def blend(colour: str, strength: float) -> str:
    """The colour laid thinly over the background."""
    over, under = np.array(to_rgb(colour)), np.array(to_rgb(theme.background()))
    return to_hex(tuple(strength * over + (1 - strength) * under))
