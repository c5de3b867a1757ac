"""The digest of a plan: one number for everything that a deployment would change, the same on every machine."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

from core.contract.shapes import Json
from delivery.plan import Change, ResourceChange
from operations import package

ZIPS = Path("build/lambdas")
COVERED = ("environment", "changes", "outputs", "model", "zips", "lock")
PROVIDER = re.compile(r'^provider "(?P<name>[^"]+)" {(?P<body>.*?)^}', re.MULTILINE | re.DOTALL)
VERSION = re.compile(r'^  version\s*= "(.*)"', re.MULTILINE)
HASH = re.compile(r'^    "(.*)",', re.MULTILINE)


class Provider(TypedDict):
    version: str
    hashes: list[str]


class Review(TypedDict):
    """What `delivery.review` writes down of a plan."""

    version: int
    environment: str
    created: str
    commit: str | None
    changes: list[ResourceChange]
    outputs: dict[str, Change]
    model: Json | None  # the content of the model file
    zips: dict[str, str]
    lock: dict[str, Provider]
    digest: str


def digest(review: Mapping[str, object]) -> str:
    """It can be computed again from the review alone: another result means that somebody changed the review."""
    covered = {part: review[part] for part in COVERED}
    return hashlib.sha256(json.dumps(covered, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def zips(folder: Path = ZIPS) -> dict[str, str]:
    """The SHA-256 of each function's zip."""
    return {
        name: hashlib.sha256((folder / f"{name}.zip").read_bytes()).hexdigest() for name in package.FUNCTIONS
    }


def lock(text: str) -> dict[str, Provider]:
    """What .terraform.lock.hcl fixes: each provider's version, and the hashes that it may have."""
    return {
        found["name"]: {
            "version": VERSION.findall(found["body"])[0],
            "hashes": sorted(HASH.findall(found["body"])),
        }
        for found in PROVIDER.finditer(text)
    }
