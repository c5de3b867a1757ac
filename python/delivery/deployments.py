"""Show an environment's last deployments: `python -m delivery.deployments ENV [--last 20] [--out FILE]`.

A table on the terminal, the newest first, and a page with more of each.
"""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from core import arguments, environment
from core.console import UserError, out, run
from core.contract.shapes import Json
from core.table import Table as Printed
from delivery import deployment
from delivery.deployment import Deployment
from operations import steps
from report import page
from report.page import Badge, Part, Section, Table, Tile
from report.words import moment, number

TONES = {"success": "steady", "refused": "unknown", "cancelled": "unknown"}
SHORT = 12  # digits of a commit or a digest
HEAD = ("ended", "outcome", "model", "asked", "agreed", "commit", "digest", "took")


def read(env: str, last: int) -> list[Deployment]:
    found = list(islice(deployment.read_all(env), last))
    if not found:
        raise UserError(f"no deployment of {env} is on the record yet: make apply verify ENV={env} is one")
    return found


def describe(it: Deployment) -> list[str]:
    """A row; its second column is the outcome."""
    return [
        moment(it.ended),
        f"{it.outcome} at {it.step}" if it.step else it.outcome,
        name_model(it),
        name_asked(it.asked),
        name_agreed(it.agreed),
        name_commit(it),
        (it.digest or "-")[:SHORT],
        show_seconds(it.took()),
    ]


def name_model(it: Deployment) -> str:
    if it.model_id == it.model_before:
        return it.model_id or "-"
    return f"{it.model_before or 'none'} -> {it.model_id or 'none'}"


def name_asked(asked: Json) -> str:
    pull = f", #{asked['pull']} by {asked['author'] or 'somebody'}" if "pull" in asked else ""
    return asked["actor"] + pull


def name_agreed(agreed: list[Json] | None) -> str:
    if agreed is None:
        return "not known"
    return ", ".join(f"{it['who']} ({it['to']})" for it in agreed) or "nobody was asked"


def name_commit(it: Deployment) -> str:
    return (it.commit or "none")[:SHORT] + ("" if it.clean else ", changed")


def show_seconds(seconds: float | None) -> str:
    if seconds is None:
        return "did not end"
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def show_table(found: Sequence[Deployment]) -> Printed:
    return Printed(HEAD, [describe(it) for it in found])


def draw_page(env: str, found: Sequence[Deployment]) -> str:
    newest = found[0]
    good = next((it for it in found if it.verified()), None)
    tiles = [
        Tile("Last", newest.outcome, moment(newest.ended)),
        Tile("Succeeded", f"{sum(it.outcome == 'success' for it in found)} of {len(found)}", "shown here"),
        Tile(
            "Last found good",
            (good.verified() if good else None) or "-",
            f"by verify, {moment(good.ended)}" if good else "no model yet",
        ),
    ]
    sections = [Section(f"{it.id}: {it.outcome}", f"{tell(it)}. {place(it)}", [of_steps(it)]) for it in found]
    whole = Table(
        "The newest first",
        HEAD,
        [[row[0], Badge(row[1], tone(it)), *row[2:]] for it in found for row in [describe(it)]],
        numbers=[len(HEAD) - 1],
    )
    shown = Section("Deployments", number(len(found), "deployment"), [whole], wide=True)
    verdict = Badge(tell(newest), tone(newest))
    lead = f"Who asked, who agreed, what went live and what verify saw: the record of {env}."
    part = Part(f"Deployments of {env}", lead, verdict, tiles, [shown, *sections])
    return page.render(part, [], f"Written by make deployments ENV={env}, from its bucket.")


def tone(it: Deployment) -> str:
    return TONES.get(it.outcome, "moved")


def tell(it: Deployment) -> str:
    """How it ended, in a sentence."""
    ending = f"{it.environment}: {it.outcome}, {moment(it.ended)}"
    ending += f", at {it.step}: {it.why or 'it did not end'}" if it.step else ""
    return ending + "".join(f"; not known: {why}" for why in it.unknown)


def place(it: Deployment) -> str:
    """Where its log is, or whose laptop had it."""
    return f"Log: {it.asked['log']}" if "log" in it.asked else f"From a laptop, as {it.asked['caller']}"


def of_steps(it: Deployment) -> Table:
    rows = [
        [
            step["name"],
            show_seconds(step["seconds"]),
            step["error"] or ", ".join(f"{name}: {value}" for name, value in step["saw"].items()),
        ]
        for step in it.steps
    ]
    return Table("Its steps", ("step", "took", "saw"), rows, numbers=[1])


def main() -> None:
    parser = arguments.Parser(prog="delivery.deployments")
    parser.add_argument("env")
    parser.add_argument("--last", type=int, default=20, help="how many (%(default)s)")
    parser.add_argument("--out", type=Path, help="the page (build/deployments/ENV.html)")
    options = parser.parse_args()
    environment.check(options.env)
    if options.last < 1:
        raise UserError(f"LAST={options.last} shows nothing: give a number from 1")
    found = read(options.env, options.last)
    path = options.out or steps.FOLDER / f"{options.env}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(draw_page(options.env, found), "utf-8")
    out.print(show_table(found))
    out.print(f"see {path}")


if __name__ == "__main__":
    run(main)
