"""The versions of an environment's model file, terraform/envs/<env>.model.tfvars.json, in git's history."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from core import environment
from core.console import UserError
from core.contract.shapes import Json


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise UserError(
            f"git {arguments[0]} failed: {done.stderr.strip()}: run this in a clone of the repository"
        )
    return done.stdout


def commit() -> str | None:
    """The commit that is checked out, if this is a clone at all."""
    done = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


def is_committed(path: Path) -> bool:
    """Whether git knows the file, whatever .gitignore says of it."""
    return subprocess.run(["git", "ls-files", "--error-unmatch", path], capture_output=True).returncode == 0


def live(env: str) -> Json | None:
    """The model that a change is compared with: the base branch's in a pull request, else the last commit's.

    GitHub checks a pull request out as its merge, whose first parent is the base branch.
    """
    if commit() is None:
        return None
    base = "HEAD^1" if os.environ.get("GITHUB_EVENT_NAME") == "pull_request" else "HEAD"
    git("rev-parse", "--verify", f"{base}^{{commit}}")
    path = environment.model_file(env).as_posix()
    if not git("ls-tree", base, path):
        return None
    return parse(git("show", f"{base}:./{path}"))


def parse(text: str) -> Json | None:
    """The model in a version of the file; none in one that was committed broken."""
    try:
        return json.loads(text)["model"]
    except (ValueError, KeyError, TypeError):
        return None


def history(env: str) -> Iterator[tuple[str, str]]:
    """What the file has been on this branch, the newest first: the commit, and the file's text."""
    path = environment.model_file(env).as_posix()
    log = git(
        "log", "--first-parent", "--follow", "--format=%H", "--diff-filter=AMR", "--name-only", "--", path
    )
    lines = [line for line in log.splitlines() if line]
    for found, name in zip(lines[::2], lines[1::2], strict=True):
        yield found, git("show", f"{found}:{name}")
