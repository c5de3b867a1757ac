"""GitHub's own description of its API, to the letter: what it says of whole requests and whole answers.

`github_schemas.py` looks at the fields that a test gives; here a field that has to be there has to be there, too, and
a request has no field that GitHub does not know. Both read what `make test` installs.
"""

import json
import re
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator
from tests.oracles.github_schemas import INSTALLED, follow, strict, with_slashes


@cache
def read() -> dict[str, Any]:
    return keep_null(json.loads((INSTALLED / "openapi/generated/api.github.com.json").read_text()))


def keep_null(schema: Any) -> Any:
    """What may be null, as JSON Schema says it instead of OpenAPI 3.0."""
    if isinstance(schema, list):
        return [keep_null(it) for it in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: keep_null(it) for key, it in schema.items() if not (key == "nullable" and it is True)}
    return {"anyOf": [found, {"type": "null"}]} if schema.get("nullable") is True else found


@cache
def operation(method: str, path: str) -> dict[str, Any]:
    """What the API offers at a path from its root."""
    for pattern in (strict, with_slashes):
        for template, offered in read()["paths"].items():
            if method.lower() in offered and re.fullmatch(pattern(template), path):
                return offered[method.lower()]
    raise LookupError(f"GitHub has no {method} {path}")


def request_faults(method: str, path: str, body: Any) -> list[str]:
    """What GitHub would not take of a request: its address, its parameters, its body."""
    parts = urlsplit(path)
    found = operation(method, parts.path)
    known = {follow(read(), it)["name"] for it in found.get("parameters", [])}
    asked = re.findall(r"(\w+)=", parts.query)
    faults = [f"{method} {parts.path} takes no {name}" for name in asked if name not in known]
    content = found.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return faults + ([f"{method} {parts.path} takes no body"] if body else [])
    if body is None:
        return [*faults, f"{method} {parts.path} is sent without a body"]
    schema = plain(content["schema"])
    faults += [
        f"{method} {parts.path} knows no {name}" for name in body if name not in schema.get("properties", {})
    ]
    return faults + validate(schema, body)


def answer_faults(method: str, path: str, status: int, body: Any) -> list[str]:
    """What GitHub would not answer so. It gives a 404 also where it does not say that it may."""
    answer = operation(method, urlsplit(path).path)["responses"].get(str(status))
    if answer is None:
        return [] if status == 404 else [f"{method} {path} does not answer with status {status}"]
    content = follow(read(), answer).get("content", {}).get("application/json")
    if content is None:
        return [] if body in ("", None, b"") else [f"{method} {path} answers nothing with status {status}"]
    return validate(content["schema"], body)


def plain(schema: dict[str, Any]) -> dict[str, Any]:
    """A body's own schema, whether it is named, and whether it may be null."""
    schema = follow(read(), schema)
    return plain(schema["anyOf"][0]) if set(schema) == {"anyOf"} else schema


def validate(schema: dict[str, Any], body: Any) -> list[str]:
    whole = schema | {"components": read()["components"]}
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(whole).iter_errors(body)]
