"""The API's description, OpenAPI 3.1, out of its routes and types.

Run: python -m lambdas.calls.api_description [--page PAGE]

It prints the description. With a page, as docs/api.md, it writes openapi.json beside that, and the page's table.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from core import arguments
from core.console import UserError, out, run
from core.contract.shapes import Json
from lambdas.calls.api_routes import ROUTES
from lambdas.calls.api_types import GatewayMessage, Key, Number, PhotoId, ProblemDetails
from lambdas.calls.problems import NotAllowed, Problem, Unavailable
from lambdas.calls.route import PHOTOS, REVIEW, Route

PLACE = re.compile(r"(<!-- lambdas.calls.api_description -->\n).*?(<!-- end -->\n)", re.DOTALL)
COLUMNS = ("call", "for", "scopes", "takes", "answers", "refuses by")
REFERENCE = "#/components/schemas/{name}"
VERSION = "1.0.0"
TITLES = {200: "OK", 201: "Created", 202: "Accepted"}
GATEWAY = {
    401: "The token is missing, has run out, or is another pool's.",
    403: "The token has none of the route's scopes.",
    404: "There is no such route.",
    413: "The body is too large.",
    429: "Too many requests a second: try again later.",
    500: "The API has failed.",
    503: "The API could not be reached.",
}
HEADERS: dict[str, tuple[str, Json]] = {
    "Location": ("The photo's own address.", {"type": "string"}),
    "Retry-After": ("Seconds until it is worth asking again.", {"type": "string", "pattern": "^[0-9]+$"}),
    "WWW-Authenticate": ("Bearer, and what is wrong with the token.", {"type": "string"}),
}
# The latter is in the API's own, and not in the gateway's.
OF_REFUSALS = {401: ("WWW-Authenticate",), 503: ("Retry-After",)}
SIGN_IN = "https://DOMAIN.auth.REGION.amazoncognito.com/oauth2"
SCOPES = {
    PHOTOS: "Send photos, and see what becomes of them.",
    REVIEW: "Look at photos and decide them.",
}
ABOUT = """\
Other teams' programs send photos and read what became of them; people decide the photos of which the model is not sure.

