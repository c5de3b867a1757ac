"""An environment (local, staging, prod): which there are, and what Terraform made in one of them.

Read by commands that run at the project's root, as make runs them.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from core.aws_errors import say_gone
from core.console import UserError
from core.contract.shapes import Json

ENVIRONMENTS = Path("terraform/envs")


def model_file(env: str) -> Path:
    """What says which model is live: a change of it is reviewed and applied."""
    return ENVIRONMENTS / f"{env}.model.tfvars.json"


def check(env: str) -> None:
    """Refuse the name of an environment that has no terraform/envs/<env>.tfvars."""
    names = sorted(path.stem for path in ENVIRONMENTS.glob("*.tfvars"))
    if not names:
        raise UserError(f"there is no {ENVIRONMENTS} here: run this at the project's root")
    if env not in names:
        raise UserError(f"there is no environment {env!r}: choose from {', '.join(names)}")
    check_reachable(os.environ.get("AWS_ENDPOINT_URL"))


def check_reachable(url: str | None) -> None:
    """Refuse a local cloud that is not running: Terraform would go on asking it for minutes."""
    if url is None:
        return
    if error := find_silence(url):
        raise UserError(say_gone(url)) from error


def find_silence(url: str) -> OSError | None:
    """Why nothing takes a connection there, if nothing does."""
    place = place_of(url)
    try:
        socket.create_connection(place, timeout=5).close()
    except OSError as error:
        return error
    return None


def place_of(url: str) -> tuple[str | None, int]:
    """Host and port."""
    address = urlsplit(url)
    try:
        port = 80 if address.port is None else address.port
    except ValueError:
        port = 0
    if not port:
        raise UserError(f"AWS_ENDPOINT_URL={url} has no port: set CLOUD_PORT to a number from 1 to 65535")
    return address.hostname, port


def cloud_of(env: str) -> str | None:
    """The URL of the local cloud that `local` lives in; none of an environment on AWS, wherever it is asked."""
    return os.environ.get("AWS_ENDPOINT_URL") if env == "local" else None


def is_gone(cloud: str | None) -> bool:
    """Whether that local cloud has ended: one that is busy keeps its port, and refuses nobody."""
    return cloud is not None and isinstance(find_silence(cloud), ConnectionRefusedError)


def outputs(env: str) -> Json:
    """Terraform's outputs: `bucket`, `training_role_arn`, `endpoint_name` and so on."""
    check(env)
    if not shutil.which("terraform"):
        raise UserError("terraform is not on the PATH: install version 1.11 or newer")
    show = ("terraform", "-chdir=terraform", "output", "-json", "-no-color")
    done = call(env, *show)
    if done.returncode:  # perhaps nobody has worked on it in this folder yet
        done = call(env, sys.executable, "-m", "operations.terraform", env, "init")
        done = done if done.returncode else call(env, *show)
    if said := re.search(r"^error: (.*)", done.stderr, re.MULTILINE):  # by one of our own commands
        raise UserError(said[1])
    if done.returncode:
        reason = re.search(r"^Error: (.*)", done.stderr, re.MULTILINE)
        why = f"Terraform says: {reason[1] if reason else done.stderr.strip()}"
        raise UserError(f"{env} has no outputs to read, make it with `make apply ENV={env}` ({why})")
    values = {name: output["value"] for name, output in json.loads(done.stdout).items()}
    if not values:
        raise UserError(f"nothing is deployed in {env} yet: make it with `make apply ENV={env}`")
    return values


def call(env: str, *command: str) -> subprocess.CompletedProcess[str]:
    variables = os.environ | {"TF_DATA_DIR": str(Path("build/terraform", env).resolve())}
    return subprocess.run(command, env=variables, capture_output=True, text=True)
