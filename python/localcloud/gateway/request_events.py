"""The event that a function gets of a request: payload format 2.0.

AWS: names of headers are in lower case, several values of one are joined by commas, and so are those of a parameter of
the query; cookies stand apart. A body is base64 unless its type is text, JSON, XML or JavaScript: a form is base64.
What a request does not have (a query, cookies, variables of the path, a body) the event does not have either.
"""

import base64
import json
from urllib.parse import parse_qsl

from core.contract.shapes import Json
from localcloud.functions.invocation import follow
from localcloud.gateway import tokens
from localcloud.gateway.api_requests import Exchange
from localcloud.http.exchanges import Incoming

TEXT = ("application/javascript", "application/json", "application/xml")
LEFT_OUT = ("connection", "cookie")
PORT, PROTOCOL = "443", "https"  # plain HTTP to this machine stands for HTTPS


def make(exchange: Exchange) -> bytes:
    """The event as JSON."""
    incoming = exchange.incoming
    assert exchange.route
    event: Json = {
        "version": "2.0",
        "routeKey": exchange.route.route_key,
        "rawPath": exchange.raw_path,
        "rawQueryString": incoming.query,
    }
    if cookies := _cookies(incoming):
        event["cookies"] = cookies
    event["headers"] = _headers(incoming)
    if parameters := read_query(incoming.query):
        event["queryStringParameters"] = parameters
    event["requestContext"] = _context(exchange)
    if exchange.variables:
        event["pathParameters"] = exchange.variables
    if exchange.stage.stage_variables:
        event["stageVariables"] = exchange.stage.stage_variables
    encoded = bool(incoming.body) and not _is_text(incoming)
    if incoming.body:
        event["body"] = (
            base64.b64encode(incoming.body).decode() if encoded else incoming.body.decode(errors="replace")
        )
    event["isBase64Encoded"] = encoded
    return json.dumps(event).encode()


def read_query(query: str) -> dict[str, str]:
    """The parameters, decoded; several values of one are joined."""
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return {name: ",".join(values) for name, values in found.items()}


def _headers(incoming: Incoming) -> dict[str, str]:
    given = {name: value for name, value in incoming.headers.items() if name not in LEFT_OUT}
    forwarded = ",".join(filter(None, (given.get("x-forwarded-for"), incoming.source_ip)))
    return {
        "content-length": str(len(incoming.body)),
        **given,
        "x-amzn-trace-id": follow(given.get("x-amzn-trace-id", "")).split(";", maxsplit=1)[0],
        "x-forwarded-for": forwarded,
        "x-forwarded-port": PORT,
        "x-forwarded-proto": PROTOCOL,
    }


def _cookies(incoming: Incoming) -> list[str]:
    return [it.strip() for it in incoming.headers.get("cookie", "").split(";") if it.strip()]


def _context(exchange: Exchange) -> Json:
    assert exchange.route
    incoming = exchange.incoming
    context: Json = {"accountId": exchange.account, "apiId": exchange.api.api_id}
    if exchange.granted:
        claims = {name: tokens.write(value) for name, value in exchange.granted.claims.items()}
        context["authorizer"] = {"jwt": {"claims": claims, "scopes": exchange.granted.scopes}}
    return {
        **context,
        "domainName": exchange.domain,
        "domainPrefix": exchange.api.api_id,
        "http": {
            "method": incoming.method,
            "path": exchange.raw_path,
            "protocol": incoming.protocol,
            "sourceIp": incoming.source_ip,
            "userAgent": incoming.headers.get("user-agent", ""),
        },
        "requestId": exchange.id,
        "routeKey": exchange.route.route_key,
        "stage": exchange.stage.name,
        "time": exchange.time,
        "timeEpoch": exchange.milliseconds,
    }


def _is_text(incoming: Incoming) -> bool:
    kind = incoming.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind.startswith("text/") or kind in TEXT
