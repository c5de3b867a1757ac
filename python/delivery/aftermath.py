"""Name what a deployment that failed has left behind: `python -m delivery.aftermath ENV`, in GitHub Actions.

STEPS is what became of each step, by its id (`toJSON(steps)`), OUTCOME is the job's status. With what is to be seen now
- the endpoint, the lock on the state, a state that could not be saved - they say which rows of the table in
docs/deploy.md are the case. The job's summary names them.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from core import arguments, environment
from core.console import UserError, run
from core.contract.shapes import Json
from core.job_log import in_log
from delivery import event, github, plan
from operations import live, settling, terraform, unlock

PAGE = "docs/deploy.md"
REFUSING = ("attested", "reviewed", "approve")  # steps that ask whether somebody agreed to it
ENDED_BADLY = ("failure", "cancelled")


@dataclass(frozen=True)
class Row:
    """One of the table: its name, which is a heading of the page, and what is left behind."""

    name: str
    left: str

    def anchor(self) -> str:
        return self.name.lower().replace(" ", "-")


REFUSED = Row("Refused", "nothing was applied: the plan is not one that somebody agreed to")
NOTHING = Row("Nothing applied", "it ended before anything was applied")
PARTLY = Row("Partly applied", "some of the plan's changes were made, the others were not")
ON_ITS_WAY = Row(
    "Endpoint on its way", "the endpoint is between two states, and no apply succeeds until it has settled"
)
WENT_BACK = Row(
    "Endpoint went back", "the endpoint serves what it served before, the rest of the plan may be applied"
)
UNVERIFIED = Row("Not verified", "all was applied, and what is live does not prove to be what was asked for")
APPLIED = Row("Applied and verified", "all was applied and verified: only what comes after that failed")
LOCKED = Row("Locked", "a lock is on the state, and no plan can be applied until it is off")
UNSAVED = Row("State not saved", "the state does not know what was made")
CANCELLED = Row("Cancelled", "somebody, or the time limit, ended the job")
ROWS = (REFUSED, NOTHING, PARTLY, ON_ITS_WAY, WENT_BACK, UNVERIFIED, APPLIED, LOCKED, UNSAVED, CANCELLED)


@dataclass(frozen=True)
class Seen:
    """What happened, and what is there now."""

    steps: Mapping[str, str]  # what each step came to: success, failure, cancelled or skipped
    cancelled: bool = False
    endpoint: Json | None = None
    planned: datetime | None = None  # when the plan was made that was to be applied
    lock: Json | None = None
    unsaved: Path | None = None


def decide(seen: Seen) -> Iterator[tuple[Row, str | None]]:
    """The rows that are the case, and what is to be said of each beyond it."""
    if seen.cancelled:
        yield CANCELLED, None
    yield where_it_ended(seen)
    if seen.lock:
        yield LOCKED, "{ID}, held by {Who} since {Created}, for {Operation}".format_map(seen.lock)
    if seen.unsaved:
        yield UNSAVED, f"it is in {seen.unsaved}, on this machine alone"


def where_it_ended(seen: Seen) -> tuple[Row, str | None]:
    if seen.steps.get("verify") in ENDED_BADLY:
        return UNVERIFIED, None
    if seen.steps.get("verify") == "success":
        return APPLIED, None
    if seen.steps.get("apply") in (*ENDED_BADLY, "success"):  # success: cancelled before verify began
        moving = settling.explain(seen.endpoint) if seen.endpoint else None
        if moving:
            return ON_ITS_WAY, moving
        if seen.endpoint and went_back(seen.endpoint, seen.planned):
            return WENT_BACK, seen.endpoint["FailureReason"]
        return (UNVERIFIED if seen.steps["apply"] == "success" else PARTLY), None
    refused = any(seen.steps.get(name) == "failure" for name in REFUSING)
    return (REFUSED if refused else NOTHING), None


def went_back(endpoint: Json, planned: datetime | None) -> bool:
    """Whether an update since the plan was taken back: SageMaker keeps the reason, also that of an earlier one."""
    return bool(endpoint.get("FailureReason")) and (
        planned is None or endpoint["LastModifiedTime"] >= planned
    )


def text(env: str, rows: Iterator[tuple[Row, str | None]], unseen: list[str], place: str) -> str:
    """What people read, as Markdown."""
    lines = [f"## What the deployment of {env} left behind", ""]
    for row, more in rows:
        said = f": {more}" if more else ""
        lines.append(f"- **{row.name}**: {row.left}{said}. [What to do]({place}#{row.anchor()})")
    lines += [f"- It cannot be seen {it}" for it in unseen]
    return "\n".join(lines) + "\n"


def look(env: str) -> tuple[Json, list[str]]:
    """What is there now, and what could not be seen: the job may have ended before it had credentials."""
    # As Terraform calls it, if what runs Terraform was killed as well.
    left = (terraform.unsaved(env), terraform.CONFIGURATION / terraform.UNSAVED)
    found: Json = {"unsaved": next((path for path in left if path.is_file()), None)}
    saved = plan.path(env)
    found["planned"] = datetime.fromtimestamp(saved.stat().st_mtime, UTC) if saved.is_file() else None
    unseen = []
    looks: dict[str, tuple[str, Callable[[str], Any]]] = {
        "lock": ("whether the state is locked", unlock.read),
        "endpoint": ("what the endpoint does", read_endpoint),
    }
    for name, (what, read) in looks.items():
        try:
            found[name] = read(env)
        except (BotoCoreError, ClientError, UserError) as error:
            unseen.append(f"{what}: {error}")
    return found, unseen


def read_endpoint(env: str) -> Json | None:
    found = live.read_endpoint(environment.outputs(env)["endpoint_name"])
    return dict(found) if found else None


def page() -> str:
    """The page's address: in GitHub Actions as it was in the commit that is deployed."""
    if "GITHUB_SHA" not in os.environ:
        return PAGE
    server, repository = github.variable("GITHUB_SERVER_URL"), github.repository()
    return f"{server}/{repository}/blob/{os.environ['GITHUB_SHA']}/{PAGE}"


def main() -> None:
    env = arguments.read_env("delivery.aftermath", __doc__)
    environment.check(env)
    steps = {name: step["outcome"] for name, step in json.loads(github.variable("STEPS")).items()}
    found, unseen = look(env)
    seen = Seen(steps, os.environ.get("OUTCOME") == "cancelled", **found)
    written = text(env, decide(seen), unseen, page())
    print(in_log(written))
    event.add("GITHUB_STEP_SUMMARY", written.removesuffix("\n"))


if __name__ == "__main__":
    run(main)
