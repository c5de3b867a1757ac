"""Whether a request is allowed, as IAM decides it within one account: pure, without moto.

AWS: a denial in any policy wins. Else the identity's own policies or the resource's have to allow it, and the
permissions boundary too. A KMS key and a role's trust are the resource's to allow: its policy may leave the decision
to the account (`:root`), and then the identity's policies count. A service of AWS has no policies of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from localcloud.access.statements import Request, Statement

Policy = tuple[Statement, ...]
IDENTITY, BOUNDARY, RESOURCE = "identity-based policy", "permissions boundary", "resource-based policy"


@dataclass(frozen=True)
class Policies:
    """All that has a say. None where there is no such policy."""

    identity: Policy = ()
    boundary: Policy | None = None
    resource: Policy | None = None
    resource_decides: bool = False  # a key's policy, not a bucket's
    root: str = ""  # the ARN by which the resource's policy leaves it to the account


@dataclass(frozen=True)
class Decision:
    """`reason` is how AWS ends the sentence "... is not authorized to perform ...".

    `by` names the statements that allowed it, `within` those of the boundary.
    """

    allowed: bool
    reason: str = ""
    by: tuple[str, ...] = ()
    within: tuple[str, ...] = ()


def decide(request: Request, policies: Policies) -> Decision:
    """The decision, with its reason or with the statements that allow it."""
    for kind, policy in ((IDENTITY, policies.identity), (BOUNDARY, policies.boundary)):
        if any(not it.allows and it.is_about(request) for it in policy or ()):
            return Decision(False, f"with an explicit deny in {_article(kind)} {kind}")
    resource = [it for it in policies.resource or () if it.is_about(request)]
    if any(not it.allows and it.names(request) for it in resource):
        return Decision(False, f"with an explicit deny in a {RESOURCE}")
    own = _allowing(request, policies.identity)
    granted = [it.name for it in resource if it.allows and it.names(request)]
    left = any(it.allows and ("AWS", policies.root) in (it.principals or ()) for it in resource)
    if policies.resource_decides and not granted and not left:
        return _refusal(request, RESOURCE)
    if not own and not granted:
        service = any(kind == "Service" for kind, _ in request.names)
        return _refusal(request, RESOURCE if service else IDENTITY)
    within = _allowing(request, policies.boundary or ())
    if policies.boundary is not None and not within:
        return _refusal(request, BOUNDARY)
    return Decision(True, by=tuple(own + granted), within=tuple(within))


def _allowing(request: Request, policy: Iterable[Statement]) -> list[str]:
    return [it.name for it in policy if it.allows and it.is_about(request)]


def _refusal(request: Request, kind: str) -> Decision:
    return Decision(False, f"because no {kind} allows the {request.action} action")


def _article(kind: str) -> str:
    return "an" if kind == IDENTITY else "a"
