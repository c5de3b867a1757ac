"""Each request of a role or a service is decided before moto answers it; an administrator's is not.

`GET /_localcloud/decisions` answers what was decided so far, each decision once, with the statements that allowed it,
those of the boundary apart:

    [{"role": "arn:...", "action": "s3:GetObject", "resource": "arn:...", "allowed": true,
      "by": ["scones/run/3"], "within": ["scones-boundary/UseBucket"]}, ...]
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from moto.core.responses import BaseResponse

from localcloud.access import context, dependents, principals, refusals, resource_policies, role_policies
from localcloud.access.context import Call
from localcloud.access.decisions import Decision, Policies, decide
from localcloud.access.principals import Principal
from localcloud.access.statements import Request

EVERYBODY_MAY = ("sts:GetCallerIdentity",)
SILENT = ("events.amazonaws.com",)
NOTHING: Mapping[str, str] = MappingProxyType({})

_decisions: dict[tuple[str, str, str, Decision], None] = {}


def check(response: BaseResponse, call: Call, pairs: list[tuple[str, str]]) -> None:
    """Raise the service's refusal unless the caller has all of these permissions, and those that they bring along."""
    for action, resource in pairs:
        _require(response, call, action, resource)
    for action, resource in dependents.derive(call):
        through = action.startswith("kms:") and call.service != "kms"
        _require(response, _through_service(call) if through else call, action, resource)


def _require(response: BaseResponse, call: Call, action: str, resource: str) -> None:
    decision = judge(call, action, resource)
    if decision is None:
        raise refusals.refuse_unknown(response)
    if not decision.allowed:
        raise refusals.refuse(response, call.principal.arn, action, resource, decision.reason)


def _through_service(call: Call) -> Call:
    """The service asks KMS for its caller. For which account EventBridge sends, it does not say there."""
    known = () if call.principal.arn in SILENT else call.principal.known
    said = say_through(call.service, call.place["region"])
    return replace(call, principal=replace(call.principal, known=known), known=said)


def say_through(service: str, region: str) -> dict[str, str]:
    """What KMS is told when a service asks for somebody: which one it is, and that a grant is for its own resource."""
    return {"kms:viaservice": f"{service}.{region}.amazonaws.com", "kms:grantisforawsresource": "true"}


def judge(call: Call, action: str, resource: str) -> Decision | None:
    """The decision on one permission, noted; None if the caller's role is gone."""
    if action in EVERYBODY_MAY:
        return Decision(True)
    policies = _gather(call.principal, action, resource, call.place["account"])
    if policies is None:
        return None
    look_up = lambda key: context.look_up(call, resource, key)  # noqa: E731 - a closure in one line
    decision = decide(Request(action, resource, call.principal.names, look_up), policies)
    _decisions[call.principal.role or call.principal.arn, action, resource, decision] = None
    return decision


def may(role: str, action: str, resource: str) -> bool:
    """Whether a role has a permission that a service needs of it without a request, as to write a log."""
    return not explain(role, action, resource)


def explain(
    role: str, action: str, resource: str, session: str = "local", known: Mapping[str, str] = NOTHING
) -> str:
    """Why a role does not have such a permission, in IAM's words; nothing if it has."""
    principal = principals.find(principals.assume(role, session).key)
    if principal is None:
        return f"{role} cannot be assumed"
    _, _, service, region, account, _ = resource.split(":", 5)
    place = {"region": region, "account": account or principal.account}
    decision = judge(Call(principal, service, action, {}, place, dict(known)), action, resource)
    if decision is None:
        return f"{role} is gone"
    return "" if decision.allowed else refusals.word(principal.arn, action, resource, decision.reason)


def _gather(principal: Principal, action: str, resource: str, account: str) -> Policies | None:
    """All that has a say."""
    # One that is there: the key that is being made has no policy yet.
    of_key = action.startswith("kms:") and ":key/" in resource and not resource.endswith("/")
    of_role = action == "sts:AssumeRole"
    policies = Policies(
        resource=resource_policies.read(resource, account),
        resource_decides=of_key or of_role,
        root=f"arn:aws:iam::{account}:root",
    )
    if not principal.role:
        return policies
    role = role_policies.find(principal.role)
    if role is None:
        return None
    return replace(
        policies, identity=role_policies.read_identity(role), boundary=role_policies.read_boundary(role)
    )


def show() -> str:
    """The decisions as JSON."""
    return json.dumps(
        [
            {
                "role": who,
                "action": action,
                "resource": resource,
                "allowed": it.allowed,
                "by": it.by,
                "within": it.within,
            }
            for who, action, resource, it in list(_decisions)
        ]
    )
