"""API: what other teams' programs and people's pages call, behind API Gateway's HTTP API (payload format 2.0).

The gateway has looked at the token and its scopes; who may do what is looked at here. `calls.api_routes` has them,
and docs/openapi.json says what each takes and answers. Each call leaves one line of log: who saw which photo.
The console's pages are anybody's, who has no token yet: `console.console_pages` has them.

Settings: TABLE, the register, and REVIEWS; BUCKET; STATE_MACHINE, its ARN; with commas between, LABELS that have a
route and SOURCES that are watched; ALARMS, how the names of the sources' alarms begin; GRACE_SECONDS before a decision
takes effect; BLIND_PER_DAY; PERSON_DAYS for which it is known who decided; PERSON_STATISTICS, true or false; PEOPLE,
the client with which the console's people sign in, and POOL, the pool; GUIDELINE, its key, if the model has one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from core.contract.shapes import Json, LambdaContext
from core.network_faults import NETWORK_FAULTS
from lambdas.calls.api_routes import ROUTES
from lambdas.calls.api_settings import settings
from lambdas.calls.asking import Reply
from lambdas.calls.caller import Caller
from lambdas.calls.problems import Problem, Unavailable
from lambdas.calls.reading_calls import read
from lambdas.console.console_pages import PUBLIC, Page
from lambdas.log_line import log

BUSY = ("Throttl", "LimitExceeded", "ThroughputExceeded", "SlowDown", "RequestTimeout")


def handler(event: Mapping[str, Any], context: LambdaContext) -> Json:
    # Of a page that anybody may see, the gateway has looked at no token.
    caller = None if event["routeKey"] in PUBLIC else Caller.of(event)
    told = {
        "function": "api",
        "request_id": context.aws_request_id,
        "route": event["routeKey"],
        "sub": caller and caller.sub,
        "photo": (event.get("pathParameters") or {}).get("id"),
    }
    reply: Reply | Page
    try:
        reply = call(event, caller) if caller else PUBLIC[event["routeKey"]](event)
    except Problem as problem:
        reply = problem.reply()
        told |= {"error": type(problem).__name__, "message": str(problem)}
    except Exception as error:
        log("ERROR", {**told, "status": 500, "error": type(error).__name__, "message": str(error)})
        raise
    shown = {"photos": reply.photos} if isinstance(reply, Reply) and reply.photos else {}
    log("INFO" if reply.status < 500 else "WARNING", {**told, **shown, "status": reply.status})
    return write(reply) if isinstance(reply, Reply) else reply.write()


def call(event: Mapping[str, Any], caller: Caller) -> Reply:
    route = ROUTES[event["routeKey"]]
    with transient_by_name():
        return route.call(read(event, route, caller, settings()))


@contextmanager
def transient_by_name() -> Iterator[None]:
    """What is AWS's fault, and passes by itself."""
    try:
        yield
    except ClientError as error:
        code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status < 500 and not any(word in code for word in BUSY):
            raise
        raise Unavailable(f"{error.operation_name} did not answer as it should") from error
    except NETWORK_FAULTS as error:
        raise Unavailable("a service did not answer") from error


def write(reply: Reply) -> Json:
    return {
        "statusCode": reply.status,
        "headers": {"content-type": "application/json", "cache-control": "no-store", **reply.headers},
        "body": msgspec.json.encode(reply.content).decode(),
        "isBase64Encoded": False,
    }
