"""A repository on GitHub that has settings: it answers what has been set, and forgets nothing.

Each request and each answer is held against GitHub's own schema, where that is installed. Rules come into force when
their ruleset is made, as on GitHub; who may do what is not looked at.
"""

from typing import Any

from tests.delivery.conftest import REPOSITORY, GitHub
from tests.oracles import github_requests, github_schemas

NOTHING = ""
WHEN = {"created_at": "2026-11-02T12:00:00Z", "updated_at": "2026-11-02T12:00:00Z"}
KEPT_OF_A_RULESET = ("name", "target", "enforcement", "bypass_actors", "conditions", "rules")


class Settings(dict):
    """In the place of a GitHub's answers: made up from what was set."""

    def __init__(self, github: GitHub) -> None:
        super().__init__()
        self.github = github
        self.faults: list[str] = []
        self.rulesets: dict[int, dict[str, Any]] = {}
        self.environments: dict[str, dict[str, Any]] = {}
        self.branches: dict[str, list[dict[str, Any]]] = {}
        self.variables: dict[str, dict[str, str]] = {}
        self.secrets: dict[str, set[str]] = {}  # their names, by the place
        self.permissions = {"default_workflow_permissions": "write", "can_approve_pull_request_reviews": True}
        self.subject: dict[str, Any] = {"use_default": True, "sub_claim_prefix": f"repo:{REPOSITORY}"}
        self.owner_errors: list[dict[str, Any]] = []
        self.people = {"/users/octocat": 583231, "/orgs/scones-unlimited/teams/platform": 77}
        self.numbers = iter(range(1, 1000))
        self.unseen = ""  # of the rulesets, by who only reads

    def get(self, key: Any, missing: Any = None) -> Any:
        method, path = key
        body = self.github.asked[-1][2]
        status, answer = self.reply(method, path.partition("?")[0], body) or missing
        self.check(method, path, body, status, answer)
        return status, answer if answer != NOTHING else b""

    def check(self, method: str, path: str, body: Any, status: int, answer: Any) -> None:
        if github_schemas.is_installed():
            place = path if path.startswith("/") else f"/repos/{REPOSITORY}/{path}"
            faults = github_requests.request_faults(method, place, body)
            faults += github_requests.answer_faults(method, place, status, answer)
            self.faults += faults

    def reply(self, method: str, path: str, body: Any) -> tuple[int, Any] | None:
        first, *rest = path.strip("/").split("/")
        if method == "GET" and path in self.people:
            return 200, user(self.people[path]) if first == "users" else team(self.people[path])
        if path == "rules/branches/main":
            return 200, self.rules()
        if first == "rulesets":
            return self.ruleset(method, rest, body)
        if path == "codeowners/errors":
            return 200, {"errors": self.owner_errors}
        if path == "actions/permissions/workflow":
            return self.replace("permissions", method, body)
        if path == "actions/oidc/customization/sub":
            return self.replace("subject", method, body)
        if "variables" in rest:
            return self.variable(method, path, body)
        if "secrets" in rest:
            place, _, name = path.partition("/secrets/")
            return (200, {"name": name, **WHEN}) if name in self.secrets.get(place, ()) else None
        return self.environment(method, rest, body) if first == "environments" else None

    def replace(self, name: str, method: str, body: Any) -> tuple[int, Any]:
        if method == "PUT":
            setattr(self, name, getattr(self, name) | body)
            return (204, NOTHING) if name == "permissions" else (201, {})
        return 200, getattr(self, name)

    def rules(self) -> list[dict[str, Any]]:
        return [
            rule | {"ruleset_id": number, "ruleset_source_type": "Repository", "ruleset_source": REPOSITORY}
            for number, it in self.rulesets.items()
            for rule in it["rules"]
            if it["enforcement"] == "active"
        ]

    def ruleset(self, method: str, rest: list[str], body: Any) -> tuple[int, Any] | None:
        if method == "GET" and not rest and self.unseen == "the ruleset":
            return 200, []  # it is the organization's
        if method == "GET" and not rest:
            return 200, [{k: v for k, v in it.items() if k != "rules"} for it in self.rulesets.values()]
        number = int(rest[0]) if rest else next(self.numbers)
        if method == "GET" and self.unseen == "the ruleset":
            return None
        if method == "GET" and self.unseen == "the field":
            return 200, {k: v for k, v in self.rulesets[number].items() if k != "bypass_actors"}
        if method in ("POST", "PUT"):
            kept = {name: body[name] for name in KEPT_OF_A_RULESET if name in body}
            made = {"id": number, "source": REPOSITORY, "source_type": "Repository", **WHEN}
            self.rulesets[number] = self.rulesets.get(number, made) | kept
        return (201 if method == "POST" else 200), self.rulesets[number]

    def variable(self, method: str, path: str, body: Any) -> tuple[int, Any] | None:
        place, _, name = path.partition("/variables")
        values = self.variables.setdefault(place, {})
        if method == "GET":
            value = values.get(name.strip("/"))
            return (200, {"name": name.strip("/"), "value": value, **WHEN}) if value else None
        if place.startswith("environments/") and place.split("/")[1] not in self.environments:
            return None
        values[body["name"]] = body["value"]
        return (201, {}) if method == "POST" else (204, NOTHING)

    def environment(self, method: str, rest: list[str], body: Any) -> tuple[int, Any] | None:
        name, *more = rest
        if method == "PUT":
            self.environments[name] = made_environment(name, body)
        if name not in self.environments:
            return None
        if not more:
            return 200, self.environments[name]
        policies = self.branches.setdefault(name, [])
        if method == "POST" and body["name"] in {it["name"] for it in policies}:
            return 303, NOTHING
        if method == "POST":
            policies.append({"id": next(self.numbers), "node_id": "MDE2", **body})
            return 200, policies[-1]
        if method == "DELETE":
            policies[:] = [it for it in policies if it["id"] != int(more[1])]
            return 204, NOTHING
        return 200, {"total_count": len(policies), "branch_policies": policies}


