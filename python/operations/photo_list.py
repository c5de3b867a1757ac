"""List the photos that are open, the oldest first: `python -m operations.photo_list ENV --state waiting`.

Open is what has not come to its end: claimed by an execution, waiting for a person, failed, or routed without anybody
having been told. A photo that is routed and told is in no list; `make photo` shows it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from core import arguments
from core.console import UserError, out, run, visible
from core.contract.register import OPEN, WAITING
from core.contract.shapes import Json
from core.table import Table
from operations import photo_register

MOST = 200
HEAD = ("since (UTC)", "photo", "error", "kept until")


def main() -> None:
    parser = arguments.Parser("operations.photo_list", __doc__)
    parser.add_argument("env", help="the environment: local, staging or prod")
    parser.add_argument("--state", default=WAITING, help=f"{', '.join(OPEN)} (%(default)s)")
    options = parser.parse_args()
    env, state = options.env, options.state
    if state not in OPEN:
        raise UserError(
            f"STATE={state} lists nothing: choose from {', '.join(OPEN)}; a photo that is routed and told is in no "
            "list, make photo ID=<its key> shows it"
        )
    table = photo_register.open_table(env)
    found = photo_register.list_open(table, state, MOST + 1)
    out.print(draw(env, state, found) if found else f"no photo of {env} is {state}")


def draw(env: str, state: str, found: Sequence[Json]) -> Table:
    shown = found[:MOST]
    count = f"the oldest {MOST:,}; there are more" if len(found) > MOST else f"{len(found):,}"
    return Table(
        HEAD,
        [describe(it) for it in shown],
        title=f"Photos of {env} that are {state}: {count}",
        note=f"make photo ENV={env} ID=<the photo> tells what became of one.",
    )


def describe(item: Json) -> tuple[str, ...]:
    since = datetime.fromisoformat(item["since"]).astimezone(UTC)
    until = f"{datetime.fromtimestamp(int(item['expires']), UTC):%Y-%m-%d}" if "expires" in item else "-"
    return (f"{since:%Y-%m-%d %H:%M:%S}", visible(item["s3_key"]), item.get("error", "-"), until)


if __name__ == "__main__":
    run(main)
