"""Has somebody changed an environment by hand? `python -m delivery.by_hand ENV`; the status is 2 if so, 0 if not.

In GitHub Actions one issue says so. It is opened, kept up to date, and closed when the drift is gone.
"""

import os
import subprocess
import sys

from core import arguments, environment
from core.console import out, run
from core.job_log import in_log
from delivery import github, limit, plan, review

DRIFT = 2  # as Terraform's -detailed-exitcode


def look(env: str) -> int:
    """Plan what would bring the environment back to what it should be; the status is Terraform's."""
    steps = (["init"], ["plan", "-input=false", "-detailed-exitcode", f"-out={plan.path(env)}"])
    for step in steps:
        status = subprocess.run([sys.executable, "-m", "operations.terraform", env, *step]).returncode
        if status not in (0, DRIFT):
            sys.exit(1)  # it has said why
    return status


def mark(env: str) -> str:
    return f"<!-- scones-unlimited: drift of {env} -->\n"


def issue_of(env: str) -> github.Post | None:
    """The open issue about this environment, as this command left it."""
    return next((issue for issue in github.open_issues() if github.is_ours(issue, mark(env))), None)


def tell(env: str, text: str) -> None:
    """Open the issue, or bring it up to date."""
    said = {"title": f"{env} is not what it should be", "body": limit.cut(mark(env) + text)}
    issue = issue_of(env)
    told = github.ask(*(("PATCH", f"issues/{issue['number']}") if issue else ("POST", "issues")), said)
    out.print(f"told in {told['html_url']}")


def close(env: str) -> None:
    """Close the issue, if there is one: the drift is gone."""
    if issue := issue_of(env):
        place = f"issues/{issue['number']}"
        github.ask("POST", f"{place}/comments", {"body": f"{env} is what it should be again."})
        github.ask("PATCH", place, {"state": "closed", "state_reason": "completed"})
        out.print(f"closed {issue['html_url']}")


def main() -> int:
    env = arguments.read_env("delivery.by_hand", __doc__)
    environment.check(env)
    in_github = "GITHUB_TOKEN" in os.environ
    if look(env) == 0:
        out.print(f"{env} is what it should be")
        if in_github:
            close(env)
        return 0
    text = review.write(review.make(env))
    print(in_log(text))
    if in_github:
        tell(env, text)
    return DRIFT


if __name__ == "__main__":
    run(main)
