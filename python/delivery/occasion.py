"""Is there something to deploy, and was its plan reviewed? `python -m delivery.occasion`, at the start of a deployment.

A merge that changes nothing of what is deployed needs none. What nobody could review (a fork's pull request gets no
plan, a direct push has no pull request, who changes how plans are made makes their own) is not deployed either, and it
says what to do. Neither is an error: `deploy` becomes `yes` or `no` in the job's output. A deployment that somebody
asks for has to name a run, in RUN, that counts.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from core.console import UserError, run
from core.contract.shapes import Json
from delivery import event, github, merged, parts, reviewed
from delivery.github import Comparison


@dataclass(frozen=True)
class Occasion:
    deploy: bool
    said: str


def decide(commit: str, since: Comparison | None, environments: list[str]) -> Occasion:
    """What a push to main asks for, given what it changes; None if GitHub does not know what was there before."""
    changed = [env for env in environments if since is None or parts.touched(since, env)]
    if not changed:
        return Occasion(False, "Nothing that is deployed changes: there is nothing to do.")
    try:
        source = reviewed.of_merge(commit)
        reviewed.artifact(
            github.artifacts(source.run["id"], f"plan-{changed[0]}"), f"plan-{changed[0]}", source.run["id"]
        )
    except merged.NotPlanned as error:
        return Occasion(False, f"Nothing is deployed: {error}.")
    return Occasion(
        True, f"What changes {' and '.join(changed)} is deployed, by the plan of run {source.run['id']}."
    )


def what_changed(payload: Json) -> Comparison | None:
    """What a push brought; None of the first one and of one that rewrote history."""
    if payload["created"] or payload["forced"]:
        return None
    return github.compare(payload["before"], payload["after"])


def tell(found: Occasion) -> None:
    """Into the job's output, its summary and its log."""
    for name, text in (
        ("GITHUB_OUTPUT", f"deploy={'yes' if found.deploy else 'no'}"),
        ("GITHUB_STEP_SUMMARY", found.said),
    ):
        if path := os.environ.get(name):
            with Path(path).open("a") as file:
                file.write(text + "\n")
    print(found.said if found.deploy else f"::notice::{found.said}")


def main() -> None:
    if github.variable("GITHUB_EVENT_NAME") != "push":
        source = reviewed.of_number(os.environ.get("RUN", ""))
        return tell(
            Occasion(True, f"Somebody asked for this deployment, by the plan of run {source.run['id']}.")
        )
    payload = event.read()
    if "after" not in payload:
        raise UserError("GITHUB_EVENT_PATH names no payload of a push: this runs in GitHub Actions")
    return tell(decide(payload["after"], what_changed(payload), parts.environments()))


if __name__ == "__main__":
    run(main)
