"""List the photos that are open, the oldest first: `python -m operations.photo_list ENV --state waiting`.

Open is what has not come to its end: claimed by an execution, waiting for a person, failed, or routed without anybody
having been told. Of those that wait, drivers come first, and behind them the archive: photos that no driver waits for.
A photo that is over, told, decided or forgotten, is in no list; `make photo` shows it.
"""

import shlex
from collections.abc import Sequence
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from core import arguments
from core.console import UserError, out, run, visible
from core.contract import register
from core.contract.register import OPEN, WAITING
from core.contract.shapes import Json
from core.table import Table
from operations import photo_register

MOST = 200


def main() -> None:
    parser = arguments.Parser("operations.photo_list", __doc__)
    parser.add_argument("env", help="the environment: local, staging or prod")
    parser.add_argument("--state", default=WAITING, help=f"{', '.join(OPEN)} (%(default)s)")
    parser.add_argument("--since", default="", metavar="TIME", help="leave out what is open for longer")
    options = parser.parse_args()
    env, state, since = options.env, options.state, read_since(options.since)
    if state not in OPEN:
        raise UserError(
            f"STATE={state} lists nothing: choose from {', '.join(OPEN)}; a photo that is over is in no list, make "
            f"photo ENV={env} ID=<its key> shows it"
        )
    try:
        found = photo_register.list_open(photo_register.open_table(env), state, MOST + 1, since)
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"the register of {env} cannot be read: {error}") from error
    if not found:
        out.print(f"no photo of {env} is {state}{f' since {since} or later' if since else ''}")
        return
    out.print(draw(env, state, found))
    for photo in found[MOST:]:
        begin = shlex.quote(photo["since"])
        out.print(
            f"the next: .venv/bin/python -m operations.photo_list {env} --state {state} --since {begin}"
        )


def read_since(text: str) -> str:
    """The time as the register writes it, where times are compared as texts; without a zone it is UTC, as listed."""
    if not text:
        return ""
    archive, time = split(text)
    try:
        at = datetime.fromisoformat(time)
    except ValueError as error:
        raise UserError(f"--since {text!r} is no time: write it as in 2026-11-27T05:00:00Z") from error
    at = at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    return archive + register.write_time(at)


def split(since: str) -> tuple[str, str]:
    """The mark of the archive, where there is one, and the time."""
    time = since.removeprefix(register.ARCHIVE)
    return since.removesuffix(time), time


def draw(env: str, state: str, found: Sequence[Json]) -> Table:
    shown = found[:MOST]
    count = f"the oldest {MOST:,}; there are more" if len(found) > MOST else f"{len(found):,}"
    # What is claimed or waits has none.
    error = ["error"] if any("error" in it for it in shown) else []
    who = ["for"] if state == WAITING else []
    decide = (
        f" make decide ENV={env} ID=<the same> LABEL=<what it is> decides it." if state == WAITING else ""
    )
    return Table(
        ["since (UTC)", *who, "photo", "id", *error, "kept until"],
        [describe(it, bool(who), error) for it in shown],
        title=f"Photos of {env} that are {state}: {count}",
        note=f"make photo ENV={env} ID=<its id, or its key> tells what became of one.{decide}",
    )


def describe(item: Json, waits: bool, more: Sequence[str]) -> list[str]:
    archive, time = split(item["since"])
    since = f"{datetime.fromisoformat(time).astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    who = ["archive" if archive else "driver"] if waits else []
    until = photo_register.kept_until(item) or "-"
    return [since, *who, visible(item["s3_key"]), item["id"], *(item.get(name, "-") for name in more), until]


if __name__ == "__main__":
    run(main)
