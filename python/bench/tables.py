"""The tables that `make bench` prints."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Group
from rich.markup import escape
from rich.table import Table

from bench.figures import Measured, is_busy, show
from bench.file import Measuring, this_machine
from bench.ratios import compare


@dataclass(frozen=True)
class Section:
    """A row of the measuring, of several figures."""

    name: str
    rounds: int
    busy: float  # the share of the machine that others used meanwhile
    figures: list[Measured]

    def heading(self) -> str:
        times = "once" if self.rounds == 1 else f"{self.rounds} times"
        said = f"others used {self.busy:.0%} of the machine"
        shown = f"[bold red]BUSY: {said}, measure again when it is idle[/]" if is_busy(self.busy) else said
        return f"[bold]{self.name}[/], {times}: {shown}"


def of_figures(section: Section) -> Group:
    table = Table("figure", "median", "", "min", "max", "what it is")
    numbers_to_the_right(table, 1, 3, 4)
    for it in section.figures:
        table.add_row(it.name, show(it.value), it.unit, show(it.least), show(it.most), it.meaning)
    return Group(section.heading(), table)


def of_changes(before: Measuring, now: Sequence[Measured], name: str) -> Group:
    table = Table("figure", "before", "now", "now/before", "note")
    numbers_to_the_right(table, 1, 2, 3)
    for row in compare(before.figures, now):
        table.add_row(*row)
    where = "" if before.machine in (None, this_machine()) else f", of another machine: {before.machine}"
    return Group(f"[bold]against {escape(name)}[/]{where}", table)


def numbers_to_the_right(table: Table, *columns: int) -> None:
    table.columns[0].no_wrap = True
    for column in columns:
        table.columns[column].justify = "right"
        table.columns[column].no_wrap = True