Errors of the API itself are application/problem+json (RFC 9457), with a type of its own for each; those of API Gateway
are application/json with a message alone."""


def describe() -> Json:
    structs = {it for route in ROUTES.values() for it in (route.body, route.answer) if it}
    kinds = [*sorted(structs, key=lambda it: it.__name__), ProblemDetails, GatewayMessage]
    _, schemas = msgspec.json.schema_components(kinds, ref_template=REFERENCE)
    paths: dict[str, Json] = defaultdict(dict)
    for route in ROUTES.values():
        paths[route.path][route.method.lower()] = operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Scones Unlimited's photos", "version": VERSION, "description": ABOUT},
        "servers": [
            {
                "url": "https://{api}.execute-api.{region}.amazonaws.com",
                "variables": {"api": {"default": "abcdef1234"}, "region": {"default": "us-east-1"}},
            }
        ],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"pool": security()}},
    }


def security() -> Json:
    token = f"{SIGN_IN}/token"
    return {
        "type": "oauth2",
        "description": "Access tokens of the environment's user pool. People sign in by code with PKCE, without a "
        "secret; programs have a secret, and the scope for photos alone.",
        "flows": {
            "clientCredentials": {"tokenUrl": token, "scopes": {PHOTOS: SCOPES[PHOTOS]}},
            "authorizationCode": {
                "authorizationUrl": f"{SIGN_IN}/authorize",
                "tokenUrl": token,
                "scopes": SCOPES,
            },
        },
    }


def operation(route: Route) -> Json:
    body = {
        "requestBody": {
            "required": not route.body_optional,
            "content": {"application/json": {"schema": refer(route.body)}},
        }
    }
    return {
        "operationId": f"{route.method.lower()}{re.sub(r'[^a-z]+', '_', route.path).rstrip('_')}",
        "summary": route.does,
        "description": f"For {', '.join(route.who)}.",
        "security": [{"pool": [scope]} for scope in route.scopes],
        **({"parameters": found} if (found := parameters(route)) else {}),
        **(body if route.body else {}),
        "responses": responses(route),
    }


def refer(kind: type[Struct] | None) -> Json:
    return {"$ref": REFERENCE.format(name=kind.__name__)} if kind else {}


def parameters(route: Route) -> list[Json]:
    kinds: dict[str, Any] = {"id": PhotoId, "number": Number}
    found = [
        {"name": name, "in": "path", "required": True, "schema": msgspec.json.schema(kinds[name])}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    if route.query:
        _, schemas = msgspec.json.schema_components([route.query], ref_template=REFERENCE)
        schema = schemas[route.query.__name__]
        found += [{"name": name, "in": "query", "schema": it} for name, it in schema["properties"].items()]
    if route.has_key:
        found.append({"name": "Idempotency-Key", "in": "header", "schema": msgspec.json.schema(Key)})
    return found


def refusals(route: Route) -> dict[int, list[type[Problem]]]:
    """By status."""
    found: dict[int, list[type[Problem]]] = defaultdict(list)
    of_all: tuple[type[Problem], ...] = (*route.problems, NotAllowed, Unavailable)
    for problem in of_all:
        found[problem.status].append(problem)
    return found


def responses(route: Route) -> Json:
    told: dict[int, Json] = {
        route.status: {
            "description": TITLES[route.status],
            **({"headers": headers(route.headers)} if route.headers else {}),
            "content": {"application/json": {"schema": refer(route.answer)}},
        }
    }
    for status, reason in GATEWAY.items():
        told[status] = {
            "description": reason,
            **({"headers": headers(OF_REFUSALS[status])} if status in OF_REFUSALS else {}),
            "content": {"application/json": {"schema": refer(GatewayMessage)}},
        }
    for status, problems in refusals(route).items():
        one = told.setdefault(status, {"description": "", "content": {}})
        names = [f"{problem.__name__}: {problem.title}." for problem in problems]
        one["description"] = " ".join(filter(None, (*names, one["description"])))
        one["content"]["application/problem+json"] = {
            "schema": refer(ProblemDetails),
            "examples": {problem.__name__: {"value": example(problem)} for problem in problems},
        }
    return {str(status): told[status] for status in sorted(told)}


def headers(names: Iterable[str]) -> Json:
    return {name: {"description": HEADERS[name][0], "schema": HEADERS[name][1]} for name in names}


def example(problem: type[Problem]) -> Json:
    return {
        "type": f"urn:scones-unlimited:{problem.__name__}",
        "title": problem.title,
        "status": problem.status,
        "detail": "What is wrong with this call.",
    }


def write() -> str:
    return json.dumps(describe(), indent=2) + "\n"


def rows() -> list[tuple[str, ...]]:
    return [
        (
            f"`{route.key}`: {route.does}",
            ", ".join(route.who),
            ", ".join(f"`{scope}`" for scope in route.scopes),
            takes(route),
            f"{route.status} {list_fields(route.answer)}",
            ", ".join(f"`{it.__name__}` {it.status}" for it in route.problems),
        )
        for route in ROUTES.values()
    ]


def takes(route: Route) -> str:
    parts = [
        f"body: {list_fields(route.body)}" if route.body else "",
        f"query: {list_fields(route.query)}" if route.query else "",
        "header: `Idempotency-Key`?" if route.has_key else "",
    ]
    return "; ".join(filter(None, parts))


def list_fields(kind: type[Struct]) -> str:
    """With a question mark where it may be left out."""
    return ", ".join(
        f"`{field.encode_name}`{'' if field.required else '?'}" for field in msgspec.structs.fields(kind)
    )


def fill(text: str) -> str:
    """The page's text with the table in its place."""
    divider = tuple("---" for _ in COLUMNS)
    drawn = "".join("| " + " | ".join(row) + " |\n" for row in (COLUMNS, divider, *rows()))
    filled, places = PLACE.subn(lambda place: place[1] + drawn + place[2], text)
    if not places:
        raise UserError(
            "the page has no <!-- lambdas.calls.api_description --> and <!-- end --> to put the table between"
        )
    return filled


def main() -> None:
    parser = arguments.Parser("lambdas.calls.api_description", __doc__)
    parser.add_argument("--page", type=Path, help="a page to put the table into, as docs/api.md")
    page = parser.parse_args().page
    if page:
        page.write_text(fill(page.read_text()))
        page.with_name("openapi.json").write_text(write())
    else:
        out.print(write(), end="")


if __name__ == "__main__":
    run(main)
