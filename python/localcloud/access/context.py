"""What is known of a request, for the conditions of policies: the keys that this project's policies ask for.

A key that is not in the table raises NotImplementedError: a condition that cannot be judged must not pass for met.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from moto.apigatewayv2.models import apigatewayv2_backends
from moto.cognitoidp.models import cognitoidp_backends
from moto.kms.models import kms_backends

from core.contract.shapes import Json
from localcloud import autoscaling
from localcloud.access import resource_policies, role_policies
from localcloud.access.principals import Principal

Values = Sequence[str] | None
PASSED_TO = {"stepfunctions": "states"}


@dataclass(frozen=True)
class Call:
    """A request as far as IAM is concerned. `place` has the region and the account."""

    principal: Principal
    service: str  # the name that requests are signed for
    operation: str
    asked: Json
    place: dict[str, str]
    known: dict[str, str] = field(default_factory=dict)  # what a service adds when it asks for the caller


def look_up(call: Call, resource: str, key: str) -> Values:
    """The values of a condition key, in lower case; None if the request has none."""
    said = call.known.get(key) or dict(call.principal.known).get(key)
    if said is not None:
        return [said]
    name, _, tag = key.partition("/")
    if name in TAGS and tag:
        return TAGS[name](call, resource, tag)
    if key not in KEYS:
        raise NotImplementedError(f"the local cloud knows no condition key {key}")
    return KEYS[key](call, resource)


def _asked(*names: str) -> Callable[[Call, str], Values]:
    """What the request itself says under one of these names."""

    def find(call: Call, _resource: str) -> Values:
        return next(([str(call.asked[name])] for name in names if call.asked.get(name)), None)

    return find


def _absent(_call: Call, _resource: str) -> Values:
    """Only a service says it, or only of some requests."""
    return None


def _requested_tag(call: Call, _resource: str, tag: str) -> Values:
    tags: Json | list[Json] = next(
        (call.asked[name] for name in ("Tags", "tags", "UserPoolTags") if call.asked.get(name)), []
    )
    pairs = tags if isinstance(tags, dict) else dict(map(_pair, tags))
    return next(([value] for name, value in pairs.items() if name.lower() == tag), None)


def _pair(tag: Json) -> tuple[str, str]:
    fields = {name.lower(): value for name, value in tag.items()}
    return fields.get("tagkey") or fields["key"], fields.get("tagvalue", fields.get("value", ""))


def _tag_of_resource(call: Call, resource: str, tag: str) -> Values:
    """Of a KMS key, a scalable target, an API or a user pool: no policy here asks for another thing's tags."""
    service = resource.split(":")[2] if resource.startswith("arn:") else ""
    if service not in TAGGED:
        raise NotImplementedError(f"the local cloud does not look up the tags of {resource}")
    found = TAGGED[service](call.place["account"], call.place["region"], resource)
    return next(([value] for name, value in found.items() if name.lower() == tag), None)


def _tags_of_key(account: str, region: str, resource: str) -> dict[str, str]:
    return kms_backends[account][region].tagger.get_tag_dict_for_resource(resource.rpartition("/")[2])


def _tags_of_api(account: str, region: str, resource: str) -> dict[str, str]:
    """What is below an API has none of its own here, but those of the API."""
    backend, (kind, *named) = apigatewayv2_backends[account][region], resource.partition("::/")[2].split("/")
    if kind == "apis" and named and named[0] in backend.apis:
        return backend.get_tags(backend.apis[named[0]].arn)  # type: ignore[no-any-return]
    if kind == "domainnames" and named and named[0] in backend.domain_names:
        return dict(backend.domain_names[named[0]].tags or {})
    return {}


def _tags_of_pool(account: str, region: str, resource: str) -> dict[str, str]:
    pool = cognitoidp_backends[account][region].user_pools.get(resource.rpartition("/")[2])
    return dict(pool.extended_config.get("UserPoolTags") or {}) if pool else {}


def _aliases_of_key(call: Call, resource: str) -> Values:
    key = resource_policies.find_key(call.place["region"], call.place["account"], resource)
    return list(key.aliases) or None if key else None


def _boundary(call: Call, resource: str) -> Values:
    """The boundary that a role is given, or has when its policies are changed."""
    if "PermissionsBoundary" in call.asked:
        return [call.asked["PermissionsBoundary"]]
    role = role_policies.find(resource)
    return [role.permissions_boundary_arn] if role and role.permissions_boundary_arn else None


def _passed_to(call: Call, _resource: str) -> Values:
    return [f"{PASSED_TO.get(call.service, call.service)}.amazonaws.com"]


def _for_aws(_call: Call, _resource: str) -> Values:
    return ["false"]  # somebody asks for the grant; a service says so itself


TAGGED = {
    "apigateway": _tags_of_api,
    "application-autoscaling": autoscaling.read_tags,
    "cognito-idp": _tags_of_pool,
    "kms": _tags_of_key,
}
TAGS = {"aws:requesttag": _requested_tag, "aws:resourcetag": _tag_of_resource}
KEYS: dict[str, Callable[[Call, str], Values]] = {
    "application-autoscaling:service-namespace": _asked("ServiceNamespace"),
    "aws:principalarn": lambda call, _resource: [call.principal.role] if call.principal.role else None,
    "aws:securetransport": lambda _call, _resource: ["true"],  # plain HTTP to this machine stands for HTTPS
    "aws:sourceaccount": _absent,
    "aws:sourcearn": _absent,
    "aws:sourceowner": _absent,
    "cloudwatch:namespace": _asked("Namespace"),
    "iam:passedtoservice": _passed_to,
    "iam:permissionsboundary": _boundary,
    "kms:calleraccount": lambda call, _resource: [call.place["account"]],
    "kms:encryptioncontext:aws:logs:arn": _absent,
    "kms:grantisforawsresource": _for_aws,
    "kms:resourcealiases": _aliases_of_key,
    "kms:viaservice": _absent,
    "s3:if-none-match": _asked("IfNoneMatch"),
    "s3:prefix": _asked("Prefix"),
}
