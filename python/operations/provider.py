"""Fetch Terraform's provider once, unpacked, to where every later `init` finds it: `python -m operations.provider`.

It has over 700 MB, and each folder that Terraform works in would fetch a copy of its own. Whatever lies there is used
only if it has the checksum of terraform/.terraform.lock.hcl: Terraform looks at each command.
"""

import os
import subprocess
import tempfile
from pathlib import Path

from core.console import UserError, out, run
from operations import terraform

PLUGINS = Path(".terraform.d/plugins")  # below the user's home, where Terraform itself looks


def fetch(folder: Path) -> None:
    """Let `init` keep in this folder what it installs: its cache is laid out as its mirrors are."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        variables = terraform.plugin_variables(os.environ) | {
            "TF_PLUGIN_CACHE_DIR": str(folder),
            "TF_DATA_DIR": data,
        }
        command = terraform.command("", ["init", "-backend=false", "-input=false"])
        done = subprocess.run(command, env=variables, capture_output=True, text=True)
    if done.returncode:
        raise UserError(f"the provider cannot be fetched: {done.stderr.strip()}")


def main() -> None:
    folder = Path.home() / PLUGINS
    terraform.check_installed()
    if not terraform.holds_provider(folder):
        fetch(folder)
    out.print(f"{folder} holds the provider {terraform.locked_version()}")


if __name__ == "__main__":
    run(main)
