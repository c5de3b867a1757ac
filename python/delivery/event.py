"""What GitHub Actions is running for: the payload of the event, in the file that GITHUB_EVENT_PATH names; and what it
is told, in the files that GITHUB_OUTPUT and GITHUB_STEP_SUMMARY name.
"""

import json
import os
from pathlib import Path

from core.console import UserError
from core.contract.shapes import Json


def read() -> Json:
    """The event's payload; an empty one outside of GitHub Actions."""
    path = os.environ.get("GITHUB_EVENT_PATH")
    return json.loads(Path(path).read_text()) if path else {}


def add(name: str, text: str) -> None:
    """A line more in the file that this variable names; none outside of GitHub Actions."""
    if path := os.environ.get(name):
        with Path(path).open("a") as file:
            file.write(text + "\n")


def is_fork(event: Json) -> bool:
    """Whether the event is a pull request from another repository, also from one that is deleted by now."""
    if "pull_request" not in event:
        return False
    source = event["pull_request"]["head"]["repo"]
    return source is None or source["full_name"] != event["repository"]["full_name"]


def refuse_fork() -> None:
    """Nothing that a fork brings runs with credentials."""
    event = read()
    if is_fork(event):
        number = event["pull_request"]["number"]
        raise UserError(
            f"pull request {number} comes from a fork, and nothing of a fork runs with credentials: "
            f"read it, then push it as a branch of {event['repository']['full_name']}"
        )
