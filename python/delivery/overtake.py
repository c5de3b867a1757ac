"""Cancel older deployments that wait for an approval: `python -m delivery.overtake`, in GitHub Actions.

Nobody has to answer for them first: this run brings what they would have brought, and `delivery.newer` would refuse
them now. So a way back does not stand behind what it takes back. What is being applied is left alone, and so is what
waits for an environment that this run does not change.
"""

from core import arguments
from core.console import out, run
from delivery import github, parts
from delivery.github import MAIN, Comparison, Run

WORKFLOW = "deploy.yml"


def is_overtaken(waiting: Run, own: int, since: Comparison, env: str) -> bool:
    """Whether this run, which is `since` ahead of the one that waits, takes that one's place."""
    if waiting["id"] >= own or waiting["head_branch"] != MAIN:
        return False
    return since["status"] == "identical" or (since["status"] == "ahead" and bool(parts.touched(since, env)))


def main() -> None:
    arguments.read_none("delivery.overtake", __doc__)
    own, commit = int(github.variable("GITHUB_RUN_ID")), github.variable("GITHUB_SHA")
    for waiting in github.waiting(WORKFLOW):
        since = github.compare(waiting["head_sha"], commit)
        # Asked last: somebody may have agreed since the runs were listed.
        if not any(is_overtaken(waiting, own, since, env) for env in github.waits_for(waiting["id"])):
            continue
        became = (
            "waited for an approval and is cancelled" if github.cancel(waiting["id"]) else "waits no longer"
        )
        out.print(f"run {waiting['id']} {became}: {waiting['html_url']}")


if __name__ == "__main__":
    run(main)
