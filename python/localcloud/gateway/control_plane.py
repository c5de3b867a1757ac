"""API Gateway: where an API is reached, and a stage that changes.

AWS: an API has an address of its own; here it is the local cloud's, with the API's id in the path, by the name
localhost: to a browser an API is another origin than the buckets and the pools, as on AWS. An authorizer's issuer is
asked for its discovery document at once.
moto 5.2.5 answers AWS's address, takes any issuer, and has no `UpdateStage`, nor what takes a stage's log or a route's
settings back.
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from moto.apigatewayv2 import urls
from moto.apigatewayv2.exceptions import ApiNotFound, BadRequestException
from moto.apigatewayv2.models import Api, ApiGatewayV2Backend, Authorizer, Stage
from moto.apigatewayv2.responses import ApiGatewayV2Response
from moto.core.common_types import TYPE_RESPONSE

from core.contract.shapes import Json
from localcloud import gaps
from localcloud.people import user_pools

PATHS = (
    "{0}/v2/apis/(?P<api_id>[^/]+)/stages/(?P<stage_name>[^/]+)/accesslogsettings$",
    "{0}/v2/apis/(?P<api_id>[^/]+)/stages/(?P<stage_name>[^/]+)/routesettings/(?P<route_key>.+)$",
)
NO_ISSUER = (
    "Invalid issuer: {}. "
    "Issuer must have a valid discovery endpoint ended with '/.well-known/openid-configuration'"
)
PREFIX = "/_aws/execute-api/"

_apis: dict[str, Api] = {}


def install(url: str, tell: Callable[[str], object]) -> None:
    """Fill the gaps; where an API is, somebody is told."""
    here = f"http://localhost:{urlsplit(url).port}"

    @gaps.wrap(Api, "__init__")
    def create(original: gaps.Original, self: Api, *args: object, **more: object) -> None:
        original(self, *args, **more)
        self.api_endpoint = f"{here}{PREFIX}{self.api_id}"
        _apis[self.api_id] = self
        tell(f"the API {self.name} is at {self.api_endpoint}")

    @gaps.wrap(ApiGatewayV2Backend, "delete_api")
    def delete_api(original: gaps.Original, self: ApiGatewayV2Backend, api_id: str) -> None:
        if api_id not in self.apis:
            raise ApiNotFound(api_id)
        original(self, api_id)
        _apis.pop(api_id, None)

    @gaps.wrap(ApiGatewayV2Backend, "create_authorizer")
    def create_authorizer(
        original: gaps.Original, self: ApiGatewayV2Backend, api_id: str, **asked: Any
    ) -> Authorizer:
        issuer = (asked["jwt_config"] or {}).get("issuer", "")
        if asked["authorizer_type"] == "JWT" and user_pools.find_issuer(issuer) is None:
            raise BadRequestException(NO_ISSUER.format(issuer))
        return original(self, api_id, **asked)  # type: ignore[no-any-return]

    urls.url_paths.update(dict.fromkeys(PATHS, ApiGatewayV2Response.dispatch))

    @gaps.add(ApiGatewayV2Response)
    def update_stage(self: ApiGatewayV2Response) -> TYPE_RESPONSE:
        stage = _find_stage(self)
        change(stage, json.loads(self.body))
        return 200, {}, json.dumps(stage.to_json())

    @gaps.add(ApiGatewayV2Response)
    def delete_access_log_settings(self: ApiGatewayV2Response) -> TYPE_RESPONSE:
        _find_stage(self).access_log_settings = None
        return 204, {}, ""

    @gaps.add(ApiGatewayV2Response)
    def delete_route_settings(self: ApiGatewayV2Response) -> TYPE_RESPONSE:
        route = unquote(self.path).partition("/routesettings/")[2]
        _find_stage(self).route_settings.pop(route, None)
        return 204, {}, ""


def _find_stage(response: ApiGatewayV2Response) -> Stage:
    """The stage whose path, or whose setting's path, is asked for."""
    api_id, _, name = response.path.split("/")[3:6]
    return response.apigatewayv2_backend.get_stage(api_id, unquote(name))  # type: ignore[no-any-return]


def find(api_id: str) -> Api | None:
    """The API that has this id."""
    return _apis.get(api_id)


def change(stage: Stage, asked: Json) -> None:
    """What the request names; the rest stays."""
    names = {
        "accessLogSettings": "access_log_settings",
        "autoDeploy": "auto_deploy",
        "clientCertificateId": "client_certificate_id",
        "defaultRouteSettings": "default_route_settings",
        "description": "description",
        "stageVariables": "stage_variables",
    }
    for name, attribute in names.items():
        if name in asked:
            setattr(stage, attribute, asked[name])
    stage.route_settings = {**stage.route_settings, **asked.get("routeSettings", {})}
