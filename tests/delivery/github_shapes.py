"""What GitHub says of a pull request that was merged, of the run of ci that planned it, and of what a run has made."""

from typing import Any

from tests.delivery.conftest import REPOSITORY

OURS = {"full_name": REPOSITORY}
WHERE = f"https://github.com/{REPOSITORY}"


def pull(commit: str, head: str) -> dict[str, Any]:
    """Number 7, which was merged as this commit."""
    return {
        "number": 7,
        "merged_at": "2026-03-02T12:00:00Z",
        "merge_commit_sha": commit,
        "head": {"sha": head, "repo": OURS},
        "base": {"ref": "main"},
    }


def run(head: str) -> dict[str, Any]:
    """Number 30, of ci for that pull request."""
    return {
        "id": 30,
        "path": ".github/workflows/ci.yml",
        "event": "pull_request",
        "status": "completed",
        "conclusion": "success",
        "head_branch": "better",
        "head_sha": head,
        "head_repository": OURS,
        "html_url": "https://github.com/the-run",
        "display_title": "7/merge: Better",
        "created_at": "2026-03-02T11:00:00Z",
        "run_started_at": "2026-03-02T11:00:00Z",
    }


def certificate(signer: str, caller: str, ref: str, trigger: str, run_id: int, commit: str) -> dict[str, str]:
    """By which GitHub attests that a run of these workflows has made a file."""
    return {
        "buildConfigURI": f"{WHERE}/.github/workflows/{caller}@{ref}",
        "buildSignerURI": f"{WHERE}/.github/workflows/{signer}@{ref}",
        "buildTrigger": trigger,
        "runInvocationURI": f"{WHERE}/actions/runs/{run_id}/attempts/1",
        "runnerEnvironment": "github-hosted",
        "sourceRepositoryDigest": commit,
        "sourceRepositoryRef": ref,
        "sourceRepositoryURI": WHERE,
    }
