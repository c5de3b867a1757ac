"""Text that never leaves its place: how wide it is, in points, and where it is broken or cut."""

import re
from functools import cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

PIECES = re.compile(
    r".+?(?:[\s_./:]+|-(?=[A-Za-z])|(?<=[a-z0-9])(?=[A-Z])|$)"
)  # after a separator, before a capital


@cache
def width(text: str, size: float, bold: bool = False) -> float:
    font = FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0])


def wrap(text: str, room: float, size: float, lines: int, bold: bool = False) -> list[str]:
    """Broken between words, also where CamelCase begins one, into lines of like width; what does not fit is cut."""
    pieces = PIECES.findall(" ".join(text.split()))
    found = _fill(pieces, room, size, bold)
    if len(found) > lines:
        found = [*found[: lines - 1], "".join(found[lines - 1 :])]
    else:
        rooms = (room * part / 20 for part in range(1, 21))
        evenly = (_fill(pieces, narrower, size, bold) for narrower in rooms)
        found = next(each for each in evenly if len(each) == len(found))
    return [cut(line.rstrip(), room, size, bold) for line in found]


def _fill(pieces: list[str], room: float, size: float, bold: bool) -> list[str]:
    found = [""]
    for piece in pieces:
        if found[-1] and width((found[-1] + piece).rstrip(), size, bold) > room:
            found.append("")
        found[-1] += piece
    return found


def cut(line: str, room: float, size: float, bold: bool = False) -> str:
    if width(line, size, bold) <= room:
        return line
    while line and width(line + "…", size, bold) > room:
        line = line[:-1]
    return line.rstrip() + "…"
