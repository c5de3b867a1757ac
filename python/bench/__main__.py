"""Measures how fast it is: `python -m bench [--only capture,...] [--out build/bench.json]`.

Each row is measured in one run on one machine. The table and the file hold the same figures.
"""

import argparse
import json
import os
import platform
from collections.abc import Callable
from pathlib import Path

from rich.table import Table

from bench import bulk, capture, imports, single, staging, training
from bench.figures import Figure
from core.console import UserError, out, run

ROWS: dict[str, Callable[[], list[Figure]]] = {
    "bulk": bulk.measure,
    "single": single.measure,
    "lambda": imports.measure,
    "capture": capture.measure,
    "staging": staging.measure,
    "training": training.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default=",".join(ROWS), help=f"rows to measure, of {', '.join(ROWS)}")
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"), help="a file for the figures")
    options = parser.parse_args()
    names = options.only.split(",")
    if unknown := [name for name in names if name not in ROWS]:
        raise UserError(f"there is no row {unknown[0]!r}: choose from {', '.join(ROWS)}")

    figures = []
    for name in names:
        with out.status(f"measuring {name}"):
            figures += ROWS[name]()
    table = Table(
        "figure", "value", "what it is", title=f"{os.cpu_count()} cores, Python {platform.python_version()}"
    )
    table.columns[0].no_wrap = True
    table.columns[1].justify = "right"
    for figure in figures:
        table.add_row(figure.name, figure.shown(), figure.meaning)
    out.print(table)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps({figure.name: figure.value for figure in figures}, indent=2) + "\n")


if __name__ == "__main__":
    run(main)
