"""IAM: `SimulatePrincipalPolicy`, and roles that come and go while others are looked up.

AWS: says for each action and resource whether the principal's policies and its boundary allow it, given the context
that the request brings along; a key that it does not bring is not there.
moto 5.2.5 does not implement it; the SageMaker SDK asks it before a training job. And it breaks when a role is deleted
while it looks for another, as Terraform has it do. Here only roles are simulated.
"""

from moto.core.responses import ActionResult
from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend, Role
from moto.iam.responses import IamResponse

from core.contract.shapes import Json
from localcloud import gaps
from localcloud.access import role_policies
from localcloud.access.decisions import BOUNDARY, Policies, decide
from localcloud.access.statements import Request


def install() -> None:
    """Fill the gaps."""

    @gaps.wrap(IAMBackend, "get_roles")
    def get_roles(original: gaps.Original, self: IAMBackend) -> list[Role]:
        return list(original(self))

    @gaps.add(IamResponse)
    def simulate_principal_policy(self: IamResponse) -> ActionResult:
        arn = self._get_param("PolicySourceArn")
        role = role_policies.find(arn)
        if role is None:
            raise NotFoundException(f"The entity with name {arn} cannot be found.")
        context = {
            entry["ContextKeyName"].lower(): entry["ContextKeyValues"]
            for entry in self._get_param("ContextEntries") or []
        }
        results = [
            simulate(role, action, resource, context)
            for action in self._get_param("ActionNames")
            for resource in self._get_param("ResourceArns") or ["*"]
        ]
        return ActionResult({"EvaluationResults": results, "IsTruncated": False})


def simulate(role: Role, action: str, resource: str, context: dict[str, list[str]]) -> Json:
    """What the role's policies say of one action on one resource."""
    boundary = role_policies.read_boundary(role)
    policies = Policies(role_policies.read_identity(role), boundary)
    decision = decide(Request(action, resource, (("AWS", role.arn),), context.get), policies)
    denied = "explicitDeny" if decision.reason.startswith("with") else "implicitDeny"
    result: Json = {
        "EvalActionName": action,
        "EvalResourceName": resource,
        "EvalDecision": "allowed" if decision.allowed else denied,
    }
    if boundary is not None:
        within = BOUNDARY not in decision.reason
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": within}
    return result
