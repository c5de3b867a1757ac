"""Look at the lock on an environment's state, and take it off: `python -m operations.unlock ENV [--lock ID]`.

Terraform puts it there while it works, and takes it off itself, also when it is interrupted. One that stays was left by
a Terraform that was killed. Taking off that of one which still works lets two write the same state.
"""

import json
import subprocess
import sys

import boto3
from botocore.exceptions import ClientError

from core import arguments, environment
from core.console import UserError, out, run
from core.contract.shapes import Json
from operations import terraform

SUFFIX = ".tflock"  # that Terraform puts after the state's key


def read(env: str) -> Json | None:
    """What Terraform has written into the lock, if there is one: its ID, who holds it, since when, for what."""
    backend = (terraform.CONFIGURATION / f"envs/{env}.s3.tfbackend").read_text()
    key = terraform.setting_in(backend, "key")
    try:
        found = boto3.client("s3").get_object(Bucket=terraform.find_state(env), Key=f"{key}{SUFFIX}")
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise UserError(f"the lock of {env} cannot be read: {error}") from error
    return json.loads(found["Body"].read())


def describe(env: str, lock: Json) -> str:
    """What people need to know before they take it off."""
    return (
        f"{env} is locked by {lock['Who']} since {lock['Created']}, for {lock['Operation']}\n"
        f"If that Terraform still works, wait. If it was killed: make unlock ENV={env} LOCK={lock['ID']}"
    )


def take_off(env: str, number: str) -> None:
    for step in (["init"], ["force-unlock", "-force", number]):
        command = [sys.executable, "-m", "operations.terraform", env, *step]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise UserError(f"terraform {step[0]} failed for {env}: {done.stderr.strip()}")


def main() -> None:
    parser = arguments.Parser(prog="operations.unlock")
    parser.add_argument("env")
    parser.add_argument("--lock", default="", metavar="ID", help="take off this lock, instead of showing it")
    options = parser.parse_args()
    env = options.env
    environment.check(env)
    lock = read(env)
    if lock is None:
        out.print(f"{env} is not locked")
    elif not options.lock:
        out.print(describe(env, lock))
    elif options.lock != lock["ID"]:
        raise UserError(f"{env} has another lock by now, {lock['ID']}: look at it with make unlock ENV={env}")
    else:
        take_off(env, options.lock)
        out.print(f"{env} is not locked any more: make plan ENV={env} shows what was left undone")


if __name__ == "__main__":
    run(main)
