"""The pull request that was merged as a commit of main: what it changed, and what it was when people agreed to it."""

from core.console import UserError
from delivery import github, planners
from delivery.github import MAIN, Pull

BY_HAND = f"run ci on {MAIN}, read its plans, then deploy with the number of that run"


class NotPlanned(UserError):
    """Nobody could review a plan that counts, and nobody did anything wrong."""


def find(commit: str) -> Pull:
    """The pull request that was merged into main as this commit."""
    found = [
        pull for pull in github.pulls_of(commit) if pull["merged_at"] and pull["merge_commit_sha"] == commit
    ]
    for pull in found:
        if pull["base"]["ref"] == MAIN:
            return pull
    for pull in found:
        raise NotPlanned(
            f"pull request {pull['number']} was one for {pull['base']['ref']}, not for {MAIN}: {BY_HAND}"
        )
    raise NotPlanned(f"no pull request was merged as commit {commit}, so no plan was reviewed: {BY_HAND}")


def find_labels(pull: Pull) -> set[str]:
    """The labels that it had when it was merged: who may triage sets others afterwards, and nobody agrees to those."""
    names: set[str] = set()
    for event in github.events_of(pull["number"]):
        if event["event"] not in ("labeled", "unlabeled"):
            continue
        if event["created_at"] > (pull["merged_at"] or ""):  # as GitHub writes times, they sort as texts
            continue
        change = names.add if event["event"] == "labeled" else names.discard
        change(event["label"]["name"])
    return names


def check_planners(pull: Pull) -> None:
    """Refuse one that changes how plans are made: its own was made that way, before anybody had agreed to it."""
    if changed := planners.changed(github.files_of(pull["number"])):
        raise NotPlanned(
            f"pull request {pull['number']} changes {changed[0]}, by which its own plan was made or judged: {BY_HAND}"
        )


def check_labels(allowed: set[str], commit: str) -> None:
    """Refuse what labels allowed that the pull request, merged as this commit, did not have."""
    if not allowed:
        return
    pull = find(commit)
    if added := sorted(allowed - find_labels(pull)):
        raise UserError(
            f"the plan was allowed by the label {added[0]}, which pull request {pull['number']} did not have when it "
            f"was merged: {BY_HAND}"
        )
