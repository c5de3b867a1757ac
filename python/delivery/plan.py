"""What a saved Terraform plan would change, without anything of the machine, the time or a secret in it."""

import hashlib
import json
import os
import subprocess
from itertools import zip_longest
from pathlib import Path
from typing import TypedDict

from core.console import UserError
from core.contract.shapes import Json
from delivery import expressions
from operations import terraform

NOTHING = ["no-op"]
HIDDEN = "sensitive, scrypt "
PLAIN = "plain, "  # before what would be taken for a hidden value, or for one with this before it
SLOW = {"n": 2**14, "r": 8, "p": 1}  # scrypt's cost: tens of milliseconds for each guess


class Change(TypedDict):
    """What the plan does to an output or a resource; what is sensitive in it is hidden."""

    actions: list[str]
    before: object
    after: object
    after_unknown: object
    replace_paths: list[list[str | int]]


class ResourceChange(Change):
    address: str
    type: str
    provider: str
    importing: Json | None  # what becomes Terraform's with this plan
    moved_from: str | None  # the address that it had
    expressions: dict[str, str]  # what attributes are made of that are known only after apply


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


def changes(shown: Json, salt: str) -> list[ResourceChange]:
    """The resources that the plan changes, takes over or calls by another address, in order of their addresses.

    And the data that can be read only when it is applied.
    """
    root = shown["configuration"]["root_module"]
    found: list[ResourceChange] = [
        {
            "address": address(resource),
            "type": resource["type"],
            "provider": resource["provider_name"],
            "importing": resource["change"].get("importing"),
            "moved_from": resource.get("previous_address"),
            "expressions": expressions.find(terraform.CONFIGURATION, root, resource),
            **visible(resource["change"], salt),
        }
        for resource in shown.get("resource_changes", [])
        if resource["change"]["actions"] != NOTHING
        or "importing" in resource["change"]
        or "previous_address" in resource
    ]
    return sorted(found, key=lambda change: change["address"])


def outputs(shown: Json, salt: str) -> dict[str, Change]:
    """The outputs that the plan changes."""
    return {
        name: visible(change, salt)
        for name, change in sorted(shown.get("output_changes", {}).items())
        if change["actions"] != NOTHING
    }


def variables(shown: Json, salt: str) -> dict[str, object]:
    """What the configuration was told."""
    declared = shown["configuration"]["root_module"].get("variables", {})
    return {
        name: hide(given.get("value"), declared.get(name, {}).get("sensitive", False), salt)
        for name, given in sorted(shown.get("variables", {}).items())
    }


def files(changes: list[ResourceChange]) -> dict[str, str]:
    """The SHA-256 of each file of the project that the changed resources are made of, by how they name it."""
    values = [value for change in changes for value in leaves(change["after"]).values()]
    paths = sorted({value for value in values if isinstance(value, str) and is_ours(value)})
    return {path: hashlib.sha256((terraform.CONFIGURATION / path).read_bytes()).hexdigest() for path in paths}


def is_ours(path: str) -> bool:
    file = terraform.CONFIGURATION / path
    # Not Path's own, which does not take every text for a path.
    return os.path.isfile(file) and file.resolve().is_relative_to(Path.cwd())  # noqa: PTH113


def address(resource: Json) -> str:
    """A replaced object whose removal once failed has the address of the one that replaced it, and a mark."""
    mark = f" (deposed {resource['deposed']})" if "deposed" in resource else ""
    return resource["address"] + mark


def visible(change: Json, salt: str) -> Change:
    return {
        "actions": change["actions"],
        "before": hide(change["before"], change["before_sensitive"], salt),
        "after": hide(change.get("after"), change["after_sensitive"], salt),
        "after_unknown": change["after_unknown"],
        "replace_paths": change.get("replace_paths", []),
    }


def hide(value: object, sensitive: object, salt: str) -> object:
    """The value, with a salted hash of each part that Terraform marks as sensitive in that part's place.

    A changed secret changes the digest, and the review tells nobody who has it what the secret is: it is slow to guess,
    and no two reviews have the same hash of it but those that are compared.
    """
    if sensitive is True:
        text = json.dumps(value, sort_keys=True).encode()
        return HIDDEN + hashlib.scrypt(text, salt=salt.encode(), dklen=32, **SLOW).hex()
    if isinstance(value, dict) and isinstance(sensitive, dict):
        return {name: hide(part, sensitive.get(name), salt) for name, part in value.items()}
    if isinstance(value, list) and isinstance(sensitive, list):
        return [hide(part, mark, salt) for part, mark in zip_longest(value, sensitive[: len(value)])]
    return mark_plain(value)


def mark_plain(value: object) -> object:
    """The value as it is, but not so that anybody could take it for a hidden one."""
    if isinstance(value, dict):
        return {name: mark_plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return list(map(mark_plain, value))
    return PLAIN + value if isinstance(value, str) and value.startswith((HIDDEN, PLAIN)) else value


def leaves(value: object, name: str = "") -> dict[str, object]:
    """A nested value as one level: the path of each plain part, as in environment[0].variables.THRESHOLD."""
    if isinstance(value, dict) and value:
        parts = {f"{name}.{key}" if name else key: part for key, part in value.items()}
    elif isinstance(value, list) and value:
        parts = {f"{name}[{place}]": part for place, part in enumerate(value)}
    else:
        return {name: value}
    return {leaf: plain for path, part in parts.items() for leaf, plain in leaves(part, path).items()}
