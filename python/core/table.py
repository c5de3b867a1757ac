"""A table as commands print it: as wide as the terminal at most, and no word in it is ever broken or cut.

    out.print(Table(("photo", "took (s)"), [("a.png", "1.50")], numbers=(1,), title="1 photo", note="from S3"))

Cells wrap between words. Where even the longest words do not fit beside each other, each row becomes a block of lines.
Text is taken as it is, so that nothing in it is markup; a cell that has a colour is a Text of rich.
A column's head says in which unit its figures are, unless its cells do.
"""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich import box, table
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

Cell = str | Text
GAPS = (2, 1)  # spaces between columns: what looks best comes first


@dataclass(frozen=True)
class Table:
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numbers: Iterable[int] = ()  # the columns that are set to the right
    title: str = ""
    note: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        if self.title:
            yield line(self.title, width, "italic")
        columns = list(zip(self.head, *self.rows, strict=True))
        for gap in GAPS:
            if widths := fit(columns, width - gap * (len(columns) - 1)):
                yield self.grid(widths, gap)
                break
        else:
            yield from self.blocks(width)
        if self.note:
            yield line(self.note, width, "dim italic")

    def grid(self, widths: Sequence[int], gap: int) -> RenderableType:
        drawn = table.Table(box=box.SIMPLE_HEAD, padding=(0, gap - 1, 0, 0), show_edge=False, pad_edge=False)
        numbers = set(self.numbers)
        for number, (name, width) in enumerate(zip(self.head, widths, strict=True)):
            drawn.add_column(Text(name), width=width, justify="right" if number in numbers else "left")
        for row in self.rows:
            drawn.add_row(*(Text(it) if isinstance(it, str) else it for it in row))
        return drawn

    def blocks(self, width: int) -> Iterable[RenderableType]:
        names = max(map(cell_len, self.head))
        for row in self.rows:
            for name, it in zip(self.head, row, strict=True):
                yield line(f"{name:{names}}  {it}", width, "" if isinstance(it, str) else it.style, names + 2)
            yield Text()


def fit(columns: Sequence[Sequence[Cell]], room: int) -> list[int] | None:
    """How wide each column is, the widest made narrower until all have room; None if words would have to break."""
    widths = [max(cell_len(str(it)) for it in cells) for cells in columns]
    least = [max(cell_len(word) for it in cells for word in (str(it).split() or [""])) for cells in columns]
    while sum(widths) > room:
        wider = [number for number, width in enumerate(widths) if width > least[number]]
        if not wider:
            return None
        widths[max(wider, key=widths.__getitem__)] -= 1
    return widths


def line(text: str, width: int, style: object = "", indent: int = 0) -> Text:
    """Text that goes on in the next line, between words; one that is longer than a line stays whole to be copied."""
    parts = textwrap.wrap(
        text, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    )
    return Text("\n".join(parts), style=style, no_wrap=True, overflow="ignore")  # type: ignore[arg-type]
