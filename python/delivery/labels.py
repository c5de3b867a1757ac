"""What a pull request's labels allow that a rule would refuse.

In a pull request they are those of the event. After the merge they are those that the reviewed plan needed, which its
digest covers, and those of the pull request that was merged. On a laptop, where nobody else is asked: LABELS=a,b.
"""

import json
import os

from core.contract.shapes import Json
from delivery import event, github
from delivery.reviewed import REVIEWED


def read(env: str) -> set[str]:
    payload = event.read()
    if pull := payload.get("pull_request"):
        return {label["name"] for label in pull["labels"]}
    if "GITHUB_ACTIONS" not in os.environ:
        return set(filter(None, os.environ.get("LABELS", "").split(",")))
    return set(read_reviewed(env).get("allowed", [])) | of_merged()


def of_merged() -> set[str]:
    """Those of the pull request that was merged as this commit, if the job may ask."""
    if not os.environ.get("GITHUB_TOKEN"):
        return set()
    commit = github.variable("GITHUB_SHA")
    return {
        label["name"]
        for pull in github.pulls_of(commit)
        if pull["merged_at"] and pull["merge_commit_sha"] == commit
        for label in pull["labels"]
    }


def read_reviewed(env: str) -> Json:
    """The reviewed plan, if it has been fetched: `approve` is who judges it."""
    path = REVIEWED / env / "review.json"
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
