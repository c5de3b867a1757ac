"""What opens a resource to the public or to anybody, whatever kind it is of: by the names and values of attributes."""

import ipaddress

from core.contract.shapes import Json
from delivery import matters, policies

PUBLIC_ACLS = ("authenticated-read", "public-read", "public-read-write")
LARGEST = {4: 8, 6: 16}  # bits of a network: of this size and larger there is much of the world in it
# So large too, and reached from nowhere else.
PRIVATE = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fc00::/7"))
# Whose networks are their own, and by AWS's limits no larger than /16.
OWN_NETWORK = ("aws_subnet", "aws_vpc", "aws_vpc_ipv4_cidr_block_association")
# Where a network says where to, and not from where.
OUTWARDS = ("destination", "egress", "route")
SWITCHES = (
    "allow_external_principals",
    "allow_unauthenticated_identities",
    "anonymous_auth_enabled",
    "publicly_accessible",
)
WHOSE = ("organization_id", "principal_org_id", "source_account")  # beside a principal


def is_open(kind: str, path: str, value: object) -> bool:
    """Whether the public may reach or read it."""
    name = matters.names(path)[-1]
    words = set(name.split("_"))
    if words & {"cidr", "cidrs"}:
        return is_everywhere(value) and not any(it in kind + path for it in OUTWARDS)
    return (
        (kind, name, value) == ("aws_lambda_function_url", "authorization_type", "NONE")
        or ("acl" in words and value in PUBLIC_ACLS)
        or (name == "uri" and "/groups/global/" in str(value))
        or (name in SWITCHES and value is True)
        or (name in ("account_ids", "group", "shared_accounts") and str(value).lower() == "all")
    )


def could_open(kind: str, path: str) -> bool:
    """Whether some value there could open it: what is known only after apply has to be told."""
    name = matters.names(path)[-1]
    words = name.split("_")
    if {"cidr", "cidrs", "ingress"} & set(words):
        return kind not in OWN_NETWORK and not any(it in kind + path for it in OUTWARDS)
    return (
        words[-1] in ("acl", "principal", "principals")
        or (kind, name) == ("aws_lambda_function_url", "authorization_type")
        or (name == "uri" and "grant" in path)
        or (name == "group" and "permission" in kind)
        or name in SWITCHES
        or name in ("account_ids", "shared_accounts")
    )


def is_everywhere(value: object) -> bool:
    try:
        network = ipaddress.ip_network(str(value), strict=False)
    except ValueError:
        return False
    return network.prefixlen <= LARGEST[network.version] and not any(
        network.version == it.version and network.subnet_of(it)  # type: ignore[arg-type]
        for it in PRIVATE
    )


def is_anybody(path: str, value: object, beside: Json) -> bool:
    """Whether a principal that stands by itself is anybody, and nothing beside it says whose they are."""
    words = set(matters.names(path)[-1].split("_"))
    if value != "*" or not words & {"principal", "principals"}:
        return False
    return not any(beside.get(it) and policies.is_fixed(it, beside[it]) for it in WHOSE)
