"""How each service says that somebody may not do something: its error's name, its status, its words.

AWS: most services name the error AccessDeniedException; those that speak the query protocol and S3 leave out the
second half, SNS says AuthorizationError; SQS writes the action in small letters and SNS its own name in capitals; S3
puts the resource in quotation marks. Of a function's key Lambda says that it is invalid.
"""

from moto.core.errors import COMMON_ERROR_CODES
from moto.core.exceptions import ServiceException
from moto.core.request import determine_request_protocol
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

NAMES = {"cloudwatch": "AccessDenied", "sns": "AuthorizationError", "sqs": "AccessDenied"}
KEY_NAMES = {
    "lambda": "InvalidParameterValueException",
    "sns": "KMSAccessDenied",
    "sqs": "KMS.AccessDeniedException",
}
OF_VARIABLES = (
    "Lambda was unable to configure access to your environment variables because the KMS key is invalid for "
    "{operation}. Please check your KMS key settings. KMS Exception: AccessDeniedException KMS Message: {message}"
)
SAID = ("AccessDenied", "AccessDeniedException")
UNKNOWN, UNKNOWN_TO_QUERY = "UnrecognizedClientException", "InvalidClientTokenId"
FORBIDDEN, BAD_REQUEST = 403, 400


def install() -> None:
    """Let moto write these errors without a warning that its models have no shape for them."""
    COMMON_ERROR_CODES.extend([UNKNOWN, UNKNOWN_TO_QUERY, *SAID, *NAMES.values(), *KEY_NAMES.values()])


class Said(ServiceException):
    """What moto's serializers write in the service's protocol."""


class Refused(HTTPException):
    """It leaves moto as the answer to the request."""


def refuse(response: BaseResponse, who: str, action: str, resource: str, reason: str) -> Refused:
    """The refusal of a request that this response was to answer."""
    service = response.boto3_service_name
    protocol = _protocol(response)
    key = action.startswith("kms:") and service in KEY_NAMES
    named = SAID["json" in protocol or "cbor" in protocol]
    code = KEY_NAMES[service] if key else NAMES.get(service, named)
    status = (
        BAD_REQUEST
        if key or (protocol in ("json", "smithy-rpc-v2-cbor") and service not in NAMES)
        else FORBIDDEN
    )
    message = word(who, action, resource, reason)
    if key and service == "lambda":
        message = OF_VARIABLES.format(operation=action.removeprefix("kms:"), message=message)
    return answer(response, code, status, message)


def word(who: str, action: str, resource: str, reason: str) -> str:
    """The sentence in which IAM refuses something."""
    about = "" if resource == "*" else f" on resource: {_quote(action, resource)}"
    return f"User: {who} is not authorized to perform: {_spell(action)}{about} {_respell(reason, action)}"


def refuse_unknown(response: BaseResponse) -> Refused:
    """The refusal of credentials whose role is gone."""
    protocol = _protocol(response)
    if protocol == "rest-xml":
        message = "The AWS Access Key Id you provided does not exist in our records."
        return answer(response, "InvalidAccessKeyId", FORBIDDEN, message)
    code = UNKNOWN_TO_QUERY if protocol == "query" else UNKNOWN
    status = BAD_REQUEST if protocol == "json" else FORBIDDEN
    return answer(response, code, status, "The security token included in the request is invalid.")


def _protocol(response: BaseResponse) -> str:
    model = get_service_model(response.boto3_service_name)
    return determine_request_protocol(model, response.normalized_request.content_type)


def answer(response: BaseResponse, code: str, status: int, message: str) -> Refused:
    """An error of the service, in its protocol."""
    _, headers, body = response.serialized(ActionResult(Said(code, message)))
    headers, body = response._enrich_response(headers, body)  # with the request's id
    return Refused(response=Response(body, status, headers))


def _spell(action: str) -> str:
    service, _, operation = action.partition(":")
    return {"sns": f"SNS:{operation}", "sqs": action.lower()}.get(service, action)


def _respell(reason: str, action: str) -> str:
    return reason.replace(action, _spell(action))


def _quote(action: str, resource: str) -> str:
    return f'"{resource}"' if action.startswith("s3:") else resource
