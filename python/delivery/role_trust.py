"""Does a role trust those tokens of GitHub's that it is for, and nothing else?

Compared is the whole trust policy with what `make bootstrap` makes it: both come from one file of
terraform/modules/github_oidc, which Terraform and this fill in.
"""

import json
import re
from string import Template
from typing import Any

from core.contract.shapes import Json
from operations import terraform
from operations.roles import ISSUER

FILE = "modules/github_oidc/trust.json.tftpl"
AUDIENCE = "sts.amazonaws.com"
NOTHING = "nothing"


def wrong(role: Any, name: str, env: str, prefix: str) -> str | None:
    """What a role trusts beside what it should, or instead of it; None if all is well.

    `prefix` is how the subjects of the repository's tokens begin: repo:owner/name, perhaps with numbers.
    """
    (wanted,) = read_statements(fill_in(role["Arn"], env, prefix)[name])
    found = read_statements(role["AssumeRolePolicyDocument"])
    if len(found) != 1:
        return f"it has {len(found)} statements, not one"
    differing = sorted(
        part for part in found[0].keys() | wanted.keys() if found[0].get(part) != wanted.get(part)
    )
    said = [f"its {part} is {show(found[0].get(part))}, not {show(wanted.get(part))}" for part in differing]
    return "; ".join(said) or None


def fill_in(role_arn: str, env: str, prefix: str) -> Json:
    """The trust policy of each role, as Terraform makes it."""
    repository = prefix.removeprefix("repo:")
    text = (terraform.CONFIGURATION / FILE).read_text()
    filled = Template(text).substitute(
        audience=AUDIENCE,
        environment=env,
        issuer=ISSUER,
        provider_arn=f"{role_arn.partition(':role/')[0]}:oidc-provider/{ISSUER}",
        repository=repository,
        repository_name=re.sub("@[0-9]+", "", repository),
    )
    return json.loads(filled)


def read_statements(document: Json) -> list[dict[str, set[str]]]:
    """Of each statement every part by its place, as in Condition StringEquals ISSUER:sub; one needs no list."""
    given = document["Statement"]
    return [read_parts(it) for it in (given if isinstance(given, list) else [given])]


def read_parts(value: Any, place: str = "") -> dict[str, set[str]]:
    """One value is as good as a list of it, and order says nothing."""
    if isinstance(value, dict):
        parts = [read_parts(part, f"{place} {name}".strip()) for name, part in value.items()]
        return {name: values for found in parts for name, values in found.items()}
    return {place: set(map(str, value)) if isinstance(value, list) else {str(value)}}


def show(values: set[str] | None) -> str:
    return ", ".join(sorted(values)) if values else NOTHING
