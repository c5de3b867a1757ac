"""IAM: `SimulatePrincipalPolicy`, and roles that come and go while others are looked up.

AWS: says for each action and resource whether the principal's policies allow it.
moto 5.2.5 does not implement it; the SageMaker SDK asks it before a training job. And it breaks when a role is deleted
while it looks for another, as Terraform has it do.
"""

from moto.core.responses import ActionResult
from moto.iam.models import IAMBackend, Role
from moto.iam.responses import IamResponse

from localcloud import gaps


def install() -> None:
    """Fill the gaps. The local cloud enforces no policy, so that whatever is asked is allowed."""

    @gaps.wrap(IAMBackend, "get_roles")
    def get_roles(original: gaps.Original, self: IAMBackend) -> list[Role]:
        return list(original(self))

    @gaps.add(IamResponse)
    def simulate_principal_policy(self: IamResponse) -> ActionResult:
        resources = self._get_param("ResourceArns") or ["*"]
        results = [
            {"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": "allowed"}
            for action in self._get_param("ActionNames")
            for resource in resources
        ]
        return ActionResult({"EvaluationResults": results, "IsTruncated": False})
