"""The few calls of GitHub's REST API that a deployment needs, in the repository that runs the workflow.

GITHUB_TOKEN, GITHUB_REPOSITORY and GITHUB_API_URL say where and as whom, as in GitHub Actions.
"""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from typing import Any, NotRequired, TypedDict

from core.console import UserError
from core.contract.shapes import Json

API_URL = "https://api.github.com"
MAIN = "main"  # the branch that is deployed
PAGE = 100  # the most that GitHub gives at once
TIMEOUT = 60  # seconds


# What GitHub answers, as far as it is asked for here.
class Repository(TypedDict):
    full_name: str


class Head(TypedDict):
    ref: str
    sha: str
    repo: Repository | None  # none of a fork that is deleted


class Label(TypedDict):
    name: str


class Event(TypedDict):
    """That an issue or a pull request got a label, or lost it; of other events only that they have a name."""

    event: str
    created_at: str
    label: Label


class Base(TypedDict):
    ref: str


class User(TypedDict):
    login: str
    type: str


class Pull(TypedDict):
    number: int
    user: User | None
    labels: list[Label]
    head: Head
    base: Base
    html_url: str
    merged_at: str | None
    merge_commit_sha: str | None


class Run(TypedDict):
    id: int
    path: str
    event: str
    head_branch: str | None
    head_sha: str
    status: str
    conclusion: str | None
    head_repository: Repository | None  # none of a fork that is deleted
    html_url: str
    display_title: str
    created_at: str
    run_started_at: str  # when it was last tried


class Artifact(TypedDict):
    id: int
    expired: bool


class File(TypedDict):
    filename: str
    previous_filename: NotRequired[str]


class Comparison(TypedDict):
    """From one commit to another: whether the second is ahead, and the files that differ."""

    status: str
    files: list[File]


class Parent(TypedDict):
    sha: str


class Commit(TypedDict):
    parents: list[Parent]


class Named(TypedDict):
    name: str


class Approval(TypedDict):
    """What somebody said of a run that waited for environments."""

    state: str
    user: User
    environments: list[Named]


class Reviewed(TypedDict):
    """What somebody said of a pull request."""

    user: User | None
    state: str
    commit_id: str | None


class Post(TypedDict):
    """An issue, or a comment."""

    id: int
    number: int  # of an issue
    user: User | None
    body: str | None
    html_url: str


class Refused(UserError):
    """GitHub answers with a status that is no success."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


def variable(name: str) -> str:
    """A variable that GitHub Actions sets."""
    if value := os.environ.get(name):
        return value
    raise UserError(f"{name} is not set: GitHub Actions sets it, elsewhere set it by hand")


def repository() -> str:
    return variable("GITHUB_REPOSITORY")


def pulls_of(commit: str) -> list[Pull]:
    """The pull requests that a commit belongs to."""
    return ask("GET", f"commits/{commit}/pulls")


def files_of(pull: int) -> Iterator[File]:
    """What a pull request changes."""
    return pages(f"pulls/{pull}/files?")


def names_of(files: Iterable[File]) -> set[str]:
    """What changed files are called, and were."""
    return {name for it in files for name in (it["filename"], it.get("previous_filename")) if name}


def events_of(issue: int) -> Iterator[Event]:
    """What became of an issue or a pull request, the oldest first: its labels, and much else."""
    return pages(f"issues/{issue}/timeline?")


def runs_of(workflow: str, commit: str) -> list[Run]:
    """What a workflow's runs for the head of pull requests came to, the newest first."""
    query = f"event=pull_request&head_sha={commit}&per_page={PAGE}"
    return ask("GET", f"actions/workflows/{workflow}/runs?{query}")["workflow_runs"]


def waiting(workflow: str) -> list[Run]:
    """A workflow's runs that wait for somebody's approval."""
    return ask("GET", f"actions/workflows/{workflow}/runs?status=waiting&per_page={PAGE}")["workflow_runs"]


def waits_for(run_id: int) -> list[str]:
    """The environments whose approval a run waits for, now."""
    return [it["environment"]["name"] for it in ask("GET", f"actions/runs/{run_id}/pending_deployments")]


def cancel(run_id: int) -> bool:
    """Whether it was there to be cancelled: GitHub answers with 409 of a run that has ended."""
    try:
        send("POST", f"actions/runs/{run_id}/cancel")
    except Refused as refused:
        if refused.status == 409:
            return False
        raise
    return True


def compare(base: str, head: str) -> Comparison:
    return ask("GET", f"compare/{base}...{head}")


def commit(sha: str) -> Commit:
    return ask("GET", f"commits/{sha}")


def run(number: str) -> Run:
    return ask("GET", f"actions/runs/{number}")


def artifacts(run_id: int, name: str) -> list[Artifact]:
    return ask("GET", f"actions/runs/{run_id}/artifacts?name={name}&per_page={PAGE}")["artifacts"]


def download(artifact_id: int) -> bytes:
    """An artefact's zip."""
    return send("GET", f"actions/artifacts/{artifact_id}/zip")


def approvals(run_id: str) -> list[Approval]:
    return ask("GET", f"actions/runs/{run_id}/approvals")


def reviews(pull: int) -> Iterator[Reviewed]:
    return pages(f"pulls/{pull}/reviews?")


def comments(issue: int) -> Iterator[Post]:
    """The comments of an issue or of a pull request."""
    return pages(f"issues/{issue}/comments?")


def open_issues() -> Iterator[Post]:
    return pages("issues?state=open&")


def commits_of(pull: int) -> Iterator[Parent]:
    return pages(f"pulls/{pull}/commits?")


def open_pulls() -> Iterator[Pull]:
    """Those that ask to be merged into main."""
    return pages(f"pulls?state=open&base={MAIN}&")


def is_ours(post: Post, mark: str) -> bool:
    """Whether a workflow wrote this comment or issue, and began it with this mark, which readers do not see."""
    author = post["user"]
    return author is not None and author["type"] == "Bot" and (post["body"] or "").startswith(mark.strip())


def pages(path: str) -> Iterator[Any]:
    number = 1
    while found := ask("GET", f"{path}per_page={PAGE}&page={number}"):
        yield from found
        number += 1


def find(path: str) -> Any:
    """What is there; None if nothing is."""
    try:
        return ask("GET", path)
    except Refused as refused:
        if refused.status == 404:
            return None
        raise


def ask(method: str, path: str, body: Json | None = None) -> Any:
    return json.loads(send(method, path, body))


def send(method: str, path: str, body: Json | None = None) -> bytes:
    """One request to the repository's part of the API, or with a path from / to any; the answer's bytes."""
    place = path if path.startswith("/") else f"/repos/{repository()}/{path}"
    url = f"{os.environ.get('GITHUB_API_URL', API_URL)}{place}"
    request = urllib.request.Request(  # noqa: S310 GitHub's address, from GitHub
        url,
        method=method,
        data=json.dumps(body).encode() if body else None,
        headers={"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"},
    )
    # An artefact lies with another host, which must not learn the token.
    request.add_unredirected_header("Authorization", f"Bearer {variable('GITHUB_TOKEN')}")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            return answer.read()
    except urllib.error.HTTPError as error:
        said = f"GitHub answers {method} {url} with status {error.code}: {why(error)}"
        raise Refused(said, error.code) from error
    except OSError as error:
        raise UserError(f"GitHub does not answer {method} {url}: {error}") from error


def why(error: urllib.error.HTTPError) -> str:
    """What GitHub says is wrong, where it says so."""
    try:
        return json.loads(error.read())["message"]
    except (ValueError, KeyError, TypeError):
        return str(error.reason)
