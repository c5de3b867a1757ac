"""How long the API takes to say what became of a photo, and to lease one, beside its function alone, in the same run.

The function is invoked with the event that the gateway makes of the same request, so that what is between the two is
the gateway: connection, route, token, limits, log. Both medians have to be below 30 ms.
"""

import base64
import contextlib
import json
import statistics
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from bench import prefix
from bench.deployed import Deployed, deploy
from bench.figures import Figure
from core.console import UserError
from core.contract import register
from core.contract.shapes import Json
from operations import api_access, signed_in
from operations.api_calls import Caller
from operations.client import Photo

TIMES = 200  # in each round
WARM = 10
TRIED = 60  # pictures, until the model is not sure of one
FOLLOWED_SECONDS = 60
UNLIMITED = 100_000  # requests a second: what is measured is the way, and not the limit
PERSON = "bench"
CONDITIONS = f"the median of {TIMES}, one after the other, on one connection"


@contextlib.contextmanager
def ready() -> Iterator[Callable[[], list[Figure]]]:
    made = deploy()
    with made.inside():
        api = made.outputs["api"]
        lift_limit(made)
        program = Caller.program(api_access.look_up("local", api, min(api["programs"])))
        photo = find_waiting(program)
        person = signed_in.sign_in(api, PERSON, signed_in.invite(api, PERSON, "reviewers")).token
        requests = {
            "get": Request("GET", "/photos/{id}", photo, program.token),
            "lease": Request("POST", "/leases", "", person),
        }
        with contextlib.closing(Gateway(api["url"])) as gateway:
            yield lambda: measure(made, gateway, requests)


def lift_limit(made: Deployed) -> None:
    """Let so many requests come as can be sent."""
    api = made.outputs["api"]["url"].rpartition("/")[2]
    limit = {"ThrottlingBurstLimit": UNLIMITED, "ThrottlingRateLimit": float(UNLIMITED)}
    made.client("apigatewayv2").update_stage(ApiId=api, StageName="$default", DefaultRouteSettings=limit)


def find_waiting(program: Caller) -> str:
    """A photo of the program's own that waits for a person."""
    for number, content in enumerate(prefix.drawings()[:TRIED]):
        photo = program.send(Photo(f"{number}.png", content), source="bench")
        if program.follow(photo, FOLLOWED_SECONDS).body.get("state") == register.WAITING:
            return photo
    raise UserError(f"of {TRIED} pictures the model is sure of each: train another model")


class Request:
    """One of the API's, as a client sends it, and as its function gets it."""

    def __init__(self, method: str, path: str, photo: str, token: str) -> None:
        self.method, self.path = method, path.replace("{id}", photo)
        self.headers = {"Authorization": f"Bearer {token}"}
        self.event = write_event(method, path, photo, token)


def write_event(method: str, path: str, photo: str, token: str) -> bytes:
    """Format 2.0, with the claims as the gateway writes them: text, and lists in brackets."""
    body = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    texts = {
        it: f"[{' '.join(value)}]" if isinstance(value, list) else str(value) for it, value in claims.items()
    }
    way = path.replace("{id}", photo)
    event: Json = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": way,
        "rawQueryString": "",
        "headers": {"authorization": f"Bearer {token}"},
        "requestContext": {
            "authorizer": {"jwt": {"claims": texts, "scopes": None}},
            "http": {"method": method, "path": way, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
            "requestId": "bench",
            "routeKey": f"{method} {path}",
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }
    return json.dumps(event | ({"pathParameters": {"id": photo}} if photo else {})).encode()


class Gateway:
    """A connection to the API."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self.path, self.connection = place.path, HTTPConnection(place.netloc, timeout=api_access.SECONDS)

    def ask(self, request: Request) -> int:
        self.connection.request(request.method, self.path + request.path, headers=request.headers)
        answer = self.connection.getresponse()
        answer.read()
        return answer.status

    def close(self) -> None:
        self.connection.close()


def measure(made: Deployed, gateway: Gateway, requests: dict[str, Request]) -> list[Figure]:
    functions: Any = made.client("lambda")
    name = made.outputs["function_names"]["api"]

    def invoke(request: Request) -> int:
        answer = functions.invoke(FunctionName=name, Payload=request.event)
        return int(json.load(answer["Payload"])["statusCode"])

    found = []
    for what, request in requests.items():
        called = 1000 * statistics.median(take(gateway.ask, request))
        bare = 1000 * statistics.median(take(invoke, request))
        found += [
            Figure(
                f"api_{what}_ms",
                called,
                "ms",
                f"{request.method} {request.path[:8]}.. through the API, {CONDITIONS}",
            ),
            Figure(f"api_{what}_bare_ms", bare, "ms", "its function alone, invoked with the same event"),
            Figure(f"api_{what}_over_bare", called / bare, "x", "the API over its function alone"),
        ]
    return found


def take(ask: Callable[[Request], int], request: Request) -> list[float]:
    """The seconds of each answer, which has to be a good one."""
    seconds = []
    for _ in range(WARM + TIMES):
        started = time.perf_counter()
        status = ask(request)
        seconds.append(time.perf_counter() - started)
        if status != 200:
            raise UserError(f"{request.method} {request.path} is answered {status}")
    return seconds[WARM:]
