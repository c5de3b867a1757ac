"""Fetch the plan that people reviewed: `python -m delivery.reviewed ENV`, in GitHub Actions.

It comes from the ci run of the pull request that was merged as GITHUB_SHA, or from the run of ci on main whose number
is in the variable RUN, and goes to build/reviewed/ENV/review.json. A run of a fork never counts, nor one that failed,
nor one that GitHub does not attest to have made that file for that pull request or for main.

RUN is what somebody typed into a form, so that no shell and no make ever reads it: neither would take it for a number.
"""

import io
import json
import os
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core import arguments, environment
from core.console import UserError, out, run
from delivery import attested, github, merged
from delivery.github import MAIN, Artifact, Pull, Run
from delivery.merged import BY_HAND, NotPlanned
from operations import steps

REVIEWED = Path("build/reviewed")
WORKFLOW = "ci.yml"
PLANNER = "plan.yml"  # the part of it that makes plans
LARGEST = 50_000_000  # bytes; a review has some ten thousand


@dataclass(frozen=True)
class Source:
    """The run of ci that a plan counts of, and what it ran for; `head` is the pull request's, if it was for one."""

    run: Run
    ref: str
    head: str | None = None


def run_of(pull: Pull) -> Run:
    """The run whose plan counts of a merged pull request, as it is now."""
    return newest(github.runs_of(WORKFLOW, pull["head"]["sha"]), github.repository(), pull)


def of_merge(commit: str, find_run: Callable[[Pull], Run] = run_of) -> Source:
    """Where the plan comes from that was reviewed in the pull request that was merged as this commit."""
    pull = merged.find(commit)
    merged.check_planners(pull)
    head = pull["head"]["sha"]
    found = find_run(pull)
    check(found, github.repository())
    if (found["event"], found["head_sha"]) != ("pull_request", head):
        raise UserError(
            f"run {found['id']} was not for pull request {pull['number']} as it was merged: {BY_HAND}"
        )
    return Source(found, f"refs/pull/{pull['number']}/merge", head)


def of_number(number: str) -> Source:
    """Where the plan comes from that somebody has read in a run on main, which no pull request had."""
    if not (number.isascii() and number.isdecimal()):
        raise UserError(f"RUN is the number of a {WORKFLOW} run, as in 1234567890, not {number!r}")
    found = github.run(number)
    check(found, github.repository())
    if (found["event"], found["head_branch"]) != ("workflow_dispatch", MAIN):
        raise UserError(
            f"run {number} was for {found['event']} on {found['head_branch']}, and a plan may be named only if ci was "
            f"started by hand on {MAIN}: run it there"
        )
    return Source(found, f"refs/heads/{MAIN}")


def check(found: Run, repository: str) -> None:
    """Refuse a run whose plan must not be trusted."""
    name, source = f"run {found['id']}", found["head_repository"]
    if source is None or source["full_name"] != repository:
        raise UserError(
            f"{name} is a fork's, whose plans do not count: use one of {repository}'s own branches"
        )
    if found["path"].partition("@")[0] != f"{attested.FOLDER}/{WORKFLOW}":
        raise UserError(f"{name} is one of {found['path']}, which makes no plans: name a run of {WORKFLOW}")
    if found["status"] != "completed":
        raise NotPlanned(f"{name} has not ended ({found['status']}): {BY_HAND}")
    if found["conclusion"] != "success":
        raise NotPlanned(f"{name} did not succeed ({found['conclusion']}): {BY_HAND}")


def newest(runs: list[Run], repository: str, pull: Pull) -> Run:
    """The last run for the head of a pull request that people could read before they merged it.

    A label starts one after the merge, too, and so does another pull request with the same head. ci.yml puts the ref
    before its runs' names, by which they are told apart; who lies there is found out by the attestation.
    """
    merged = pull["merged_at"] or ""
    ours = [
        it
        for it in runs
        if it["head_repository"]
        and it["head_repository"]["full_name"] == repository
        and it["display_title"].startswith(f"{pull['number']}/merge: ")
        and it["created_at"] <= merged  # as GitHub writes times, they sort as texts
    ]
    if not ours:
        raise NotPlanned(
            f"no run of {WORKFLOW} has made a plan for pull request {pull['number']} before it was merged, as for a "
            f"fork's: {BY_HAND}"
        )
    last = max(ours, key=lambda it: it["id"])
    if last["run_started_at"] > merged:
        raise NotPlanned(
            f"run {last['id']} of {WORKFLOW} was tried again after pull request {pull['number']} was merged, so nobody "
            f"has read its plan: {BY_HAND}"
        )
    return last


