"""Is an environment's delivery set up so that nobody gets around a review? `python -m delivery.doctor ENV [--yes]`.

A checklist of GitHub's settings and of AWS's side: what is missing, why it matters, and the command that sets it. At a
terminal it offers to send each request, with --yes it sends all, otherwise it only prints. The status is 1 if something
is missing. GITHUB_TOKEN is a repository administrator's, as `gh auth token` prints it.
"""

import os
import re
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from core import arguments, environment
from core.console import UserError, out, run
from delivery import account, branch_rules, checklist, github_environment, github_repository, retraining
from delivery.checklist import Point
from operations import roles, terraform


def examine(env: str, repository: str, reviewers: list[str]) -> list[Point]:
    """Everything, as it is now."""
    if env == "local":
        return ask("AWS", lambda: account.points(env, f"repo:{repository}"))
    arns: dict[str, str] = {}
    found = ask("AWS: the roles can be read", lambda: arns.update(account.arns(env)) or [])
    if "GITHUB_TOKEN" not in os.environ:
        found.append(
            Point(
                "GitHub: its settings can be read",
                "GITHUB_TOKEN is not set",
                "without them nobody knows whether anybody is made to review",
                advice=f"as an administrator of the repository: GITHUB_TOKEN=$(gh auth token) make doctor ENV={env}",
            )
        )
    else:
        region = terraform.setting(env, "region") or github_repository.DEFAULT_REGION
        found += ask("GitHub: the rules of main", branch_rules.points)
        found += ask("GitHub: code owners", github_repository.owners)
        found += ask("GitHub: the environment", lambda: github_environment.points(env, reviewers))
        found += ask("GitHub: variables", lambda: github_repository.variables(env, arns, region))
        found += ask("GitHub: what retrains", lambda: retraining.points(env, arns))
        found += ask("GitHub: what workflows may do", github_repository.workflows)
    return found + ask("AWS", lambda: account.points(env, subject_prefix(repository)))


def ask(what: str, look: Callable[[], list[Point]]) -> list[Point]:
    """The points that a look finds; if it may not look, that is the point."""
    try:
        return look()
    except (BotoCoreError, ClientError, UserError) as error:
        return [Point(what, f"it cannot be looked at: {error}", "what cannot be seen may be missing")]


def subject_prefix(repository: str) -> str:
    """How the subjects of its tokens begin: by GitHub's word, else by the name that make bootstrap takes."""
    said = github_repository.subject_prefix() if "GITHUB_TOKEN" in os.environ else None
    return said or f"repo:{repository}"


def main() -> int:
    parser = arguments.Parser(prog="delivery.doctor")
    parser.add_argument("env")
    parser.add_argument("--yes", action="store_true", help="set whatever a request can set, without asking")
    parser.add_argument(
        "--reviewers", default="", help="who agrees to deployments of prod: LOGIN,ORGANIZATION/TEAM"
    )
    options = parser.parse_args()
    environment.check(options.env)
    repository = roles.repository(options.env)
    if options.env == "local":
        out.print("nothing of GitHub's belongs to local: this is its side in the local cloud")
    else:
        # A laptop may have no such variable, and in the name that make bootstrap takes there may be numbers.
        os.environ["GITHUB_REPOSITORY"] = re.sub(r"@\d+", "", repository)
    reviewers = [name for name in options.reviewers.split(",") if name]
    found = examine(options.env, repository, reviewers)
    checklist.show(found)
    if checklist.offer(found, options.yes):
        found = examine(options.env, repository, reviewers)
        checklist.show(checklist.missing(found))
    left = len(checklist.missing(found))
    out.print(f"{options.env}: {left or 'nothing'} missing, of {len(found)} points")
    return 1 if left else 0


if __name__ == "__main__":
    run(main)
