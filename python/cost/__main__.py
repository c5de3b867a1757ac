"""What the environments cost, from their own definitions: `python -m cost [--prices FILE] [--images N]`.

What is there, and which way a photo takes, Terraform says; how long things take was measured; prices are an input.
"""

import re
from pathlib import Path

from core import arguments
from core.console import UserError, out, run
from cost import definition, measured, prices, sheets, standing
from cost.photos import Photos

PLACE = re.compile(r"(<!-- make cost -->\n).*?(<!-- end -->\n)", re.DOTALL)


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
    text = page.read_text()
    if not PLACE.search(text):
        raise UserError(f"{page} has no <!-- make cost --> and <!-- end --> to put the tables between")
    tables = "\n\n".join(sheet.markdown() for sheet in drawn)
    return PLACE.sub(lambda place: f"{place[1]}{tables}\n{place[2]}", text)


if __name__ == "__main__":
    run(main)
