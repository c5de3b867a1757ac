"""Is anybody made to review what reaches `main`? The rules that GitHub holds its pushes to, and the ruleset that asks
for all of them.

A rule that somebody may go round is taken for none, and so is one of which that cannot be seen. Rulesets add up, so
that ours may stand beside others, and what ours asks for beyond this is kept.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from core.contract.shapes import Json
from delivery import github
from delivery.checklist import Point, Request, request
from delivery.github import MAIN

NAME = "What main takes"
# The jobs of ci.yml that every pull request and merge queue runs. None has a condition or needs another: GitHub takes a
# job that was skipped for passed. Plans, of which a matrix makes several, are skipped as one that has none of their
# names, and those would be waited for without end; a plan that was not made is refused by deploy.
CHECKS = ("lint and test", "demo on a bare Debian 12")
ACTIONS = 15368  # the app by which GitHub Actions report: a check of that name by anybody else does not count
PULL_REQUEST = {
    "required_approving_review_count": 1,
    "dismiss_stale_reviews_on_push": True,
    "require_code_owner_review": True,
    "require_last_push_approval": True,
    "required_review_thread_resolution": False,
}
STATUS_CHECKS = {
    "strict_required_status_checks_policy": True,
    "required_status_checks": [{"context": name, "integration_id": ACTIONS} for name in CHECKS],
}
RULES: dict[str, Json] = {
    "deletion": {},
    "non_fast_forward": {},
    "pull_request": PULL_REQUEST,
    "required_status_checks": STATUS_CHECKS,
}


@dataclass(frozen=True)
class Wish:
    what: str
    kind: str
    holds: Callable[[Json], bool]
    why: str


def exists(_: Json) -> bool:
    return True


def demands(parameter: str) -> Callable[[Json], bool]:
    """A yes, or a number of one or more."""
    return lambda it: bool(it[parameter])


def asks_for(check: str) -> Callable[[Json], bool]:
    return lambda it: {"context": check, "integration_id": ACTIONS} in it["required_status_checks"]


WISHES = (
    Wish(
        "changes only by pull request",
        "pull_request",
        exists,
        "what is pushed directly is planned and read by nobody, and the apply role trusts main",
    ),
    Wish(
        "an approval by somebody else",
        "pull_request",
        demands("required_approving_review_count"),
        "whoever writes a change could also merge it, and what is merged is applied",
    ),
    Wish(
        "approvals that end with the next push",
        "pull_request",
        demands("dismiss_stale_reviews_on_push"),
        "a change could be approved, then changed, then merged",
    ),
    Wish(
        "an approval of the last push, by another than who pushed",
        "pull_request",
        demands("require_last_push_approval"),
        "a reviewer could push to somebody's branch and approve it alone",
    ),
    Wish(
        "the review of code owners",
        "pull_request",
        demands("require_code_owner_review"),
        "anybody who may review could let a change of the workflows or of terraform/ pass",
    ),
    *(
        Wish(
            f"the check `{name}` of GitHub Actions",
            "required_status_checks",
            asks_for(name),
            "what fails its tests could be merged; a check of any app could be faked by who may set statuses",
        )
        for name in CHECKS
    ),
    Wish(
        "branches that are up to date when they are merged",
        "required_status_checks",
        demands("strict_required_status_checks_policy"),
        "two changes that pass alone may fail together, and the plan that was read is not the one of both",
    ),
    Wish(
        "no force push",
        "non_fast_forward",
        exists,
        "the history that make rollback reads, and who approved what, could be rewritten",
    ),
    Wish("no deletion", "deletion", exists, "whoever makes main anew is asked by none of its rules"),
)


def points() -> list[Point]:
    rules = github.ask("GET", f"rules/branches/{MAIN}?per_page={github.PAGE}")
    bypassed = {it: may_be_bypassed(it) for it in {rule["ruleset_id"] for rule in rules}}
    binding = [rule for rule in rules if bypassed[rule["ruleset_id"]] is False]
    unseen = [rule for rule in rules if bypassed[rule["ruleset_id"]] is None]
    lacks = [lacking(wish, binding, unseen, rules) for wish in WISHES]
    requests = (set_rules(),) if any(lacks) else ()
    return [
        Point(f"{MAIN}: {wish.what}", found, wish.why, requests if found else ())
        for wish, found in zip(WISHES, lacks, strict=True)
    ]


def holds(wish: Wish, rules: list[Json]) -> bool:
    return any(rule["type"] == wish.kind and wish.holds(rule.get("parameters", {})) for rule in rules)


def lacking(wish: Wish, binding: list[Json], unseen: list[Json], rules: list[Json]) -> str | None:
    """What is the case instead of the wish; None if it is met by rules that bind everybody."""
    if holds(wish, binding):
        return None
    if holds(wish, unseen):
        return "a ruleset asks for it, but whether some may bypass it cannot be seen with this token"
    if holds(wish, rules):
        return "a ruleset asks for it, but some may bypass it"
    if wish.kind in {rule["type"] for rule in binding}:
        return f"the rule {wish.kind} does not ask for it"
    return "no rule asks for it"


def may_be_bypassed(ruleset: int) -> bool | None:
    """Whether somebody may go round a ruleset; None if this token does not see it.

    GitHub says who may to those alone who may change the ruleset, and leaves the field out for others.
    """
    found = github.find(f"rulesets/{ruleset}") or {}
    actors = found.get("bypass_actors")
    return None if actors is None else bool(actors)


def set_rules() -> Request:
    """The request that makes our ruleset, or one that has what is missing in it."""
    ours = next((it for it in repository_rulesets() if it["name"] == NAME), None)
    existing = github.ask("GET", f"rulesets/{ours['id']}")["rules"] if ours else []
    body = {
        "name": NAME,
        "target": "branch",
        "enforcement": "active",
        "bypass_actors": [],
        "conditions": {"ref_name": {"include": [f"refs/heads/{MAIN}"], "exclude": []}},
        "rules": add(existing),
    }
    return request(*(("PUT", f"rulesets/{ours['id']}") if ours else ("POST", "rulesets")), body)


def repository_rulesets() -> Iterator[Json]:
    """The repository's own: those of its organization are not ours to change."""
    yield from github.ask("GET", f"rulesets?includes_parents=false&per_page={github.PAGE}")


def add(existing: list[Json]) -> list[Json]:
    """These rules and ours: where both ask for something, what asks for more."""
    rules = {rule["type"]: dict(rule.get("parameters", {})) for rule in existing}
    for kind, wanted in RULES.items():
        parameters = rules.setdefault(kind, {})
        for name, value in wanted.items():
            parameters[name] = stricter(parameters.get(name), value)
    return [{"type": kind, **({"parameters": it} if it else {})} for kind, it in sorted(rules.items())]


def stricter(one: Any, other: Any) -> Any:
    """The larger number, what either demands, the checks of both."""
    if one is None:
        return other
    if isinstance(other, list):
        return [*(it for it in one if it["context"] not in CHECKS), *other]
    return max(one, other)
