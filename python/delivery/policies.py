"""Whom a policy of AWS's lets in: of its JSON where a plan knows it, else of the code that makes it."""

import json
import re

from core.contract.shapes import Json

# Conditions on who it is or whose; any other one leaves the door open.
ARNS = ("aws:principalarn", "aws:sourcearn")
WHO = (
    *ARNS,
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourceowner",
    "kms:calleraccount",
)
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
        found = json.loads(value).get("Statement", [])
    except ValueError:
        return []
    return [it for it in listed(found) if isinstance(it, dict)]


def read_document(values: Json) -> list[Json]:
    """The statements of a data source that makes a policy, as far as they are known."""
    return [
        {
            "Effect": it.get("effect") or "Allow",
            "Principal": {who.get("type"): who.get("identifiers") for who in it.get("principals") or []},
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
    return (
        said.get("effect") != "Deny"
        and ("notprincipal" in said or is_anybody(said.get("principal")))
        and not says_who(said.get("condition"))
    )


def is_anybody(principal: object) -> bool:
    if isinstance(principal, dict | list):
        return any(map(is_anybody, principal.values() if isinstance(principal, dict) else principal))
    # In code, what cannot be told stands for anything, also for nothing beside a `*`.
    return isinstance(principal, str) and bool(principal) and not principal.strip("* \t\r\n")


def says_who(condition: object) -> bool:
    return isinstance(condition, dict) and any(
        key.lower() in WHO and all(is_fixed(key.lower(), it) for it in listed(values))
        for operator, keys in condition.items()
        if POSITIVE.fullmatch(operator) and isinstance(keys, dict)
        for key, values in keys.items()
    )


def is_fixed(key: str, value: object) -> bool:
    """Whether this is one account's, or one thing; of an account's ARNs it may be several."""
    text = str(value)
    account = text.split(":")[:5] if key in ARNS else []
    return not WILD.search(":".join(account) if len(account) == 5 and account[4] else text)
