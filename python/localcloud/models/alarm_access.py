"""Who looks at the alarms that take an endpoint's update back.

AWS: an update with such alarms asks CloudWatch for them with the model's own role, which needs
`cloudwatch:DescribeAlarms`; that is asked on every alarm of the account, whichever names a request has.
"""

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.iam.models import IAMBackend, iam_backends
from moto.sagemaker.exceptions import AWSValidationException
from moto.sagemaker.models import SageMakerModelBackend

from core.contract.shapes import Json
from localcloud import gaps

ACTION = "cloudwatch:DescribeAlarms"


def check(backend: SageMakerModelBackend, config: Json, deployment: Json) -> None:
    """Refuse the update if it names alarms that a role of the configuration's models may not look at."""
    if not deployment.get("AutoRollbackConfiguration", {}).get("Alarms"):
        return
    account = backend.account_id
    alarms = f"arn:aws:cloudwatch:{backend.region_name}:{account}:alarm:*"
    for variant in config["ProductionVariants"]:
        role = backend._models[variant["ModelName"]].execution_role_arn.rpartition("/")[2]
        missing = find_missing(iam_backends[account]["aws"], role, alarms)
        if missing:
            raise AWSValidationException(
                f"User: arn:aws:sts::{account}:assumed-role/{role}/SageMaker is not authorized to perform: {ACTION} "
                f"on resource: {alarms} because no {missing} allows the {ACTION} action"
            )


def find_missing(iam: IAMBackend, name: str, resource: str) -> str | None:
    """The kind of policy that does not allow the role to look at the alarms, if one does not."""
    roles = {role.name: role for role in iam.get_roles()}
    role: gaps.Amended = roles.get(name)
    own = [*role.policies.values(), *role.managed_policies.values()] if role else []
    if not any(allows(policy, resource) for policy in own):
        return "identity-based policy"
    boundary = iam.managed_policies.get(role.permissions_boundary_arn)
    return "permissions boundary" if boundary and not allows(boundary, resource) else None


def allows(policy: object, resource: str) -> bool:
    return IAMPolicy(policy).is_action_permitted(ACTION, resource) is PermissionResult.PERMITTED
