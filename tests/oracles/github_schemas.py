"""GitHub's own description of its API and of its events: what it says of the answers and payloads that tests make up.

`make test` installs both from npm, in the versions and with the checksums of github-schemas/package-lock.json. A test
gives only the fields that it is about, so that none is missed here: each that is there has to be one of GitHub's, and
of its type. What a schema puts together out of several is not looked at.
"""

import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from jsonschema import Draft202012Validator

INSTALLED = Path(sys.prefix) / "github-schemas/node_modules/@octokit"
MISSING = "GitHub's schemas are not installed: `make test` does that, where npm can be reached"
PREFIX = "/repos/{owner}/{repo}/"


def is_installed() -> bool:
    return (INSTALLED / "openapi").is_dir() and (INSTALLED / "openapi-webhooks").is_dir()


@cache
def read(package: str) -> dict[str, Any]:
    text = (INSTALLED / package / "generated/api.github.com.json").read_text()
    return loosen(json.loads(text))


def loosen(schema: Any) -> Any:
    """Nothing has to be there, and nothing may be there that has no name."""
    if isinstance(schema, list):
        return [loosen(it) for it in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("allOf"), list):
        return {}
    found = {
        key: loosen(it) for key, it in schema.items() if not (key == "required" and isinstance(it, list))
    }
    if isinstance(found.get("properties"), dict) and "type" in found:
        found.setdefault("additionalProperties", False)
    if found.pop("nullable", False) is True:  # as OpenAPI 3.0 says it
        return {"anyOf": [found, {"type": "null"}]}
    return found


def operation(method: str, path: str) -> tuple[dict[str, Any], str]:
    """What the API offers there, and the path as it has it."""
    wanted = urlsplit(path).path
    for pattern in (strict, with_slashes):
        for template, offered in read("openapi")["paths"].items():
            if not template.startswith(PREFIX) or method.lower() not in offered:
                continue
            if re.fullmatch(pattern(template.removeprefix(PREFIX)), wanted):
                return offered[method.lower()], template
    raise LookupError(f"GitHub has no {method} {wanted}")


def strict(template: str) -> str:
    return re.sub(r"\{\w+\}", "[^/]+", template)


def with_slashes(template: str) -> str:
    """Where what comes last is a file's path, or a branch's name, there are slashes in it."""
    return re.sub(r"\[\^/\]\+$", ".+", strict(template)) if template.endswith(("{path}", "{ref}")) else "(?!)"


def answer_faults(method: str, path: str, status: int, body: Any) -> list[str]:
    """What is not GitHub's in an answer, or in what was asked."""
    found, template = operation(method, path)
    document = read("openapi")
    parameters = [follow(document, it) for it in found.get("parameters", [])]
    names = {it["name"] for it in parameters if it["in"] == "query"}
    faults = [f"{template} takes no {name}" for name in parse_qs(urlsplit(path).query) if name not in names]
    answer = found["responses"].get(str(status))
    if answer is None:
        return [*faults, f"{template} does not answer with status {status}"]
    content = follow(document, answer).get("content", {}).get("application/json")
    if content is None or isinstance(body, bytes | str):
        return faults
    return faults + validate(document, content["schema"], body)


def event_faults(name: str, payload: dict[str, Any]) -> list[str]:
    """What is not GitHub's in the payload of an event, as in push or pull-request-opened."""
    document = read("openapi-webhooks")
    content = document["webhooks"][name]["post"]["requestBody"]["content"]["application/json"]
    return validate(document, content["schema"], payload)


def follow(document: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in found:
        return found
    *_, kind, name = found["$ref"].split("/")
    return document["components"][kind][name]


def validate(document: dict[str, Any], schema: dict[str, Any], body: Any) -> list[str]:
    whole = schema | {"components": document["components"]}
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(whole).iter_errors(body)]
