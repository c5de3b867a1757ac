"""Whoever makes an API with a page at its root is told where that is: `make cloud` prints it."""

from collections.abc import Callable
from typing import Any

from moto.apigatewayv2.models import ApiGatewayV2Backend, Route

from localcloud import gaps

ROOT = "GET /"


def install(tell: Callable[[str], object]) -> None:
    @gaps.wrap(ApiGatewayV2Backend, "create_route")
    def create_route(original: gaps.Original, self: ApiGatewayV2Backend, api_id: str, **asked: Any) -> Route:
        made: Route = original(self, api_id, **asked)
        if made.route_key == ROOT:
            tell(f"its console is at {self.get_api(api_id).api_endpoint}/: make console opens it, signed in")
        return made
