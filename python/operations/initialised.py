"""Whether a folder that Terraform works in is still as `init` has left it: then `init` has nothing to do.

It is two seconds of each plan. A stamp in the folder says what it was made of, and goes when Terraform fails: it may
have found out what is not looked at here.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

STAMP = "initialised"
SETTINGS = ("TF_CLI_ARGS", "TF_CLI_ARGS_init", "TF_PLUGIN_CACHE_DIR")
FILES = ("**/*.tf", ".terraform.lock.hcl", "envs/*.tfbackend")
WITHOUT_MEANING = ("-no-color",)


def is_current(configuration: Path, command: Sequence[str], variables: Mapping[str, str]) -> bool:
    """Whether the same `init` has been here. On a runner of GitHub's nobody has, whatever a branch brings along."""
    path = stamp(variables)
    if variables.get("GITHUB_ACTIONS") == "true" or "-upgrade" in command or not path.is_file():
        return False
    return path.read_text() == fingerprint(configuration, command, variables)


def note(configuration: Path, command: Sequence[str], variables: Mapping[str, str]) -> None:
    """It has been here, and succeeded."""
    stamp(variables).parent.mkdir(
        parents=True, exist_ok=True
    )  # none is made for a configuration that needs nothing
    stamp(variables).write_text(fingerprint(configuration, command, variables))


def forget(variables: Mapping[str, str]) -> None:
    stamp(variables).unlink(missing_ok=True)


def stamp(variables: Mapping[str, str]) -> Path:
    return Path(variables["TF_DATA_DIR"], STAMP)


def fingerprint(configuration: Path, command: Sequence[str], variables: Mapping[str, str]) -> str:
    """Of all that `init` goes by."""
    said = [it for it in command if it not in WITHOUT_MEANING]
    found = hashlib.sha256(json.dumps([said, [variables.get(name) for name in SETTINGS]]).encode())
    files = [path for pattern in FILES for path in configuration.glob(pattern)]
    if settings := variables.get("TF_CLI_CONFIG_FILE"):
        files.append(Path(settings))
    for path in sorted(files):
        content = path.read_bytes() if path.is_file() else b""
        found.update(f"{path}\n{hashlib.sha256(content).hexdigest()}\n".encode())
    return found.hexdigest()