def made_environment(name: str, body: dict[str, Any]) -> dict[str, Any]:
    """An environment as GitHub answers it, from what was asked for."""
    rules: list[dict[str, Any]] = [{"id": 3, "node_id": "R1", "type": "branch_policy"}]
    if body.get("wait_timer"):
        rules.append({"id": 1, "node_id": "R2", "type": "wait_timer", "wait_timer": body["wait_timer"]})
    if body.get("reviewers"):
        rules.append(
            {
                "id": 2,
                "node_id": "R3",
                "type": "required_reviewers",
                "prevent_self_review": body["prevent_self_review"],
                "reviewers": [
                    {"type": it["type"], "reviewer": (user if it["type"] == "User" else team)(it["id"])}
                    for it in body["reviewers"]
                ],
            }
        )
    place = f"https://github.com/{REPOSITORY}/environments/{name}"
    known = {"id": 9, "node_id": "E1", "name": name, "url": place, "html_url": place, **WHEN}
    return known | {
        "protection_rules": rules,
        "deployment_branch_policy": body.get("deployment_branch_policy"),
    }


def user(number: int) -> dict[str, Any]:
    """Somebody, with the addresses that GitHub gives for everybody."""
    names = (
        "followers",
        "following",
        "gists",
        "starred",
        "subscriptions",
        "organizations",
        "repos",
        "events",
    )
    places = {f"{name}_url": "https://api.github.com/users/octocat" for name in (*names, "received_events")}
    return {
        "login": "octocat",
        "id": number,
        "node_id": "U1",
        "avatar_url": "https://github.com/images/error/octocat_happy.gif",
        "gravatar_id": "",
        "url": "https://api.github.com/users/octocat",
        "html_url": "https://github.com/octocat",
        "type": "User",
        "site_admin": False,
        "name": None,
        "company": None,
        "blog": None,
        "location": None,
        "email": None,
        "hireable": None,
        "bio": None,
        "public_repos": 2,
        "public_gists": 1,
        "followers": 20,
        "following": 0,
        **places,
        **WHEN,
    }


def team(number: int) -> dict[str, Any]:
    place = "https://api.github.com/teams/1"
    organization = {
        **user(1),
        "login": "scones-unlimited",
        "name": "Scones Unlimited",
        "company": "Scones Unlimited",
        "blog": place,
        "location": "Here",
        "email": "us@example.com",
        "type": "Organization",
        "has_organization_projects": True,
        "has_repository_projects": True,
        "description": None,
        "hooks_url": place,
        "issues_url": place,
        "members_url": place,
        "public_members_url": place,
        "archived_at": None,
    }
    return {
        "id": number,
        "node_id": "T1",
        "url": place,
        "html_url": "https://github.com/orgs/scones-unlimited/teams/platform",
        "name": "Platform",
        "slug": "platform",
        "description": None,
        "privacy": "closed",
        "permission": "push",
        "members_url": place,
        "repositories_url": place,
        "parent": None,
        "type": "organization",
        "members_count": 3,
        "repos_count": 1,
        "organization": organization,
        "organization_id": 1,
        **WHEN,
    }
