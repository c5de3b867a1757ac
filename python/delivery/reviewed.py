"""Fetch the plan that people reviewed: `python -m delivery.reviewed ENV`, in GitHub Actions.

It comes from the ci run of the pull request that was merged as GITHUB_SHA, or from the ci run whose number is in the
variable RUN, and goes to build/reviewed/ENV/review.json. A run of a fork never counts, nor one that failed.

RUN is what somebody typed into a form, so that no shell and no make ever reads it: neither would take it for a number.
"""

import io
import os
import sys
import zipfile
from pathlib import Path

from core import environment
from core.console import UserError, out, run
from delivery import github
from delivery.github import Artifact, Pull, Run

REVIEWED = Path("build/reviewed")
WORKFLOW = "ci.yml"
LARGEST = 50_000_000  # bytes; a review has some ten thousand


def find_merged(pulls: list[Pull], commit: str) -> Pull:
    """The pull request that was merged as this commit."""
    for pull in pulls:
        if pull["merged_at"] and pull["merge_commit_sha"] == commit:
            return pull
    raise UserError(
        f"no pull request was merged as commit {commit}, so no plan was reviewed: run ci on main, then deploy with "
        f"the number of that run"
    )


def check(found: Run, repository: str) -> None:
    """Refuse a run whose plan must not be trusted."""
    name, source = f"run {found['id']}", found["head_repository"]
    if source is None or source["full_name"] != repository:
        raise UserError(
            f"{name} is a fork's, whose plans do not count: use one of {repository}'s own branches"
        )
    if not found["path"].partition("@")[0].endswith(f"/{WORKFLOW}"):
        raise UserError(f"{name} is one of {found['path']}, which makes no plans: name a run of {WORKFLOW}")
    if found["conclusion"] != "success":
        raise UserError(
            f"{name} did not succeed ({found['conclusion'] or found['status']}): name one that did"
        )


def newest(runs: list[Run], repository: str, pull: Pull) -> Run:
    """The last run for the head of a pull request that may count."""
    ours = [it for it in runs if it["head_repository"] and it["head_repository"]["full_name"] == repository]
    if not ours:
        raise UserError(
            f"no run of {WORKFLOW} has made a plan for pull request {pull['number']}: is it a fork's?"
        )
    return max(ours, key=lambda it: it["id"])


def artifact(found: list[Artifact], name: str, run_id: int) -> Artifact:
    """The run's artefact of that name, the last one if the run was tried again."""
    if not found:
        raise UserError(f"run {run_id} has no artefact {name}: name a run of {WORKFLOW} that made a plan")
    last = max(found, key=lambda it: it["id"])
    if last["expired"]:
        raise UserError(
            f"the artefact {name} of run {run_id} has expired: run {WORKFLOW} again, and review its plan"
        )
    return last


def review_in(archive: bytes, name: str) -> bytes:
    """The one file that counts, out of an artefact that is not trusted."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as files:
            if files.getinfo("review.json").file_size > LARGEST:
                raise UserError(f"review.json in the artefact {name} is too large to be one")
            return files.read("review.json")
    except (zipfile.BadZipFile, KeyError) as error:
        raise UserError(f"the artefact {name} holds no review.json ({error}): name another run") from error


def fetch(env: str, number: str) -> tuple[bytes, Run]:
    """The reviewed plan, and the run that made it: the one of this number, if there is one."""
    repository = github.variable("GITHUB_REPOSITORY")
    if number and not (number.isascii() and number.isdecimal()):
        raise UserError(f"RUN is the number of a {WORKFLOW} run, as in 1234567890, not {number!r}")
    if number:
        found = github.run(number)
    else:
        commit = github.variable("GITHUB_SHA")
        pull = find_merged(github.pulls_of(commit), commit)
        found = newest(github.runs_of(WORKFLOW, pull["head"]["sha"]), repository, pull)
    check(found, repository)
    name = f"plan-{env}"
    chosen = artifact(github.artifacts(found["id"], name), name, found["id"])
    return review_in(github.download(chosen["id"]), name), found


def main() -> None:
    env = sys.argv[1]
    environment.check(env)
    content, found = fetch(env, os.environ.get("RUN", ""))
    path = REVIEWED / env / "review.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    out.print(f"{path}: the plan of run {found['id']}, {found['html_url']}")


if __name__ == "__main__":
    run(main)
