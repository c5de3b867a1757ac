"""What `make gate` has found out about a model: build/gates/ENV/gate.json, which the review shows.

It comes from a job that runs a model's own code, so that nothing else of that job lies beside the plan, and this one
file counts only as `make gate` writes it.
"""

import json
from pathlib import Path
from typing import TypedDict

from core.console import UserError
from delivery import versions

GATES = Path("build/gates")
LARGEST = 100_000  # bytes; a finding has some hundred


class Found(TypedDict):
    sha256: str  # of the model
    found: str


def path(env: str) -> Path:
    return GATES / env / "gate.json"


def write(env: str, sha256: str, found: str) -> None:
    file = path(env)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(Found(sha256=sha256, found=found), indent=1) + "\n")


def read(env: str) -> Found | None:
    """None if there was nothing to evaluate."""
    file = path(env)
    if not file.is_file():
        return None
    if versions.is_committed(file):
        raise UserError(
            f"{file} is under version control, and `make gate` alone may write it: remove it there"
        )
    try:
        content = file.read_bytes()
        if len(content) > LARGEST:
            raise ValueError(f"it has {len(content)} bytes")
        given = json.loads(content)
        found = Found(sha256=given["sha256"], found=given["found"])
        if given != found or not all(isinstance(it, str) for it in found.values()):
            raise TypeError("it has other fields")
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{file} is not what make gate writes ({error}): run make gate ENV={env} again"
        ) from error
    return found
