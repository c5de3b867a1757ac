"""A place to deploy `local` that is not the checkout: for the demo, the benchmarks and the tests.

Each of them runs our commands in its own way, so that it gives a function that does: `command("operations.package")`.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
Command = Callable[..., object]
LEFT_BEHIND = (".terraform", "*.model.tfvars.json", "*.tfplan")


def copy(folder: Path) -> None:
    """What our commands work on: they run in this folder."""
    ignored = shutil.ignore_patterns(*LEFT_BEHIND)
    shutil.copytree(ROOT / "terraform", folder / "terraform", ignore=ignored)


def variables(url: str) -> dict[str, str]:
    """By these AWS is the local cloud."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def use_cloud(url: str) -> None:
    """From here on AWS is the local cloud, for this process and for those that it starts."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        os.environ.pop(name, None)
    os.environ |= variables(url)


def bootstrap(command: Command) -> None:
    command("operations.bootstrap", "local")
    command("operations.terraform", "local", "init", "-no-color")


def apply(command: Command, *settings: str) -> None:
    """What `make plan apply` does."""
    quiet = ("-input=false", "-no-color")
    command("operations.terraform", "local", "plan", *quiet, "-out=local.tfplan", *settings)
    command("operations.terraform", "local", "apply", *quiet, "local.tfplan")
