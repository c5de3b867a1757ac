"""What a saved Terraform plan would change, without anything of the machine, the time or a secret in it."""

import hashlib
import json
import subprocess
from itertools import zip_longest
from pathlib import Path
from typing import TypedDict

from core.console import UserError
from core.contract.shapes import Json
from operations import terraform

NOTHING = (["no-op"], ["read"])
HIDDEN = "sensitive, sha256 "


class Change(TypedDict):
    """What the plan does to an output or a resource; what is sensitive in it is hidden."""

    actions: list[str]
    before: object
    after: object
    after_unknown: object
    replace_paths: list[list[str | int]]


class NamedChange(Change):
    address: str


class ResourceChange(NamedChange):
    type: str


def path(env: str) -> Path:
    """Where `make plan` saves the plan."""
    return (terraform.BUILD / f"{env}.tfplan").resolve()


def show(env: str) -> Json:
    """The saved plan as Terraform's JSON."""
    saved = path(env)
    if not saved.is_file():
        raise UserError(f"there is no plan for {env}: make one with make plan ENV={env}")
    command = terraform.command(env, ["show", "-json", str(saved)])
    done = subprocess.run(command, env=terraform.variables(env), capture_output=True, text=True)
    if done.returncode:
        raise UserError(f"{saved} cannot be read: make it again with make plan ENV={env}\n{done.stderr}")
    return json.loads(done.stdout)


def changes(shown: Json) -> list[ResourceChange]:
    """The resources that the plan changes, by address, with secrets replaced by their hashes."""
    found: list[ResourceChange] = [
        {"address": address(resource), "type": resource["type"], **visible(resource["change"])}
        for resource in shown.get("resource_changes", [])
        if resource["change"]["actions"] not in NOTHING
    ]
    return sorted(found, key=lambda change: change["address"])


def outputs(shown: Json) -> dict[str, Change]:
    """The outputs that the plan changes."""
    return {
        name: visible(change)
        for name, change in sorted(shown.get("output_changes", {}).items())
        if change["actions"] not in NOTHING
    }


def address(resource: Json) -> str:
    """A replaced object whose removal once failed has the address of the one that replaced it, and a mark."""
    mark = f" (deposed {resource['deposed']})" if "deposed" in resource else ""
    return resource["address"] + mark


def visible(change: Json) -> Change:
    return {
        "actions": change["actions"],
        "before": hide(change["before"], change["before_sensitive"]),
        "after": hide(change.get("after"), change["after_sensitive"]),
        "after_unknown": change["after_unknown"],
        "replace_paths": change.get("replace_paths", []),
    }


def hide(value: object, sensitive: object) -> object:
    """The value, with the hash of each part that Terraform marks as sensitive in that part's place."""
    if sensitive is True:
        return HIDDEN + hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
    if isinstance(value, dict) and isinstance(sensitive, dict):
        return {name: hide(part, sensitive.get(name)) for name, part in value.items()}
    if isinstance(value, list) and isinstance(sensitive, list):
        return [hide(part, mark) for part, mark in zip_longest(value, sensitive[: len(value)])]
    return value


def leaves(value: object, name: str = "") -> dict[str, object]:
    """A nested value as one level: the path of each plain part, as in environment[0].variables.THRESHOLD."""
    if isinstance(value, dict) and value:
        parts = {f"{name}.{key}" if name else key: part for key, part in value.items()}
    elif isinstance(value, list) and value:
        parts = {f"{name}[{place}]": part for place, part in enumerate(value)}
    else:
        return {name: value}
    return {leaf: plain for path, part in parts.items() for leaf, plain in leaves(part, path).items()}
