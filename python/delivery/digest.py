"""The digest of a plan: one number for everything that a deployment would do, the same on every machine.

It covers the configuration as a whole, and of everything else what the plan uses: a zip, a model or a provider that
changes nothing here may be another one by the time that the plan is applied.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import TypedDict

from core.contract.shapes import Json
from delivery import plan
from delivery.plan import Change, ResourceChange

COVERED = (
    "environment",
    "configuration",
    "variables",
    "changes",
    "outputs",
    "model",
    "zips",
    "lock",
    "allowed",
)
PROVIDER = re.compile(r'^provider "(?P<name>[^"]+)" {(?P<body>.*?)^}', re.MULTILINE | re.DOTALL)
VERSION = re.compile(r'^  version\s*= "(.*)"', re.MULTILINE)
HASH = re.compile(r'^    "(.*)",', re.MULTILINE)
KNOWN_TO_TERRAFORM = (
    "artefact",
    "environment",
    "guideline",
    "image",
    "labels",
    "sha256",
)  # of a model; the rest is for people, and its metrics are for a check, so in no value


class Provider(TypedDict):
    version: str
    hashes: list[str]


class Review(TypedDict):
    """What `delivery.review` writes down of a plan."""

    version: int
    environment: str
    created: str
    commit: str | None
    salt: str  # of the hashes of secrets
    configuration: dict[str, str]
    variables: dict[str, object]
    changes: list[ResourceChange]
    outputs: dict[str, Change]
    model: Json | None  # as in the model's file
    zips: dict[str, str]  # and other files, by the paths that resources name
    lock: dict[str, Provider]
    allowed: list[str]  # the labels without which a rule would refuse it
    refused: list[str]  # the rules that it breaks, each in a sentence
    cost: dict[str, dict[str, float]]  # dollars a month by service, before and after
    live: Json | None  # the model that is, as in its file; for people
    digest: str


def digest(review: Mapping[str, object]) -> str:
    """It can be computed again from the review alone: another result means that somebody changed the review."""
    covered = {part: review[part] for part in COVERED}
    return hashlib.sha256(json.dumps(covered, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def model(told: Json | None, changes: list[ResourceChange]) -> Json | None:
    """As much of what the plan was told of a model as it uses: also what is for people, if it makes something of it.

    If there are values whose parts are unknown, what Terraform knows of the model may be in them.
    """
    if told is None:
        return None
    values = [value for change in changes for value in plan.leaves(change["after"]).values()]
    if any(isinstance(value, str) and told["artefact"] in value for value in values):
        return {"model": told}
    if any(change["expressions"] for change in changes):
        return {"model": {name: told.get(name) for name in KNOWN_TO_TERRAFORM}}
    return None


def lock(text: str, changes: list[ResourceChange]) -> dict[str, Provider]:
    """What .terraform.lock.hcl fixes of the providers that do the changes: the version, and the hashes it may have."""
    used = {change["provider"] for change in changes}
    return {
        found["name"]: {
            "version": VERSION.findall(found["body"])[0],
            "hashes": sorted(HASH.findall(found["body"])),
        }
        for found in PROVIDER.finditer(text)
        if found["name"] in used
    }
