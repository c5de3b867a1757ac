"""A route's integration: the function that answers its requests.

AWS: invokes the function as the service apigateway.amazonaws.com, which the function's own policy has to let, for the
route that it was. What it may not invoke and what fails is a 500 that does not say why; what takes longer than the
integration's timeout, and what the function's concurrency has no room for, is a 503.
The function runs as for Lambda's `Invoke`, without a request of its own: nobody else takes that way.
"""

import re
import time
from queue import Empty, SimpleQueue

from moto.apigatewayv2.models import Integration
from moto.awslambda.models import LambdaFunction
from moto.awslambda.utils import get_backend

from localcloud.access import enforcement
from localcloud.access.context import Call
from localcloud.access.principals import Principal
from localcloud.errands import Errand
from localcloud.functions import lambdas
from localcloud.functions.invocation import Request, follow
from localcloud.functions.pools import Throttled
from localcloud.functions.sandbox import Answer
from localcloud.gateway import function_answers, request_events
from localcloud.gateway.api_requests import Exchange
from localcloud.http.exchanges import Outgoing, say

SERVICE = "apigateway.amazonaws.com"
ACTION = "lambda:InvokeFunction"
FUNCTION = re.compile(r"arn:aws:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+(?::[\w$-]+)?")
ERROR, UNAVAILABLE, TOO_LARGE = "Internal Server Error", "Service Unavailable", "Request Entity Too Large"


def call(exchange: Exchange, integration: Integration) -> Outgoing:
    """The function's answer, or the gateway's of what went wrong."""
    if integration.integration_type != "AWS_PROXY" or integration.payload_format_version != "2.0":
        raise NotImplementedError("the local cloud's APIs call functions only, with payload format 2.0")
    named = FUNCTION.search(integration.integration_uri or "")
    function = _find(named[0]) if named else None
    if function is None or not _may_invoke(exchange, function):
        return _fail(
            exchange, "The IAM role configured on the integration or API Gateway doesn't have permissions"
        )
    event = request_events.make(exchange)
    if len(event) > lambdas.MOST_BYTES:
        exchange.known["integration.error"] = exchange.known["integrationErrorMessage"] = TOO_LARGE
        return say(413, {"message": TOO_LARGE})
    request = Request(event, trace=follow(exchange.incoming.headers.get("x-amzn-trace-id", "")))
    begun = time.monotonic()
    try:
        answer = _run(function, request, integration.timeout_in_millis / 1000)  # type: ignore[operator]
    except Throttled:
        exchange.known["integrationStatus"] = "429"
        return say(503, {"message": UNAVAILABLE})
    milliseconds = str(int((time.monotonic() - begun) * 1000))
    exchange.known.update({"integrationLatency": milliseconds, "integration.latency": milliseconds})
    if answer is None:
        return say(503, {"message": UNAVAILABLE})
    exchange.known.update({"integrationStatus": "200", "integration.integrationStatus": "200"})
    exchange.known["integration.requestId"] = answer.id
    if answer.failed:
        return _fail(exchange, "The Lambda function returned an error")
    try:
        outgoing = function_answers.read(answer.payload)
    except function_answers.Malformed as problem:
        return _fail(exchange, f"The response from the Lambda function doesn't match the format: {problem}")
    exchange.known["integration.status"] = str(outgoing.status)
    return outgoing


def _find(arn: str) -> LambdaFunction | None:
    region, account = arn.split(":")[3:5]
    plain = ":".join(arn.split(":")[:7])
    return get_backend(account, region)._lambdas._arns.get(plain)  # type: ignore[no-any-return]


def _may_invoke(exchange: Exchange, function: LambdaFunction) -> bool:
    assert exchange.route
    path = exchange.route.route_key.partition(" ")[2].removeprefix("/") or exchange.route.route_key
    here = f"arn:aws:execute-api:{exchange.region}:{exchange.account}:{exchange.api.api_id}"
    source = f"{here}/{exchange.stage.name}/{exchange.incoming.method}/{path}"
    known = (("aws:sourcearn", source), ("aws:sourceaccount", exchange.account))
    service = Principal(SERVICE, (("Service", SERVICE),), known=known)
    place = {"region": function.region, "account": function.account_id}
    decision = enforcement.judge(Call(service, "lambda", "Invoke", {}, place), ACTION, function.function_arn)
    return decision is not None and decision.allowed


def _run(function: LambdaFunction, request: Request, seconds: float) -> Answer | None:
    """The function's answer; None if it did not come in time."""
    if function.timeout <= seconds:
        return lambdas.run(function, request)
    answers: SimpleQueue[Answer | Throttled] = SimpleQueue()

    def run() -> None:
        try:
            answers.put(lambdas.run(function, request))
        except Throttled as throttled:
            answers.put(throttled)

    Errand(run).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        return None
    if isinstance(answer, Throttled):
        raise answer
    return answer


def _fail(exchange: Exchange, why: str) -> Outgoing:
    exchange.known["integrationErrorMessage"] = exchange.known["integration.error"] = why
    return say(500, {"message": ERROR})
