"""The routes by which an API of API Gateway's takes requests from anybody."""

from collections.abc import Iterator
from typing import Any

from delivery import plan

# By kind: which attribute says who may ask, and which for what.
ROUTES = {
    "aws_api_gateway_method": ("authorization", "http_method"),
    "aws_apigatewayv2_route": ("authorization_type", "route_key"),
}
API = "aws_apigatewayv2_api"
# The console's, from which people sign in: there is nothing of a photo or of a person in what they answer.
CONSOLE = "module.api.aws_apigatewayv2_route.console["
PAGES = ("GET /", "GET /console/{version}/{file}", "GET /review")
OTHERWISE = "$default"  # whatever no other route takes
CONNECT = "$connect"  # where a WebSocket asks who it is: its other routes come after that


def find(changes: list[Any]) -> Iterator[str]:
    """What is open, and by which attribute."""
    protocols = {it["change"]["after"].get("protocol_type") for it in changes if it["type"] == API}
    for change in changes:
        kind, values = change["type"], change["change"]["after"]
        if kind in ROUTES:
            who, what = ROUTES[kind]
            route = str(values.get(what) or OTHERWISE)
            if change["address"].startswith(CONSOLE) and route in PAGES:
                continue
            # One that is known only after apply could be none.
            if values.get(who) in (None, "NONE") and needs_one(kind, route, protocols):
                yield f"{plan.address(change)} is open to the public by {who} = NONE"
        elif kind == API and (
            values.get("target") or "target" in (change["change"].get("after_unknown") or {})
        ):
            yield f"{plan.address(change)} is open to the public by target, which makes a route without authorization"


def needs_one(kind: str, route: str, protocols: set[object]) -> bool:
    # A browser asks what it may before it says who it is.
    if route.split(" ")[0] == "OPTIONS":
        return False
    if kind != "aws_apigatewayv2_route" or route == CONNECT or " " in route:
        return True
    return route == OTHERWISE and protocols != {"WEBSOCKET"}
