"""Whom a policy of AWS's lets in: of its JSON where a plan knows it, else of the code that makes it."""

import json
import re
from collections.abc import Iterator

from core.contract.shapes import Json

# Conditions on who it is or whose; any other one leaves the door open.
ARNS = ("aws:principalarn", "aws:sourcearn")
ORG_PATHS = "aws:principalorgpaths"  # begins with the organisation
WHO = (
    *ARNS,
    "aws:principalaccount",
    "aws:principalorgid",
    ORG_PATHS,
    "aws:sourceaccount",
    "aws:sourceorgid",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "kms:calleraccount",
)
# Conditions on whose tokens they are, where a provider gives some to everybody: the subject, or the app they are for.
SUBJECT = ":sub"
APPS = (
    "accounts.google.com:aud",
    "cognito-identity.amazonaws.com:aud",
    "graph.facebook.com:app_id",
    "saml:aud",
    "www.amazon.com:app_id",
)
# What a subject names before the first wild sign: a kind and a whole name, as `repo:owner/`.
SUBJECT_BEGINS = re.compile(r"[^:]+:[^:/]+[:/]")
# Kinds whose policies let nobody in: AWS's own default is `*`, and they narrow what those inside may do.
NARROWING = ("aws_vpc_endpoint", "aws_vpc_endpoint_policy")
WILD = re.compile(r"[*?]|[$&]\{")  # what stands for anything, or for what the caller says
POSITIVE = re.compile(
    r"(ForAnyValue:)?(String(Equals|Like|EqualsIgnoreCase)|Arn(Equals|Like))", re.IGNORECASE
)


class Unreadable(Exception):
    """A policy of which nobody can tell what it allows; the text is the code by which that is so."""


def read(value: object) -> list[Json]:
    """The statements of a policy in JSON; none of anything else."""
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return []
    try:
        found = json.loads(value).items()
    except ValueError:
        return []
    statements = [it for key, part in found if key.lower() == "statement" for it in listed(part)]
    return [it for it in statements if isinstance(it, dict)]


def read_document(values: Json) -> list[Json]:
    """The statements of a data source that makes a policy, as far as they are known."""
    return [
        {
            "Effect": it.get("effect") or "Allow",
            "Principal": [{who.get("type"): who.get("identifiers")} for who in it.get("principals") or []],
            **({"NotPrincipal": it["not_principals"]} if it.get("not_principals") else {}),
            "Condition": read_conditions(it.get("condition") or []),
        }
        for it in values.get("statement") or []
    ]


def read_conditions(found: list[Json]) -> Json:
    conditions: Json = {}
    for it in found:
        conditions.setdefault(str(it.get("test")), {})[str(it.get("variable"))] = it.get("values")
    return conditions


def listed(value: object) -> list:
    return value if isinstance(value, list) else [value]


def allows_anybody(value: object) -> bool:
    return any(map(is_open, read(value)))


def is_open(statement: Json) -> bool:
    """Whether a statement lets anybody do what it says."""
    said = {key.lower(): value for key, value in statement.items()}
    if said.get("effect") == "Deny":
        return False
    principal, condition = said.get("principal"), said.get("condition")
    everybody = "notprincipal" in said or is_anybody(principal)
    return (everybody and not says_who(condition)) or (is_federated(principal) and not says_whose(condition))


def is_anybody(principal: object) -> bool:
    if isinstance(principal, dict | list):
        return any(map(is_anybody, principal.values() if isinstance(principal, dict) else principal))
    # In code, what cannot be told stands for anything, also for nothing beside a `*`.
    return isinstance(principal, str) and bool(principal) and not principal.strip("* \t\r\n")


def is_federated(principal: object) -> bool:
    """Whether it is everybody who has a token of some provider: GitHub gives one to each of its users."""
    if isinstance(principal, list):
        return any(map(is_federated, principal))
    # A key that is computed could be this one.
    return isinstance(principal, dict) and any(
        str(key).lower() == "federated" or str(key).startswith("${") for key in principal
    )


def says_who(condition: object) -> bool:
    return any(key in WHO and all(is_fixed(key, it) for it in values) for key, values in read_keys(condition))


def says_whose(condition: object) -> bool:
    return any(
        (key.endswith(SUBJECT) and all(map(is_subject, values)))
        or (key in APPS and not any(WILD.search(str(it)) for it in values))
        for key, values in read_keys(condition)
    )


def read_keys(condition: object) -> Iterator[tuple[str, list]]:
    """The keys that have to be there, each with the values that it may have."""
    for operator, keys in condition.items() if isinstance(condition, dict) else ():
        if POSITIVE.fullmatch(operator) and isinstance(keys, dict):
            yield from ((key.lower(), listed(values)) for key, values in keys.items() if values)


def is_subject(value: object) -> bool:
    fixed = WILD.split(str(value), maxsplit=1)
    return bool(fixed[0]) and (len(fixed) == 1 or bool(SUBJECT_BEGINS.match(fixed[0])))


def is_fixed(key: str, value: object) -> bool:
    """Whether this is one account's, or one thing; of an account's ARNs or an organisation's parts several may be."""
    text = str(value)
    if key == ORG_PATHS:
        text = text.partition("/")[0]
    account = text.split(":")[:5] if key in ARNS else []
    return not WILD.search(":".join(account) if len(account) == 5 and account[4] else text)