def artifact(found: list[Artifact], name: str, run_id: int) -> Artifact:
    """The run's artefact of that name, the last one if the run was tried again."""
    if not found:
        raise NotPlanned(f"run {run_id} of {WORKFLOW} has made no {name}: {BY_HAND}")
    last = max(found, key=lambda it: it["id"])
    if last["expired"]:
        raise NotPlanned(f"the artefact {name} of run {run_id} has expired: {BY_HAND}")
    return last


def check_made(source: Source, env: str) -> None:
    """Refuse a run that has no plan of this environment any more, or never had."""
    name, run_id = f"plan-{env}", source.run["id"]
    artifact(github.artifacts(run_id, name), name, run_id)


def review_in(archive: bytes, name: str) -> bytes:
    """The one file that counts, out of an artefact that is not trusted."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as files:
            if files.getinfo("review.json").file_size > LARGEST:
                raise UserError(f"review.json in the artefact {name} is too large to be one")
            return files.read("review.json")
    except (zipfile.BadZipFile, KeyError) as error:
        raise UserError(f"the artefact {name} holds no review.json ({error}): name another run") from error


def fetch(env: str, number: str) -> tuple[bytes, Source]:
    """The reviewed plan, and where it comes from: the run of this number, if there is one."""
    source = of_number(number) if number else of_merge(github.variable("GITHUB_SHA"))
    name, run_id = f"plan-{env}", source.run["id"]
    chosen = artifact(github.artifacts(run_id, name), name, run_id)
    return review_in(github.download(chosen["id"]), name), source


def check_origin(path: Path, source: Source) -> None:
    """Refuse a plan that this run of ci did not make, or that it made for another base than main.

    A branch has workflows of its own, and another pull request may have the same head: only the attestation says which
    one it was. What GitHub plans is the pull request's merge, whose parents are the base and the head.
    """
    event = source.run["event"]
    commit = attested.check(path, attested.Origin(PLANNER, WORKFLOW, source.ref, event, source.run["id"]))
    if source.head is None:
        return
    base, *heads = [parent["sha"] for parent in github.commit(commit)["parents"]]
    if heads != [source.head]:
        raise UserError(
            f"the plan was made for commit {commit}, which does not merge {source.head}: {BY_HAND}"
        )
    if github.compare(base, MAIN)["status"] not in ("ahead", "identical"):
        raise UserError(f"the plan was made against commit {base}, which is not on {MAIN}: {BY_HAND}")


def read_allowed(content: bytes) -> set[str]:
    """The labels without which a rule would have refused the plan."""
    try:
        found = json.loads(content).get("allowed", [])
        if not all(isinstance(label, str) for label in found):
            raise TypeError(f"its labels are {found}")
        return set(found)
    except (ValueError, TypeError, AttributeError) as error:
        raise UserError(f"review.json is no review of a plan ({error}): {BY_HAND}") from error


def planned_for(source: Source) -> str:
    """The commit of main whose pull request has the labels."""
    return github.variable("GITHUB_SHA") if source.head else source.run["head_sha"]


@steps.noted("reviewed")
def main() -> None:
    env = arguments.read_env("delivery.reviewed", __doc__)
    environment.check(env)
    content, source = fetch(env, os.environ.get("RUN", ""))
    with tempfile.TemporaryDirectory() as name:
        unproven = Path(name, "review.json")
        unproven.write_bytes(content)
        check_origin(unproven, source)
    merged.check_labels(read_allowed(content), planned_for(source))
    path = REVIEWED / env / "review.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    out.print(f"{path}: the plan of run {source.run['id']}, {source.run['html_url']}")


if __name__ == "__main__":
    run(main)
