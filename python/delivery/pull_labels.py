"""What a pull request's labels allow that a rule would refuse.

In a pull request they are those of the event. After the merge they are those that it had when it was merged; a job that
may not ask GitHub goes by those that the reviewed plan needed, which `make reviewed` has compared with them. On a
laptop, where nobody else is asked: LABELS=a,b.
"""

import json
import os

from core.console import UserError
from core.contract.shapes import Json
from delivery import event, github, merged, versions
from delivery.reviewed import REVIEWED


def read(env: str) -> set[str]:
    payload = event.read()
    if pull := payload.get("pull_request"):
        return {label["name"] for label in pull["labels"]}
    if "GITHUB_ACTIONS" not in os.environ:
        return set(filter(None, os.environ.get("LABELS", "").split(",")))
    if os.environ.get("GITHUB_TOKEN"):
        return of_merged()
    return set(read_reviewed(env).get("allowed", []))


def of_merged() -> set[str]:
    """Those of the pull request that was merged as this commit; none of a direct push."""
    try:
        return merged.find_labels(merged.find(github.variable("GITHUB_SHA")))
    except merged.NotPlanned:
        return set()


def read_reviewed(env: str) -> Json:
    """The reviewed plan, if it has been fetched: `approve` is who judges it."""
    path = REVIEWED / env / "review.json"
    if path.is_file() and versions.is_committed(path):
        raise UserError(
            f"{path} is under version control, and `make reviewed` alone may write it: remove it there"
        )
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
