"""API Gateway: the tags of stages and domain names, and that a domain name is ready.

AWS: these have tags of their own, which change like those of an API; a domain name says where it leads and whether that
is available. moto 5.2.5 knows tags of APIs alone, and of a domain name no more than it was told.
"""

import hashlib

from moto.apigatewayv2 import urls
from moto.apigatewayv2.models import ApiGatewayV2Backend, DomainName
from moto.apigatewayv2.responses import ApiGatewayV2Response

from core.contract.shapes import Json
from localcloud import gaps

PATHS = (
    "{0}/v2/tags/(?P<resource_arn_pt1>[^/]+)/apis/(?P<api_id>[^/]+)/stages/(?P<stage_name>[^/]+)$",
    "{0}/v2/tags/(?P<resource_arn_pt1>[^/]+)/domainnames/(?P<domain_name>[^/]+)$",
)
ZONE = "Z1UJRXOUMOOFQ8"  # that AWS's documentation names for the endpoints of us-east-1


def install() -> None:
    """Fill the gaps."""
    urls.url_paths.update(dict.fromkeys(PATHS, ApiGatewayV2Response.dispatch))

    @gaps.wrap(ApiGatewayV2Backend, "get_tags")
    def get_tags(original: gaps.Original, self: ApiGatewayV2Backend, resource_id: str) -> dict[str, str]:
        own = find(self, resource_id)
        return original(self, resource_id) if own is None else own  # type: ignore[no-any-return]

    @gaps.wrap(ApiGatewayV2Backend, "tag_resource")
    def tag_resource(
        original: gaps.Original, self: ApiGatewayV2Backend, resource_arn: str, tags: dict[str, str]
    ) -> None:
        own = find(self, resource_arn)
        if own is None:
            original(self, resource_arn, tags)
        else:
            own.update(tags)

    @gaps.wrap(ApiGatewayV2Backend, "untag_resource")
    def untag_resource(
        original: gaps.Original, self: ApiGatewayV2Backend, resource_arn: str, tag_keys: list[str]
    ) -> None:
        own = find(self, resource_arn)
        if own is None:
            original(self, resource_arn, tag_keys)
        for name in tag_keys:
            (own or {}).pop(name, None)

    @gaps.wrap(DomainName, "to_json")
    def to_json(original: gaps.Original, self: DomainName) -> Json:
        shown: Json = original(self)
        region = self.domain_name_arn.split(":")[3]
        name = hashlib.sha256(self.domain_name.encode()).hexdigest()[:10]
        ready = {
            "apiGatewayDomainName": f"d-{name}.execute-api.{region}.amazonaws.com",
            "domainNameStatus": "AVAILABLE",
            "hostedZoneId": ZONE,
        }
        return shown | {"domainNameConfigurations": [it | ready for it in self.domain_name_configurations]}


def find(backend: ApiGatewayV2Backend, arn: str) -> dict[str, str] | None:
    """The tags of a stage or a domain name, to be changed; None of anything else."""
    kind, *rest = arn.partition("::/")[2].split("/")
    if kind == "domainnames":
        named = backend.get_domain_name(rest[0])
        named.tags = named.tags or {}
        return named.tags  # type: ignore[no-any-return]
    if kind == "apis" and rest[1:2] == ["stages"]:
        return backend.get_stage(rest[0], rest[2]).tags  # type: ignore[no-any-return]
    return None
