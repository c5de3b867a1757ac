"""The journal: which permissions the API calls needed that the local cloud saw.

`GET /_localcloud/calls` answers them as JSON, each once, in the order in which they first came:

    [{"key": "local", "action": "s3:ListBucket", "resource": "arn:aws:s3:::scones-local-123456789012"}, ...]

`key` is the access key id that signed the request, so that callers who use different ones can be told apart.
A role's requests, and those of services, are decided here too, see `access.enforcement`.
"""

import json
import re
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.responses import BaseResponse
from moto.core.routing import NotFound, get_service_router

from localcloud import faults, gaps, permissions, validation
from localcloud.access import enforcement, handed_keys, handed_roles, principals
from localcloud.access.context import Call
from localcloud.buckets import presigned_urls

PATH = "/_localcloud/calls"
DECISIONS = "/_localcloud/decisions"
SIGNED = re.compile(r"Credential=([^/]+)/")
PRESIGNED = re.compile(r"X-Amz-Credential=([^&]+?)(?:/|%2F)")

_calls: dict[tuple[str, str, str], None] = {}


def install() -> None:
    """Note each call when moto takes it up, whoever answers it.

    One that breaks its service's model is refused, and one that is not allowed.
    """
    validation.install()

    @gaps.wrap(BaseResponse, "setup_class")
    def setup_class(
        original: gaps.Original, self: BaseResponse, request: Request, *args: object, **more: object
    ) -> None:
        original(self, request, *args, **more)
        presigned_urls.check(self, request)
        signed = SIGNED.search(request.headers.get("Authorization", "")) or PRESIGNED.search(request.url)
        if signed and self.service_name:
            note(self, request, key=signed[1])


def note(response: BaseResponse, request: Request, key: str) -> None:
    router = get_service_router(response.boto3_service_name)
    try:
        operation, in_path = router.match(request)
    except NotFound:
        return  # no call that the service knows, and it will say so
    service = operation.service_model
    parser = PROTOCOL_PARSERS[determine_request_protocol(service, request.content_type)]
    asked = parser(operation).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": in_path,
        }
    )
    validation.check(response, operation, asked, request.content_type)
    place = {"region": response.region, "account": response.current_account}
    pairs = permissions.derive(service.signing_name, operation.name, asked, place)
    for action, resource in pairs:
        _calls[key, action, resource] = None
    if principal := principals.find(key):
        call = Call(principal, service.signing_name, operation.name, asked, place)
        enforcement.check(response, call, pairs)
    for handed in (handed_keys, handed_roles):
        handed.check(response, service.signing_name, operation.name, asked, place)
    faults.check(response, service.signing_name, operation.name)


def show_calls() -> str:
    return json.dumps([dict(zip(("key", "action", "resource"), call, strict=True)) for call in list(_calls)])


SHOWN = {PATH: show_calls, DECISIONS: enforcement.show}


def serve(application: WSGIApplication) -> WSGIApplication:
    """The application, which answers the journal as well."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        show = SHOWN.get(environ["PATH_INFO"])
        if show is None:
            return application(environ, start_response)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [show().encode()]

    return answer
