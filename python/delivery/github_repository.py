"""The repository's own settings: the variables that workflows read, what workflows may do, whose review files need."""

import re
from pathlib import Path

from delivery import github
from delivery.checklist import Point, Request, request

CODEOWNERS = Path(".github/CODEOWNERS")
DEFAULT_REGION = "us-east-1"  # that workflows take where no variable says otherwise
PERMISSIONS = {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": False}


def variables(env: str, arns: dict[str, str], region: str) -> list[Point]:
    """The variables by which the workflows find the environment's roles and its region."""
    plan, own = plan_role(env), f"environments/{env}/variables"
    result = [
        variable(
            "actions/variables", plan, arns.get("plan"), "without it ci cannot plan, and nothing is reviewed"
        ),
        variable(own, "APPLY_ROLE", arns.get("apply"), f"without it deploy cannot become {env}'s role"),
    ]
    set_to = value_of("actions/variables", "AWS_REGION")
    if region != (set_to or DEFAULT_REGION):
        why = f"the workflows would look for {env} in {set_to or DEFAULT_REGION}"
        result.append(variable("actions/variables", "AWS_REGION", region, why))
    return result


def plan_role(env: str) -> str:
    """The variable that names the role by which an environment is planned."""
    return f"PLAN_ROLE_{env.upper()}"


def variable(place: str, name: str, wanted: str | None, why: str) -> Point:
    """`wanted` is None if AWS does not say what it should be."""
    where = "the repository" if place.startswith("actions") else f"environment {place.split('/')[1]}"
    what, now = f"variable of {where}: {name}", value_of(place, name)
    if wanted is None:
        found = None if now else "it is not set"
        return Point(what, found, why, advice="make the roles by make bootstrap, which says their names")
    if now == wanted:
        return Point(what, None, why)
    return Point(
        what, f"it is {now}" if now else "it is not set", why, (set_variable(place, name, wanted, now),)
    )


def value_of(place: str, name: str) -> str | None:
    found = github.find(f"{place}/{name}")
    return found["value"] if found else None


def set_variable(place: str, name: str, value: str, now: str | None) -> Request:
    body = {"name": name, "value": value}
    return request("PATCH", f"{place}/{name}", body) if now else request("POST", place, body)


def workflows() -> list[Point]:
    """What a workflow's token may do where the workflow does not say so, and what tokens for AWS call it."""
    may = github.ask("GET", "actions/permissions/workflow")
    wrong = [f"{name} is {may[name]}" for name, value in PERMISSIONS.items() if may[name] != value]
    subject = github.ask("GET", "actions/oidc/customization/sub")
    custom = not subject["use_default"] and subject.get("include_claim_keys")
    return [
        Point(
            "workflows: may read unless they say more, and approve no pull request",
            ", ".join(wrong).lower() or None,
            "a workflow in a pull request could approve that pull request, and write to the repository",
            (request("PUT", "actions/permissions/workflow", PERMISSIONS),),
        ),
        Point(
            "workflows: their tokens have GitHub's own subject",
            f"it is made of {', '.join(custom)}" if custom else None,
            "the roles trust the subject that names the repository and the environment, and no other",
            (request("PUT", "actions/oidc/customization/sub", {"use_default": True}),),
        ),
    ]


def subject_prefix() -> str | None:
    """How the repository's tokens begin their subject, where GitHub says so."""
    return github.ask("GET", "actions/oidc/customization/sub").get("sub_claim_prefix")


def owners() -> list[Point]:
    """Whether CODEOWNERS names somebody, and only those who exist."""
    text = CODEOWNERS.read_text() if CODEOWNERS.is_file() else ""
    if not named(text):
        found = f"{CODEOWNERS} names nobody"
    else:
        answer = github.find("codeowners/errors")
        wrong = [
            f"{it['kind']}: {(it.get('source') or '').strip()}" for it in (answer or {}).get("errors", [])
        ]
        found = "; ".join(wrong) if answer else f"there is no {CODEOWNERS} on the default branch"
    return [
        Point(
            "code owners: they are people or teams of GitHub's who may write here",
            found or None,
            "the rule that asks for their review asks nobody where nobody is named",
            advice=f"name them in {CODEOWNERS}, by a pull request",
        )
    ]


def named(text: str) -> list[str]:
    """The owners in the file: @login, @organization/team or an address."""
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    return [word for line in lines for word in line[1:] if re.search("@", word)]
