"""A role that is handed to a service: it has to trust the service, and a function's has to reach its dead letters.

AWS: looks when the function, state machine, rule, schedule, model or job is made or changed, whoever asks for it.
moto 5.2.5 looks only whether a function's role is there.
"""

from dataclasses import dataclass

import jmespath
from moto.core.responses import BaseResponse

from core.contract.shapes import Json
from localcloud.access import enforcement, refusals, role_policies
from localcloud.access.decisions import Policies, decide
from localcloud.access.statements import Request

SENDING = {"sqs": "SendMessage", "sns": "Publish"}


@dataclass(frozen=True)
class Handed:
    """Where a request names a role, and how the service refuses one that does not trust it."""

    path: str
    code: str
    message: str
    status: int = 400


FUNCTION = Handed(
    "[Role]",
    "InvalidParameterValueException",
    "The role defined for the function cannot be assumed by Lambda.",
)
MACHINE = Handed(
    "[roleArn]",
    "AccessDeniedException",
    "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume "
    "the provided role.",
)
SCHEDULE = Handed(
    "[Target.RoleArn]",
    "ValidationException",
    "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
)
SAGEMAKER = Handed(
    "[ExecutionRoleArn, RoleArn]",
    "ValidationException",
    "Could not assume role {role}. Please ensure that the role exists and allows principal "
    "'sagemaker.amazonaws.com' to assume the role.",
)
TARGETS = Handed(
    "Targets[].RoleArn",
    "ValidationException",
    "Provided role '{role}' cannot be assumed by principal 'events.amazonaws.com'.",
)
OPERATIONS = {
    ("events", "PutTargets"): TARGETS,
    ("lambda", "CreateFunction"): FUNCTION,
    ("lambda", "UpdateFunctionConfiguration"): FUNCTION,
    ("sagemaker", "CreateModel"): SAGEMAKER,
    ("sagemaker", "CreateTrainingJob"): SAGEMAKER,
    ("scheduler", "CreateSchedule"): SCHEDULE,
    ("scheduler", "UpdateSchedule"): SCHEDULE,
    ("states", "CreateStateMachine"): MACHINE,
    ("states", "UpdateStateMachine"): MACHINE,
}


def check(response: BaseResponse, service: str, operation: str, asked: Json, place: dict[str, str]) -> None:
    """Raise the service's refusal of a role that it may not take."""
    handed = OPERATIONS.get((service, operation))
    if handed is None:
        return
    for role in filter(None, jmespath.search(handed.path, asked) or []):
        if not trusts(role, f"{service}.amazonaws.com", place["account"]):
            raise refusals.answer(response, handed.code, handed.status, handed.message.format(role=role))
    target = (asked.get("DeadLetterConfig") or {}).get("TargetArn") if handed is FUNCTION else None
    role = asked.get("Role")
    if target and role:
        sending, name = SENDING[target.split(":")[2]], target.split(":")[2].upper()
        if not enforcement.may(role, f"{name.lower()}:{sending}", target):
            message = f"The provided execution role does not have permissions to call {sending} on {name}"
            raise refusals.answer(response, handed.code, handed.status, message)


def trusts(arn: str, service: str, account: str) -> bool:
    """Whether the role is there and lets the service take it for this account."""
    role = role_policies.find(arn)
    known = {"aws:sourceaccount": [account]}
    request = Request("sts:AssumeRole", arn, (("Service", service),), known.get)
    return role is not None and decide(request, Policies(resource=role_policies.read_trust(role))).allowed
