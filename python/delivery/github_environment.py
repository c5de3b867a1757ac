"""GitHub's environment of the same name: which branches deploy to it, and who has to agree.

A request keeps what is set beyond this: the wait, and who reviews already. Who else reviews nobody can guess: they are
named, people by their login and teams as organization/team.
"""

from core.console import UserError
from core.contract.shapes import Json
from delivery import github
from delivery.checklist import Point, Request, request
from delivery.github import MAIN

REVIEWED = ("prod",)
ONLY_MAIN = {"name": MAIN, "type": "branch"}
CUSTOM = {"protected_branches": False, "custom_branch_policies": True}


def points(env: str, reviewers: list[str]) -> list[Point]:
    found = github.find(f"environments/{env}")
    policies = read_policies(env) if found else []
    asked = find_reviews(found or {})
    people = [{"type": it["type"], "id": it["reviewer"]["id"]} for it in asked.get("reviewers", [])]
    people += [it for it in map(identify, reviewers) if it not in people]
    put = request("PUT", f"environments/{env}", settings(env, found or {}, people))
    result = [
        Point(
            f"environment {env}: takes deployments from {MAIN} alone",
            wrong_branches(found, policies),
            "a workflow of any other branch could run in it, with nobody's review",
            (put, *set_policies(env, policies)),
        )
    ]
    if env in REVIEWED:
        result.append(
            Point(
                f"environment {env}: waits for a reviewer, who is not the one who started it",
                wrong_reviews(asked),
                f"what is merged would go live in {env} without anybody's saying so",
                (put,) if people else (),
                ""
                if people
                else f"say who: make doctor ENV={env} ARGS='--yes --reviewers LOGIN,ORGANIZATION/TEAM'",
            )
        )
    return result


def read_policies(env: str) -> list[Json]:
    found = github.ask("GET", f"environments/{env}/deployment-branch-policies?per_page={github.PAGE}")
    return found["branch_policies"]


def find_reviews(found: Json) -> Json:
    rules = found.get("protection_rules", [])
    return next((rule for rule in rules if rule["type"] == "required_reviewers"), {})


def wrong_branches(found: Json | None, policies: list[Json]) -> str | None:
    if found is None:
        return "there is no such environment"
    if found.get("deployment_branch_policy") is None:
        return "it takes them from every branch"
    if found["deployment_branch_policy"] != CUSTOM:
        return "it takes them from every protected branch"
    if [plain(it) for it in policies] == [ONLY_MAIN]:
        return None
    return f"it takes them from {', '.join(it['name'] for it in policies) or 'none'}"


def wrong_reviews(asked: Json) -> str | None:
    if not asked.get("reviewers"):
        return "nobody has to agree"
    return None if asked.get("prevent_self_review") else "whoever starts a deployment may agree to it"


def plain(policy: Json) -> Json:
    return {"name": policy["name"], "type": policy.get("type", "branch")}


def settings(env: str, found: Json, people: list[Json]) -> Json:
    """What the environment should be, with what it has already."""
    rules = found.get("protection_rules", [])
    itself = env in REVIEWED or bool(find_reviews(found).get("prevent_self_review"))
    return {
        "wait_timer": next((rule["wait_timer"] for rule in rules if rule["type"] == "wait_timer"), 0),
        "prevent_self_review": itself,
        "reviewers": people,
        "deployment_branch_policy": CUSTOM,
    }


def set_policies(env: str, policies: list[Json]) -> list[Request]:
    """The requests after which main is the one branch."""
    place = f"environments/{env}/deployment-branch-policies"
    needed = [] if ONLY_MAIN in map(plain, policies) else [request("POST", place, ONLY_MAIN)]
    return needed + [request("DELETE", f"{place}/{it['id']}") for it in policies if plain(it) != ONLY_MAIN]


def identify(name: str) -> Json:
    """A reviewer by number, as GitHub wants them."""
    organization, _, team = name.rpartition("/")
    found = github.find(f"/orgs/{organization}/teams/{team}" if organization else f"/users/{name}")
    if found is None:
        raise UserError(f"GitHub knows no {name}: name people by login, teams as organization/team")
    return {"type": "Team" if organization else "User", "id": found["id"]}
