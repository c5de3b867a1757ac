"""Look at the lock on an environment's state, and take it off: `python -m operations.unlock ENV [--lock ID]`.

Terraform puts it there while it works, and takes it off itself, also when it is interrupted. One that stays was left by
a Terraform that was killed. Taking off that of one which still works lets two write the same state.
"""

import subprocess
import sys

from botocore.exceptions import ClientError

from core import arguments, environment
from core.console import UserError, out, run
from core.contract.shapes import Json
from operations import lock, terraform


def read(env: str) -> Json | None:
    """The lock, if there is one."""
    try:
        return lock.read(terraform.find_state(env), terraform.state_key(env))
    except ClientError as error:
        raise UserError(f"the lock of {env} cannot be read: {error}") from error


def describe(env: str, held: Json) -> str:
    """What people need to know before they take it off."""
    return (
        f"{env} is locked by {held['Who']} since {held['Created']}, for {held['Operation']}\n"
        f"If that Terraform still works, wait. If it was killed: make unlock ENV={env} LOCK={held['ID']}"
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
    held = read(env)
    if held is None:
        out.print(f"{env} is not locked")
    elif not options.lock:
        out.print(describe(env, held))
    elif options.lock != held["ID"]:
        raise UserError(f"{env} has another lock by now, {held['ID']}: look at it with make unlock ENV={env}")
    else:
        take_off(env, options.lock)
        out.print(f"{env} is not locked any more: make plan ENV={env} shows what was left undone")


if __name__ == "__main__":
    run(main)
