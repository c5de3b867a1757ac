"""The tables that `make bench` prints."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Group
from rich.text import Text

from bench.figures import Measured, is_busy, show
from bench.file import Measuring, this_machine
from bench.ratios import compare
from core.table import Table


@dataclass(frozen=True)
class Section:
    """A row of the measuring, of several figures."""

    name: str
    rounds: int
    busy: float  # the share of the machine that others used meanwhile
    figures: list[Measured]

    def heading(self) -> Text:
        times = "once" if self.rounds == 1 else f"{self.rounds} times"
        said = f"others used {self.busy:.0%} of the machine"
        shown = (f"BUSY: {said}, measure again", "bold red") if is_busy(self.busy) else said
        return Text.assemble((self.name, "bold"), f", {times}: ", shown)


def of_figures(section: Section) -> Group:
    rows = [
        (it.name, show(it.value), show(it.least), show(it.most), it.unit, it.meaning)
        for it in section.figures
    ]
    head = ("figure", "median", "min", "max", "unit", "what it is")
    return Group(section.heading(), Table(head, rows, numbers=(1, 2, 3)))


def markdown_table(table: Table) -> list[str]:
    """Its lines for a page, the last of which is the note."""
    numbers = set(table.numbers)
    rules = ["---:" if column in numbers else "---" for column in range(len(table.head))]
    lines = [table.head, rules, *table.rows]
    return [
        f"**{table.title}**",
        "",
        *(f"| {' | '.join(map(str, line))} |" for line in lines),
        "",
        f"{table.note[0].upper()}{table.note[1:]}.",
    ]


def of_changes(before: Measuring, now: Sequence[Measured], name: str) -> Group:
    units = {it.name: it.unit for it in now}
    rows = [(name, *values, units[name], note) for name, *values, note in compare(before.figures, now)]
    head = ("figure", "before", "now", "now/before", "unit", "note")
    where = "" if before.machine in (None, this_machine()) else f", of another machine: {before.machine}"
    heading = Text.assemble((f"against {name}", "bold"), where)
    return Group(heading, Table(head, rows, numbers=(1, 2, 3)))
