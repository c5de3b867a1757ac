"""Whom a policy of AWS's lets in: of its JSON where a plan knows it, else of the code that makes it."""

import json
import re

from core.contract.shapes import Json

ANYBODY = re.compile(r'(?<!\w)"?(Not)?Principal"?\s*[=:]\s*(?:"\*"|\{[^{}]*"\*"[^{}]*\})')
CONDITIONED = re.compile(r'(?<!\w)"?(Condition"?\s*[=:]|Effect"?\s*[=:]\s*"Deny")')
# Conditions on who it is or whose; any other one leaves the door open.
WHO = (
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceowner",
    "kms:calleraccount",
)
POSITIVE = re.compile(
    r"(ForAnyValue:)?(String(Equals|Like|EqualsIgnoreCase)|Arn(Equals|Like))", re.IGNORECASE
)


def read(value: object) -> list[Json]:
    """The statements of a policy in JSON; none of anything else."""
    if not isinstance(value, str) or '"Statement"' not in value:
        return []
    try:
        found = json.loads(value)["Statement"]
    except (ValueError, KeyError, TypeError):
        return []
    return [it for it in listed(found) if isinstance(it, dict)]


def listed(value: object) -> list:
    return value if isinstance(value, list) else [value]


def allows_anybody(value: object) -> bool:
    return any(
        it.get("Effect") == "Allow"
        and ("NotPrincipal" in it or is_anybody(it.get("Principal")))
        and not says_who(it)
        for it in read(value)
    )


def is_anybody(principal: object) -> bool:
    named = principal.values() if isinstance(principal, dict) else [principal]
    return any("*" in listed(it) for it in named)


def says_who(statement: Json) -> bool:
    return any(
        key.lower() in WHO and "*" not in listed(values)
        for operator, keys in statement.get("Condition", {}).items()
        if POSITIVE.fullmatch(operator)
        for key, values in keys.items()
    )


def allows_anybody_in_code(text: str) -> bool:
    """Whether an object in Terraform's code lets anybody in, and neither denies nor has a condition."""
    return any(not CONDITIONED.search(around(text, found.start())) for found in ANYBODY.finditer(text))


def around(text: str, place: int) -> str:
    """The object in braces that is around this place."""
    begin, depth = place, 0
    while begin > 0 and depth <= 0:
        begin -= 1
        depth += {"{": 1, "}": -1}.get(text[begin], 0)
    end, depth = begin, 0
    while end < len(text):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        end += 1
        if depth == 0:
            break
    return text[begin:end]
