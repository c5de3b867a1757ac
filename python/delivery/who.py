"""Who asked for a deployment and who agreed to it: as GitHub knows it of this run, or whose keys a laptop has."""

import os
from collections.abc import Iterator

import boto3

from core.contract.shapes import Json
from delivery import github
from delivery.github import Approval, Pull, Reviewed
from delivery.merged import NotPlanned, find

DECIDING = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")  # a comment takes no approval back


def in_actions() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


def asked() -> Json:
    """Who started it: whose keys they are, and in GitHub Actions who started the run, and where its log is."""
    caller = boto3.client("sts").get_caller_identity()["Arn"]
    if not in_actions():
        return {"actor": caller.rpartition("/")[2], "caller": caller}
    actor = os.environ.get("GITHUB_TRIGGERING_ACTOR") or github.variable("GITHUB_ACTOR")
    server, run = github.variable("GITHUB_SERVER_URL"), github.variable("GITHUB_RUN_ID")
    return {"actor": actor, "caller": caller, "log": f"{server}/{github.repository()}/actions/runs/{run}"}


def merged() -> Pull | None:
    """The pull request that was merged as what this run deploys, if there was one."""
    try:
        return find(github.variable("GITHUB_SHA"))
    except NotPlanned:
        return None


def agreed(env: str, pull: Pull | None) -> list[Json]:
    """Whoever let this run deploy, and whoever approved of the pull request."""
    found = list(_of_environment(env, github.approvals(github.variable("GITHUB_RUN_ID"))))
    return found + list(_of_pull(pull, github.reviews(pull["number"]))) if pull else found


def _of_environment(env: str, approvals: list[Approval]) -> Iterator[Json]:
    for it in approvals:
        if it["state"] == "approved" and env in [named["name"] for named in it["environments"]]:
            yield {"who": it["user"]["login"], "to": f"the environment {env}", "commit": None}


def _of_pull(pull: Pull, reviews: Iterator[Reviewed]) -> Iterator[Json]:
    """Those whose last word is an approval, and of which commit; GitHub gives the oldest first."""
    last = {it["user"]["login"]: it for it in reviews if it["user"] and it["state"] in DECIDING}
    for who, it in last.items():
        if it["state"] == "APPROVED":
            yield {"who": who, "to": f"pull request {pull['number']}", "commit": it["commit_id"]}
