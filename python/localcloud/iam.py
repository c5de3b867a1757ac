"""IAM: `SimulatePrincipalPolicy`.

AWS: says for each action and resource whether the principal's policies allow it.
moto 5.2.5 does not implement it; the SageMaker SDK asks it before a training job.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.iam.responses import IamResponse

from localcloud import gaps


def install() -> None:
    """Fill the gap. The local cloud enforces no policy, so that whatever is asked is allowed."""

    @gaps.add(IamResponse)
    def simulate_principal_policy(self: Any) -> ActionResult:
        resources = self._get_param("ResourceArns") or ["*"]
        results = [
            {"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": "allowed"}
            for action in self._get_param("ActionNames")
            for resource in resources
        ]
        return ActionResult({"EvaluationResults": results, "IsTruncated": False})
