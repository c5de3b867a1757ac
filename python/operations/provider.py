"""Fetch Terraform's provider once, unpacked, to where every later `init` finds it: `python -m operations.provider`.

It has over 700 MB, and each folder that Terraform works in would fetch a copy of its own. Whatever lies there is used
only if it has the checksum of terraform/.terraform.lock.hcl: Terraform looks at each command, and what has another is
fetched again here.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from core import arguments
from core.console import UserError, out, run
from operations import beforehand, terraform

PLUGINS = Path(".terraform.d/plugins")  # below the user's home, where Terraform itself looks


def fetch(folder: Path) -> None:
    """Let `init` keep in this folder what it installs: its cache is laid out as its mirrors are."""
    folder.mkdir(parents=True, exist_ok=True)
    if error := install(terraform.plugin_variables(os.environ) | {"TF_PLUGIN_CACHE_DIR": str(folder)}):
        raise UserError(f"the provider cannot be fetched: {error}")


def is_locked(folder: Path) -> bool:
    """Whether the provider that lies there is the one of the lock file, by its checksum."""
    given = os.environ | {"TF_PLUGIN_MIRROR": str(folder), "TF_CLI_CONFIG_FILE": ""}
    return install(terraform.plugin_variables(given)) is None


def install(variables: Mapping[str, str]) -> str | None:
    """Let Terraform install the provider for a moment; what it says if it does not."""
    beforehand.check(terraform.CONFIGURATION)
    with tempfile.TemporaryDirectory() as data:
        command = terraform.command("", ["init", "-backend=false", "-input=false"])
        done = subprocess.run(command, env={**variables, "TF_DATA_DIR": data}, capture_output=True, text=True)
    return done.stderr.strip() if done.returncode else None


def main() -> None:
    arguments.read_none("operations.provider", __doc__)
    folder = Path.home() / PLUGINS
    terraform.check_installed()
    if terraform.holds_provider(folder) and not is_locked(folder):
        lock = terraform.CONFIGURATION / ".terraform.lock.hcl"
        out.print(f"the provider in {folder} is not the one of {lock}: it is fetched again")
        shutil.rmtree(folder / terraform.PROVIDER)
    if not terraform.holds_provider(folder):
        fetch(folder)
    out.print(f"{folder} holds the provider {terraform.locked_version()}")


if __name__ == "__main__":
    run(main)
