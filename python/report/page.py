"""The report as one self-contained page: what it is made of, and how that becomes HTML.

    html = page.render(Part("Monitoring", "...", verdict, tiles, sections), others=[])

`page.html` is the template and `page.css` its looks. The template escapes everything that it is given. No request
leaves the page: pictures travel inside it, and its own security policy forbids anything else.
"""

import base64
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import ClassVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from report.theme import DPI, Chart

HERE = Path(__file__).parent
PIXELS_PER_INCH = 96  # of CSS, whatever the screen
SMALL = 64  # pixels: a smaller picture is enlarged with its pixels kept sharp


@dataclass(frozen=True)
class Badge:
    """A word or a sentence with a tone: steady, moved or unknown."""

    text: str
    tone: str


@dataclass(frozen=True)
class Tile:
    label: str
    value: str
    note: str


@dataclass(frozen=True)
class Picture:
    """Phones get the narrowest chart that there is; one that has no narrow form is never made too small to read."""

    kind: ClassVar = "picture"
    chart: Chart
    caption: str
    narrow: Chart | None = (
        None  # the same for screens smaller than a desk's, if the chart is too wide for them
    )


@dataclass(frozen=True)
class Table:
    kind: ClassVar = "table"
    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str | Badge]]
    numbers: Sequence[int] = ()  # the columns that hold numbers
    full: bool = False  # as wide as its section, though that is paired


@dataclass(frozen=True)
class Photo:
    png: bytes
    alt: str
    title: str
    lines: Sequence[str]


@dataclass(frozen=True)
class Gallery:
    kind: ClassVar = "gallery"
    title: str
    caption: str
    photos: Sequence[Photo]


@dataclass(frozen=True)
class Missing:
    """What is not here: why, and how to get it."""

    kind: ClassVar = "missing"
    text: str


@dataclass(frozen=True)
class Sentences:
    kind: ClassVar = "sentences"
    lines: Sequence[Badge]


@dataclass(frozen=True)
class Column:
    """Blocks below each other, beside another block; with a heading of their own, if they have a title."""

    kind: ClassVar = "column"
    title: str
    blocks: Sequence["Block"]


Block = Picture | Table | Gallery | Missing | Sentences | Column


@dataclass(frozen=True)
class Section:
    title: str
    data: str  # how much data is behind it
    blocks: Sequence[Block]
    wide: bool = False
    paired: bool = False  # its blocks stand side by side, two by two, where there is room
    beside: bool = (
        False  # its picture stands on the left, its words and numbers on the right, where there is room
    )


@dataclass(frozen=True)
class Part:
    """One model's share of the page; the first one has everything that belongs to no model as well."""

    title: str
    lead: str
    verdict: Badge
    tiles: Sequence[Tile]
    sections: Sequence[Section] = field(default_factory=list)
    counts: str = ""  # why its counts differ

    @property
    def anchor(self) -> str:
        return name_anchor(self.title)


def render(first: Part, others: Sequence[Part], footer: str) -> str:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "anchor": name_anchor,
        "embed": embed,
        "measure": measure,
        "measure_shown": measure_shown,
        "least_width": least_width,
    }
    template = environment.get_template("page.html")
    return template.render(first=first, others=others, footer=footer, small=SMALL).lstrip()


def embed(png: bytes | Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(_content(png)).decode()}"


def measure_shown(png: bytes | Path) -> tuple[int, int]:
    """Width and height on the page, on which a point of a chart's text is a point."""
    width, height = measure(png)
    return round(width * PIXELS_PER_INCH / DPI), round(height * PIXELS_PER_INCH / DPI)


def least_width(png: bytes | Path) -> int:
    """On which the smallest text of a state machine's graph, 9.5 points, is 11 pixels high."""
    return ceil(measure_shown(png)[0] * 11 / (9.5 * PIXELS_PER_INCH / 72))


def name_anchor(title: str) -> str:
    """What a link within the page calls a heading."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def measure(png: bytes | Path) -> tuple[int, int]:
    """Width and height in pixels, as a PNG file's header says."""
    width, height = struct.unpack(">II", _content(png)[16:24])
    return width, height


def _content(png: bytes | Path) -> bytes:
    return png.read_bytes() if isinstance(png, Path) else png
