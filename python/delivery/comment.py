"""Show a plan to its reviewers: `python -m delivery.comment ENV`, in GitHub Actions.

build/plans/ENV/review.md goes into the job summary, and into one comment of the pull request, if there is one: the
comment is found again by a mark that readers do not see, and updated.
"""

from core import arguments, environment
from core.console import UserError, out, run
from delivery import event, github, limit, review


def mark(env: str) -> str:
    return f"<!-- scones-unlimited: the plan for {env} -->\n"


def into_pull_request(number: int, env: str, text: str) -> None:
    """Update the comment that is there from last time, or write the first one."""
    body = {"body": limit.cut(mark(env) + text)}
    ours = (
        f"issues/comments/{comment['id']}"
        for comment in github.comments(number)
        if github.is_ours(comment, mark(env))
    )
    if place := next(ours, None):
        written = github.ask("PATCH", place, body)
    else:
        written = github.ask("POST", f"issues/{number}/comments", body)
    out.print(f"the plan is in {written['html_url']}")


def main() -> None:
    env = arguments.read_env("delivery.comment", __doc__)
    environment.check(env)
    event.refuse_fork()
    path = review.PLANS / env / "review.md"
    if not path.is_file():
        raise UserError(f"there is no {path}: make it with make plan ENV={env}")
    event.add("GITHUB_STEP_SUMMARY", limit.cut(path.read_text(), limit.SUMMARY))
    if pull := event.read().get("pull_request"):
        into_pull_request(pull["number"], env, path.read_text())


if __name__ == "__main__":
    run(main)
