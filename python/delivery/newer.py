"""Refuse to deploy what is older than what main asks for: `python -m delivery.newer ENV`, in GitHub Actions.

A run may have waited for its approval, or was tried again, while more was merged. To apply it then would take back what
has gone live since. A newer commit that changes nothing of what is deployed does not count.
"""

from core import arguments, environment
from core.console import UserError, out, run
from delivery import github, parts
from delivery.github import MAIN, Comparison
from operations import steps


def refusal(env: str, commit: str, since: Comparison) -> str | None:
    """Why this commit must not be deployed, given what main has become since; None if it may be."""
    if since["status"] not in ("identical", "ahead"):
        return f"commit {commit} is not on {MAIN}, and nothing else is deployed: merge it first"
    changed = parts.touched(since, env)
    if not changed:
        return None
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    return (
        f"{MAIN} has a newer commit than {commit[:12]}, which changes {changed[0]}{more}: this deployment of {env} "
        f"would take that back. Let the newer one's run deploy both; if it was refused, run ci on {MAIN} and deploy "
        f"with the number of that run"
    )


@steps.noted("newer")
def main() -> None:
    env = arguments.read_env("delivery.newer", __doc__)
    environment.check(env)
    commit = github.variable("GITHUB_SHA")
    if why := refusal(env, commit, github.compare(commit, MAIN)):
        raise UserError(why)
    out.print(f"{MAIN} has nothing newer for {env} than {commit[:12]}")


if __name__ == "__main__":
    run(main)
