"""What the environments cost, from their own definitions: `python -m cost [--prices FILE] [--images N]`.

What is there, and which way a photo takes, Terraform says; how long things take was measured; prices are an input.
"""

from pathlib import Path

from core import arguments, filling
from core.console import UserError, out, run
from cost import definition, measured, prices, sheets, standing
from cost.photos import Photos

COMMAND = "make cost"
PLACE = filling.place(COMMAND)


def main() -> None:
    parser = arguments.Parser(prog="cost")
    parser.add_argument(
        "--prices", type=Path, default=prices.DEFAULT, help="a file in the form of prices.toml"
    )
    parser.add_argument("--images", type=int, default=1000, help="how many photos to work out")
    parser.add_argument(
        "--measure", metavar="ENV", help="take durations from a deployed environment's last hour"
    )
    parser.add_argument("--page", type=Path, help="a page to put the tables into, as docs/cost.md")
    options = parser.parse_args()
    if options.images < 1:
        raise UserError(f"--images takes the number of photos, 1 or more, not {options.images}")
    asked = prices.read(options.prices)
    took = measured.measure(options.measure) if options.measure else measured.newest()
    with out.status("terraform plans the environments"):
        plans = definition.plan(definition.names())
    found = [Photos(options.images, standing.read(*it), took, asked) for it in plans.items()]
    drawn = sheets.all_of(found)
    for sheet in drawn:
        out.print(sheet.table())
    out.print(f"Prices of {asked.date} in {asked.region}. Durations: {took.conditions}.")
    if options.page:
        options.page.write_text(fill(options.page, drawn))


def fill(page: Path, drawn: list[sheets.Sheet]) -> str:
    return filling.fill(page, COMMAND, "\n\n".join(sheet.markdown() for sheet in drawn))


if __name__ == "__main__":
    run(main)
