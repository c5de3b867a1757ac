"""A key that is handed to CloudWatch Logs: its own policy has to let the service use it for that log group.

AWS: looks when a log group is made with a key or gets one, whoever asks for it. No policy of the caller's counts, nor
that the key leaves decisions to the account. `DescribeKey` has no encryption context that a condition could name, and
so is not asked here. moto 5.2.5 takes any text for a key.
"""

from moto.core.responses import BaseResponse

from core.contract.shapes import Json
from localcloud.access import refusals, resource_policies
from localcloud.access.decisions import Policies, decide
from localcloud.access.statements import Request

OPERATIONS = (("logs", "AssociateKmsKey"), ("logs", "CreateLogGroup"))
USES = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")


def check(response: BaseResponse, service: str, operation: str, asked: Json, place: dict[str, str]) -> None:
    """Raise the service's refusal of a key that it may not use."""
    name = asked.get("kmsKeyId")
    if (service, operation) not in OPERATIONS or name is None:
        return
    group = f"arn:aws:logs:{place['region']}:{place['account']}:log-group:{asked.get('logGroupName', '*')}"
    key = resource_policies.find_key(place["region"], place["account"], name)
    code = "AccessDeniedException" if key and key.enabled else "InvalidParameterException"
    if not key or not key.enabled or not _lets_logs(key.arn, group, place):
        message = f"The specified KMS key does not exist or is not allowed to be used with Arn '{group}'"
        raise refusals.answer(response, code, 400, message)


def _lets_logs(key: str, group: str, place: dict[str, str]) -> bool:
    policies = Policies(resource=resource_policies.read(key, place["account"]), resource_decides=True)
    known = {
        "aws:sourceaccount": [place["account"]],
        "aws:sourcearn": [group],
        "kms:encryptioncontext:aws:logs:arn": [group],
    }
    service = (("Service", f"logs.{place['region']}.amazonaws.com"),)
    return all(decide(Request(action, key, service, known.get), policies).allowed for action in USES)
