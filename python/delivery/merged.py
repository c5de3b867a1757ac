"""The pull request that was merged as a commit of main: what it changed, and what it was when people agreed to it."""

from core.console import UserError
from delivery import github, planners
from delivery.github import MAIN, Pull

BY_HAND = f"run ci on {MAIN}, read its plans, then deploy with the number of that run"


class NotPlanned(UserError):
    """Nobody could review a plan that counts, and nobody did anything wrong."""


def find(commit: str) -> Pull:
    """The pull request that was merged as this commit."""
    found = [
        pull for pull in github.pulls_of(commit) if pull["merged_at"] and pull["merge_commit_sha"] == commit
    ]
    for pull in found:
        if pull["base"]["ref"] == MAIN:
            return pull
    for pull in found:
        raise UserError(
            f"pull request {pull['number']} was one for {pull['base']['ref']}, not for {MAIN}: {BY_HAND}"
        )
    raise NotPlanned(f"no pull request was merged as commit {commit}, so no plan was reviewed: {BY_HAND}")


def check_planners(pull: Pull) -> None:
    """Refuse one that changes how plans are made: its own was made that way, before anybody had agreed to it."""
    if changed := planners.changed(github.files_of(pull["number"])):
        raise NotPlanned(
            f"pull request {pull['number']} changes {changed[0]}, by which its own plan was made: {BY_HAND}"
        )
