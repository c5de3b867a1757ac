"""Measures how fast it is: `python -m bench [--only capture,...] [--repeat N] [--compare FILE] [--out FILE]`.

Each row is measured several times on one machine, and says how busy others kept it meanwhile. The tables and the file
hold the same figures.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bench import busy, captures, file, imports, prefix, reporting, single, staging, tables, training
from bench.figures import Figure, Measured, gather
from core import arguments
from core.console import UserError, out, run


@dataclass(frozen=True)
class Row:
    ready: Callable[
        [], AbstractContextManager[Callable[[], list[Figure]]]
    ]  # prepares, and yields what measures
    rounds: int  # the fewer, the longer a round takes


ROWS = {
    "bulk": Row(prefix.ready, 2),
    "single": Row(single.ready, 3),
    "lambda": Row(imports.ready, 3),
    "capture": Row(captures.ready, 3),
    "staging": Row(staging.ready, 5),
    "training": Row(training.ready, 3),
    "month": Row(reporting.ready, 2),
}
WIDTH = 120  # of what goes to a file


def main() -> None:
    parser = arguments.Parser("bench", __doc__)
    parser.add_argument("--only", default=",".join(ROWS), help=f"rows to measure, of {', '.join(ROWS)}")
    parser.add_argument("--repeat", help="how often each row is measured (default: 2 to 5 times)")
    parser.add_argument("--compare", type=Path, help="the file of an earlier measuring, to compare with")
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"), help="a file for the figures")
    options = parser.parse_args()
    names = options.only.split(",")
    if unknown := [name for name in names if name not in ROWS]:
        raise UserError(f"there is no row {unknown[0]!r}: choose from {', '.join(ROWS)}")
    repeat = times(options.repeat) if options.repeat else None
    before = file.read(options.compare) if options.compare else None  # --out may name the same file

    busy.load()
    if not out.is_terminal:
        out.width = WIDTH
    out.print(str(file.this_machine()))
    figures: list[Measured] = []
    for name in names:
        section = measure(name, repeat or ROWS[name].rounds)
        figures += section.figures
        out.print("", tables.of_figures(section), sep="\n")
    if before:
        out.print("", tables.of_changes(before, figures, str(options.compare)), sep="\n")
    file.write(options.out, figures)


def times(text: str) -> int:
    if not (text.isdecimal() and int(text)):
        raise UserError(f"--repeat takes a number of 1 or more, not {text!r}")
    return int(text)


def measure(name: str, rounds: int) -> tables.Section:
    watch, found = busy.Watch(), []
    with out.status(f"preparing {name}") as status, ROWS[name].ready() as once:
        for number in range(1, rounds + 1):
            status.update(f"measuring {name}, {number}/{rounds}")
            with watch:
                found.append(once())
    return tables.Section(name, rounds, watch.share(), gather(found, watch.share()))


if __name__ == "__main__":
    run(main)
