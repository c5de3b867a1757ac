"""Measures how fast it is: `python -m bench [--only capture,...] [--repeat N] [--compare FILE] [--out FILE]`.

Each row is measured several times on one machine, and says how busy others kept it meanwhile. The tables and the file
hold the same figures. Six rows are measured only if they are named: `console`, in a browser and for twenty minutes;
`gather`, of five million made-up lines of a bulk run; `soak`, of ten thousand photos while services fail and of calls
of all kinds, which is as much a test; and three that are no matter of speed: `drift`, which changes of the photos ring
an alarm (see `drifting`), of the model and the data set that are named; `paired`, how often the bounds of a comparison
of two models hold (see `paired_weeks`); and `truth`, whether those of the true accuracy do, and how many photos people
have to judge (see `blind_weeks`).
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from rich.console import RenderableType

from bench import (
    asked,
    at_console,
    blind_weeks,
    busy,
    captures,
    drift_tables,
    drifting,
    file,
    gathered,
    heatmap,
    imports,
    paired_weeks,
    prefix,
    reporting,
    single,
    soak,
    staging,
    tables,
    training,
    truth_tables,
    waiting,
)
from bench.figures import Figure, Measured, gather
from bench.tables import Section
from core import arguments, filling
from core.console import UserError, out, run


@dataclass(frozen=True)
class Row:
    # Prepares, and yields what measures.
    ready: Callable[..., AbstractContextManager[Callable[[], list[Figure]]]]
    rounds: int  # the fewer, the longer a round takes
    options: tuple[str, ...] = ()  # that `ready` is told
    table: Callable[[Section], RenderableType] = tables.of_figures
    by_default: bool = True
    page: Callable[[Mapping[str, Measured]], str] | None = None  # what a page of the documentation has of it


ROWS = {
    "bulk": Row(prefix.ready, 2),
    "single": Row(single.ready, 3),
    "waiting": Row(waiting.ready, 2),
    "api": Row(asked.ready, 3),
    "console": Row(at_console.ready, 1, by_default=False),
    "lambda": Row(imports.ready, 3),
    "capture": Row(captures.ready, 3),
    "staging": Row(staging.ready, 5),
    "training": Row(training.ready, 3),
    "gather": Row(gathered.ready, 1, by_default=False),
    "soak": Row(soak.ready, 1, ("photos",), by_default=False),
    "month": Row(reporting.ready, 2),
    "drift": Row(drifting.ready, 1, ("data", "model"), drift_tables.of_drift, False, drift_tables.markdown),
    "paired": Row(paired_weeks.ready, 1, by_default=False),
    "truth": Row(blind_weeks.ready, 1, (), truth_tables.of_truth, False, truth_tables.markdown),
}
PAGES = [name for name, row in ROWS.items() if row.page]
DEFAULT = ",".join(name for name, row in ROWS.items() if row.by_default)
WIDTH = 120  # of what goes to a file


def main() -> None:
    parser = arguments.Parser("bench", __doc__)
    parser.add_argument("--only", default=DEFAULT, help=f"rows to measure, of {', '.join(ROWS)}")
    parser.add_argument("--repeat", help="how often each row is measured (default: 2 to 5 times)")
    parser.add_argument("--compare", type=Path, help="the file of an earlier measuring, to compare with")
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"), help="a file for the figures")
    parser.add_argument(
        "--data", type=Path, default=Path("build/data/sample"), help="for drift: a staged data set"
    )
    parser.add_argument(
        "--model", type=Path, default=Path("build/model/model.tar.gz"), help="for drift: a model.tar.gz"
    )
    parser.add_argument(
        "--photos", default=str(soak.PHOTOS), help="for soak: how many, 200 at least (%(default)s)"
    )
    parser.add_argument(
        "--page",
        type=Path,
        help="for drift or truth alone: a page for the table, and of drift its picture beside it, as docs/drift.md",
    )
    options = parser.parse_args()
    names = options.only.split(",")
    if unknown := [name for name in names if name not in ROWS]:
        raise UserError(f"there is no row {unknown[0]!r}: choose from {', '.join(ROWS)}")
    if options.page and (len(names) > 1 or names[0] not in PAGES):
        raise UserError(
            f"--page is for one table of {' or '.join(PAGES)}: name that alone, --only {PAGES[0]}"
        )
    repeat = times(options.repeat) if options.repeat else None
    options.photos = soak.read_count(options.photos)
    before = file.read(options.compare) if options.compare else None  # --out may name the same file
    if options.page:
        filling.fill(options.page, mark(names[0]), "")  # refused now, and not when everything is measured

    busy.load()
    if not out.is_terminal:
        out.width = WIDTH
    out.print(str(file.this_machine()))
    figures: list[Measured] = []
    for name in names:
        row = ROWS[name]
        told = {option: getattr(options, option) for option in row.options}
        section = measure(name, repeat or row.rounds, **told)
        figures += section.figures
        out.print("", row.table(section), sep="\n")
    if before:
        out.print("", tables.of_changes(before, figures, str(options.compare)), sep="\n")
    file.write(options.out, figures)
    if options.page:
        fill_page(options.page, names[0], {figure.name: figure for figure in figures})


def fill_page(page: Path, name: str, known: Mapping[str, Measured]) -> None:
    made = ROWS[name].page
    assert made
    page.write_text(filling.fill(page, mark(name), made(known)))
    if name == "drift":  # which alone has a picture
        heatmap.draw(known, page.with_suffix(".png"))


def mark(name: str) -> str:
    """Of a row's table, in a page."""
    return f"make bench ONLY={name}"


def times(text: str) -> int:
    if not (text.isdecimal() and int(text)):
        raise UserError(f"--repeat takes a number of 1 or more, not {text!r}")
    return int(text)


def measure(name: str, rounds: int, **told: object) -> Section:
    watch, found = busy.Watch(), []
    with out.status(f"preparing {name}") as status, ROWS[name].ready(**told) as once:
        for number in range(1, rounds + 1):
            status.update(f"measuring {name}, {number}/{rounds}")
            with watch:
                found.append(once())
    return Section(name, rounds, watch.share(), gather(found, watch.share()))


if __name__ == "__main__":
    run(main)
