"""What retrain.yml rests on at GitHub: two environments that main alone may use, one's role, and the other's app.

What trains runs models' code, so it has no key of the app: that lies in an environment of its own.

One environment is retrained, the one that drivers use: prod, unless the repository's variable RETRAIN_ENV names
another; `none` switches it off, and then nothing is asked for.
"""

from delivery import github, github_environment, github_repository
from delivery.checklist import Point

TRAINS, PROPOSES = "retrain", "propose"  # GitHub's environments
NOWHERE = "none"  # instead of an environment
USUAL = "prod"
APP, KEY = "PROPOSE_APP", "PROPOSE_APP_KEY"
MAKE_APP = (
    "make a GitHub App with write access to contents and pull requests, without a webhook, and install it in this "
    "repository alone (docs/retrain.md)"
)


def is_here(env: str) -> bool:
    return (github_repository.value_of("actions/variables", "RETRAIN_ENV") or USUAL) == env


def points(env: str, arns: dict[str, str]) -> list[Point]:
    if not is_here(env):
        return []
    role = f"without it retrain cannot become {env}'s role, and nothing is trained by itself"
    place = f"environments/{PROPOSES}"
    return [
        *github_environment.points(TRAINS, []),
        github_repository.variable(
            f"environments/{TRAINS}/variables", "RETRAIN_ROLE", arns.get("retrain"), role
        ),
        *github_environment.points(PROPOSES, []),
        Point(
            f"variable of environment {PROPOSES}: {APP}",
            None if github_repository.value_of(f"{place}/variables", APP) else "it is not set",
            "what a workflow's own token proposes starts no checks, and could not be merged",
            advice=f"{MAKE_APP}; then: gh variable set {APP} --env {PROPOSES} --body <its client id>",
        ),
        Point(
            f"secret of environment {PROPOSES}: {KEY}",
            None if github.find(f"{place}/secrets/{KEY}") else "it is not set",
            "without its key nobody can speak as the app",
            advice=f"gh secret set {KEY} --env {PROPOSES} < <the app's private key>",
        ),
    ]
