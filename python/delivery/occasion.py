"""Is there something to deploy, and was its plan reviewed? `python -m delivery.occasion`, at the start of a deployment.

A merge that changes nothing of what is deployed needs none. What nobody could review (a fork's pull request gets no
plan, a direct push has no pull request, who changes how plans are made makes their own) is not deployed either, and it
says what to do. Neither is an error: `deploy` becomes `yes` or `no` in the job's output. Who merges before ci has made
its plans is waited for, as long as a run of ci takes. A deployment that somebody asks for has to name a run, in RUN,
that counts and still has its plans.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from core import arguments
from core.console import UserError, out, run
from core.contract.shapes import Json
from core.job_log import in_log, notice
from delivery import event, github, merged, parts, reviewed
from delivery.github import Comparison, Pull, Run

LOOK_SECONDS = 30
LONGEST = 45 * 60  # seconds; deploy.yml gives the job as long and some minutes


@dataclass(frozen=True)
class Occasion:
    deploy: bool
    said: str


def decide(
    commit: str,
    since: Comparison | None,
    environments: list[str],
    sleep: Callable[[float], None] = time.sleep,
) -> Occasion:
    """What a push to main asks for, given what it changes; None if GitHub does not know what was there before."""
    changed = [env for env in environments if since is None or parts.touched(since, env)]
    if not changed:
        return Occasion(False, "Nothing that is deployed changes: there is nothing to do.")
    try:
        source = reviewed.of_merge(commit, lambda pull: wait_for_run(pull, sleep))
        reviewed.check_made(source, changed[0])
    except merged.NotPlanned as error:
        return Occasion(False, f"Nothing is deployed: {error}.")
    return Occasion(
        True, f"What changes {' and '.join(changed)} is deployed, by the plan of run {source.run['id']}."
    )


def wait_for_run(pull: Pull, sleep: Callable[[float], None]) -> Run:
    """The run whose plan counts, once it has ended; as it is then, if that takes too long."""
    found = reviewed.run_of(pull)
    for _ in range(LONGEST // LOOK_SECONDS):
        if found["status"] == "completed":
            break
        out.print(f"run {found['id']} of ci is {found['status']}: {found['html_url']}")
        sleep(LOOK_SECONDS)
        found = reviewed.run_of(pull)
    return found


def what_changed(payload: Json) -> Comparison | None:
    """What a push brought; None of the first one and of one that rewrote history."""
    if payload["created"] or payload["forced"]:
        return None
    return github.compare(payload["before"], payload["after"])


def tell(found: Occasion) -> None:
    """Into the job's output, its summary and its log."""
    event.add("GITHUB_OUTPUT", f"deploy={'yes' if found.deploy else 'no'}")
    event.add("GITHUB_STEP_SUMMARY", found.said)
    print(in_log(found.said) if found.deploy else notice(found.said))


def main() -> None:
    arguments.read_none("delivery.occasion", __doc__)
    if github.variable("GITHUB_EVENT_NAME") != "push":
        source = reviewed.of_number(os.environ.get("RUN", ""))
        for env in parts.environments():
            reviewed.check_made(source, env)
        return tell(
            Occasion(True, f"Somebody asked for this deployment, by the plan of run {source.run['id']}.")
        )
    payload = event.read()
    if "after" not in payload:
        raise UserError("GITHUB_EVENT_PATH names no payload of a push: this runs in GitHub Actions")
    return tell(decide(payload["after"], what_changed(payload), parts.environments()))


if __name__ == "__main__":
    run(main)
