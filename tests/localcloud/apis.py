"""APIs, the pools whose tokens they take, and what sends them a request."""

import json
import uuid
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

ACCOUNT = "123456789012"
SCOPES = ("photos", "review")
ECHO = """
import json
def handler(event, context):
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(event)}
"""


class Said(NamedTuple):
    """An answer. Names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes
    cookies: list[str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(url: str, method: str = "GET", body: bytes | str | None = None, **headers: str) -> Said:
    """Send a request, and go nowhere else: `content_type="text/plain"` is a header."""
    location = urlsplit(url)
    target = f"{location.path or '/'}?{location.query}" if location.query else location.path or "/"
    connection = HTTPConnection(location.netloc, timeout=60)
    try:
        connection.request(method, target, body, {name.replace("_", "-"): it for name, it in headers.items()})
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Said(answer.status, told, answer.read(), answer.headers.get_all("Set-Cookie") or [])
    finally:
        connection.close()


def post_form(url: str, fields: dict[str, str], **headers: str) -> Said:
    return ask(url, "POST", urlencode(fields), Content_Type="application/x-www-form-urlencoded", **headers)


class Pool:
    """A pool with a domain, the resource server `scones` and three groups."""

    def __init__(self, aws: Callable[[str], Any], cloud: str, **settings: Any) -> None:
        self.idp, self.cloud = aws("cognito-idp"), cloud
        self.id = self.idp.create_user_pool(PoolName="people", **settings)["UserPool"]["Id"]
        self.domain = f"d-{uuid.uuid4().hex[:8]}"
        self.idp.create_user_pool_domain(UserPoolId=self.id, Domain=self.domain)
        scopes = [{"ScopeName": it, "ScopeDescription": it} for it in SCOPES]
        self.idp.create_resource_server(UserPoolId=self.id, Identifier="scones", Name="scones", Scopes=scopes)
        self.issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{self.id}"

    def program(self, *scopes: str, **settings: Any) -> dict[str, str]:
        """A client that is a program: its id and its secret."""
        made = self.idp.create_user_pool_client(
            UserPoolId=self.id,
            ClientName=f"c-{uuid.uuid4().hex[:8]}",
            GenerateSecret=True,
            AllowedOAuthFlowsUserPoolClient=True,
            AllowedOAuthFlows=["client_credentials"],
            AllowedOAuthScopes=list(scopes or ("scones/photos",)),
            **settings,
        )["UserPoolClient"]
        return {"client_id": made["ClientId"], "client_secret": made["ClientSecret"]}

    def discover(self) -> dict[str, str]:
        return ask(f"{self.cloud}/{self.id}/.well-known/openid-configuration").json

    def ask_token(self, **fields: str) -> Said:
        return post_form(self.discover()["token_endpoint"], fields)

    def token(self, program: dict[str, str], **fields: str) -> str:
        """An access token of this program."""
        return self.ask_token(grant_type="client_credentials", **program, **fields).json["access_token"]


class Api:
    """An HTTP API whose routes this function answers."""

    def __init__(
        self, aws: Callable[[str], Any], function: str, allowed: bool = True, **settings: Any
    ) -> None:
        self.gateway, self.aws = aws("apigatewayv2"), aws
        made = self.gateway.create_api(Name="api", ProtocolType="HTTP", **settings)
        self.id, self.url = made["ApiId"], made["ApiEndpoint"]
        self.integration = self.gateway.create_integration(
            ApiId=self.id, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
        )["IntegrationId"]
        self.gateway.create_stage(ApiId=self.id, StageName="$default", AutoDeploy=True)
        if allowed:
            self.let_invoke(function, "/*/*")

    def let_invoke(self, function: str, source: str) -> None:
        self.aws("lambda").add_permission(
            FunctionName=function,
            StatementId=f"s-{uuid.uuid4().hex}",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{self.id}{source}",
        )

    def authorize_by(self, pool: Pool, *audience: str) -> dict[str, str]:
        """An authorizer that takes the pool's tokens of these clients; what a route needs to name it."""
        made = self.gateway.create_authorizer(
            ApiId=self.id,
            AuthorizerType="JWT",
            Name="people",
            IdentitySource=["$request.header.Authorization"],
            JwtConfiguration={"Audience": list(audience), "Issuer": pool.issuer},
        )
        return {"AuthorizationType": "JWT", "AuthorizerId": made["AuthorizerId"]}

    def route(self, *keys: str, **settings: Any) -> None:
        for key in keys:
            self.gateway.create_route(
                ApiId=self.id, RouteKey=key, Target=f"integrations/{self.integration}", **settings
            )

    def ask(self, path: str, method: str = "GET", body: bytes | str | None = None, **headers: str) -> Said:
        return ask(f"{self.url}{path}", method, body, **headers)
