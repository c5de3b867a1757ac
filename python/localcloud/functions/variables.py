"""A function's variables, as they are shown: of those that a customer's key encrypts, only to who may decrypt them.

AWS: to others it answers the function with an error in the place of its variables; it refuses them nothing.
moto 5.2.5 shows them to everybody.
"""

import json

from moto.awslambda.responses import LambdaResponse

from core.contract.shapes import Json
from localcloud import gaps
from localcloud.access import enforcement, principals, refusals, resource_policies
from localcloud.access.context import Call

HIDDEN = (
    "Lambda was unable to decrypt your environment variables because the KMS access was denied. Please check your KMS "
    "permissions. KMS Exception: AccessDeniedException KMS Message: {message}"
)
ACTION = "kms:Decrypt"


def install() -> None:
    """Fill the gap."""

    @gaps.wrap(LambdaResponse, "get_function")
    def get_function(original: gaps.Original, self: LambdaResponse) -> str:
        shown = json.loads(original(self))
        return json.dumps(shown | {"Configuration": _hide(self, shown["Configuration"])})

    @gaps.wrap(LambdaResponse, "get_function_configuration")
    def get_function_configuration(original: gaps.Original, self: LambdaResponse) -> str:
        return json.dumps(_hide(self, json.loads(original(self))))


def _hide(response: LambdaResponse, configuration: Json) -> Json:
    region, account = response.region, response.current_account
    key = resource_policies.find_customer_key(region, account, configuration.get("KMSKeyArn"))
    principal = principals.find(response.access_key)
    if key is None or principal is None or "Environment" not in configuration:
        return configuration
    known = enforcement.say_through("lambda", region)
    call = Call(principal, "lambda", "Decrypt", {}, {"region": region, "account": account}, known)
    decision = enforcement.judge(call, ACTION, key.arn)
    if decision is None or decision.allowed:
        return configuration
    message = HIDDEN.format(message=refusals.word(principal.arn, ACTION, key.arn, decision.reason))
    error = {"ErrorCode": "AccessDeniedException", "Message": message}
    return configuration | {"Environment": {"Error": error}}
