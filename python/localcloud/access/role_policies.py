"""The policies of a role, as they are at the moment: its own, those attached to it, its boundary, whom it trusts."""

from moto.iam.models import ManagedPolicy, Role, iam_backends

from localcloud.access import statements
from localcloud.access.decisions import Policy
from localcloud.access.principals import PARTITION


def find(arn: str) -> Role | None:
    """The role, if it is there."""
    roles = iam_backends[arn.split(":")[4]][PARTITION].roles
    return next((role for role in list(roles.values()) if role.arn == arn), None)


def read_identity(role: Role) -> Policy:
    """What its own policies say, and those attached to it."""
    inline = [statements.read(f"{role.name}/{name}", text) for name, text in list(role.policies.items())]
    attached = [_read_managed(policy) for policy in list(role.managed_policies.values())]
    return tuple(statement for policy in inline + attached for statement in policy)


def read_boundary(role: Role) -> Policy | None:
    """What its permissions boundary says; a boundary that is gone allows nothing."""
    if not role.permissions_boundary_arn:
        return None
    policies = iam_backends[role.account_id][PARTITION].managed_policies
    policy = policies.get(role.permissions_boundary_arn)
    return _read_managed(policy) if policy else ()


def read_trust(role: Role) -> Policy:
    """Who may take it."""
    return statements.read(f"{role.name}/trust", role.assume_role_policy_document)


def _read_managed(policy: ManagedPolicy) -> Policy:
    version = next(it for it in policy.versions if it.version_id == policy.default_version_id)
    return statements.read(policy.name, version.document)
