"""Runs Terraform on one environment, with its state and variables, and with a provider mirror if there is one.

Run: python -m operations.terraform ENV init|plan|output|... [arguments for Terraform], at the project's root.
`init` is told where the state lies, whatever makes a plan is told the environment's variables.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from core import environment
from core.console import UserError, run
from operations import beforehand, initialised, interrupts, lock, misspelt, quiet, steps

CONFIGURATION = Path("terraform")
REGION = "us-east-1"  # of the state: as in terraform/envs/*.s3.tfbackend
BUILD = Path("build/terraform")
PROVIDER = Path("registry.terraform.io/hashicorp/aws")
ADD_ON_SOFTWARE = Path("/opt")  # by the file system hierarchy standard
UNSAVED = "errored.tfstate"  # as Terraform calls it, for whatever environment
OLDEST = (1, 11)
INSTALL = "install Terraform 1.11 or newer: https://developer.hashicorp.com/terraform/install"
# The provider reads its schemas anew for each command: collecting garbage meanwhile is a fifth of a plan's time.
WITHOUT_PAUSES = {"GOGC": "off", "GOMEMLIMIT": "2GiB"}
STEPS = ("apply", "plan")  # of a deployment
SHOWN = ("apply", "destroy", "init", "plan")  # step by step
PLANNERS = ("console", "destroy", "import", "plan", "refresh")
# Which would make again what an unsaved state knows of.
WORKERS = ("apply", "destroy", "import", "plan", "refresh")


def variables(env: str) -> dict[str, str]:
    """The process environment in which Terraform works on `env`."""
    folder = str((BUILD / env).resolve())  # Terraform itself works in CONFIGURATION
    return WITHOUT_PAUSES | plugin_variables(os.environ) | {"TF_DATA_DIR": folder, "TF_IN_AUTOMATION": "1"}


def command(env: str, arguments: list[str]) -> list[str]:
    """The command line: what was asked for, and what this environment adds to it."""
    verb, *rest = arguments
    added: list[str] = []
    if verb == "init" and "-backend=false" not in rest:
        backend = [f"envs/{env}.s3.tfbackend", f"bucket={find_state(env)}"]
        added = ["-input=false", "-reconfigure", *(f"-backend-config={value}" for value in backend)]
    elif verb in PLANNERS:
        added = [f"-var-file={file.relative_to(CONFIGURATION)}" for file in settings(env)]
    return ["terraform", f"-chdir={CONFIGURATION}", verb, *added, *rest, *quiet.without_colours()]


def settings(env: str) -> list[Path]:
    """The files that set the environment's variables; before the first model there is one."""
    names = (f"{env}.tfvars", f"{env}.model.tfvars.json")
    return [path for name in names if (path := CONFIGURATION / "envs" / name).is_file()]


def state_key(env: str) -> str:
    """Where the state lies in its bucket."""
    backend = (CONFIGURATION / f"envs/{env}.s3.tfbackend").read_text()
    return setting_in(backend, "key") or ""


def setting(env: str, name: str) -> str | None:
    """A text that the environment's own file sets."""
    return setting_in((CONFIGURATION / f"envs/{env}.tfvars").read_text(), name)


def setting_in(text: str, name: str) -> str | None:
    found = re.search(rf'^{name}\s*=\s*"(.*?)"', text, re.MULTILINE)
    return found[1] if found else None


def read_prefix(env: str) -> str:
    """What the names of all that is in the environment begin with."""
    prefix = setting(env, "prefix")
    if not prefix:
        raise UserError(f'terraform/envs/{env}.tfvars has no line prefix = "..."')
    return prefix


def state_bucket(env: str) -> str:
    """The bucket with the environment's state: <prefix>-tfstate-<account id>."""
    return f"{read_prefix(env)}-tfstate-{read_account()}"


def find_state(env: str) -> str:
    """That bucket, which has to be there."""
    bucket = state_bucket(env)
    if not exists(bucket):
        if env == "local":
            raise UserError("the local cloud is new: make bootstrap plan apply")
        raise UserError(
            f"account {read_account()} has no bucket {bucket} for the state of {env}: take the right account's "
            f"credentials, or make it with make bootstrap ENV={env}"
        )
    return bucket


def exists(bucket: str) -> bool:
    try:
        boto3.client("s3", region_name=REGION).head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] == "404":
            return False
        raise UserError(f"the state's bucket {bucket} cannot be used: {error}") from error
    return True


def data_bucket(env: str) -> str:
    """The environment's own bucket, named as in modules/storage: the output is gone before the bucket is."""
    return f"{read_prefix(env)}-{read_account()}"


def read_account() -> str:
    return boto3.client("sts", region_name=REGION).get_caller_identity()["Account"]


def plugin_variables(given: Mapping[str, str]) -> dict[str, str]:
    """The given variables, pointing Terraform to a local mirror of the provider unless the user has a say."""
    result = dict(given)
    named = result.pop("TF_CLI_CONFIG_FILE", None)
    if named and Path(named).is_file():
        return result | {"TF_CLI_CONFIG_FILE": named}
    if (Path.home() / ".terraformrc").is_file():
        return result
    mirror = find_mirror(given)
    if mirror:
        result["TF_CLI_CONFIG_FILE"] = str(write_configuration(mirror))
    return result


def find_mirror(given: Mapping[str, str]) -> Path | None:
    """The folder that holds the provider in the version of the lock file, if this machine has one."""
    named = given.get("TF_PLUGIN_MIRROR")
    if named:
        if not holds_provider(Path(named)):
            raise UserError(
                f"TF_PLUGIN_MIRROR={named} has no {PROVIDER} {locked_version()}: name a mirror that has"
            )
        return Path(named).resolve()
    return next(filter(holds_provider, usual_places(given)), None)


def usual_places(given: Mapping[str, str]) -> Iterator[Path]:
    """Where Terraform itself looks, then one level below where add-on software belongs."""
    home = Path.home()
    yield home / ".terraform.d/plugins"
    yield home / "Library/Application Support/io.terraform/plugins"
    data = [given.get("XDG_DATA_HOME") or home / ".local/share"]
    data += (given.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    for folder in data:
        yield Path(folder) / "terraform/plugins"
    yield from sorted(ADD_ON_SOFTWARE.glob("*"))


def holds_provider(mirror: Path) -> bool:
    """Whether the provider lies there, unpacked in a folder per version or packed in zips."""
    return any((mirror / PROVIDER).glob(f"*{locked_version()}*"))


def locked_version() -> str:
    lock = (CONFIGURATION / ".terraform.lock.hcl").read_text()
    version = re.search(rf'"{PROVIDER}" {{\s+version\s+= "(.*)"', lock)
    if not version:
        raise UserError(f"terraform/.terraform.lock.hcl names no {PROVIDER}: restore it from version control")
    return version[1]


def write_configuration(mirror: Path) -> Path:
    """A configuration file by which Terraform takes this provider from the mirror and nothing else."""
    path = BUILD.resolve() / "cli.tfrc"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"""provider_installation {{
  filesystem_mirror {{
    path    = {json.dumps(str(mirror))}
    include = ["{PROVIDER}"]
  }}
  direct {{
    exclude = ["{PROVIDER}"]
  }}
}}
""")
    return path


def check_installed() -> None:
    """Refuse a Terraform that is missing or too old."""
    if not shutil.which("terraform"):
        raise UserError(f"there is no terraform on the PATH: {INSTALL}")
    answer = subprocess.run(["terraform", "version", "-json"], capture_output=True, text=True, check=True)
    version = json.loads(answer.stdout)["terraform_version"]
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        raise UserError(f"terraform is {version}, too old: {INSTALL}")


def unsaved(env: str) -> Path:
    """Where the state is kept that could not be saved: pushed to another environment, it would be the end of that."""
    return CONFIGURATION / f"errored.{env}.tfstate"


def keep_unsaved(env: str, began: float) -> None:
    """Put what this run of Terraform has left under the environment's name; of a local cloud that is gone it knows
    nothing that there still is.
    """
    left = CONFIGURATION / UNSAVED
    if not (left.is_file() and left.stat().st_mtime >= began):
        return
    if environment.is_gone(environment.cloud_of(env)):
        left.unlink()
    else:
        left.replace(unsaved(env))


def refuse_unsaved(env: str) -> None:
    """Name the state that Terraform could not put where it belongs: without it, nobody knows what was made."""
    if unsaved(env).is_file():
        raise UserError(
            f"Terraform could not save the state of {env}, which is in {unsaved(env)} now: once its bucket can be "
            f"reached, python -m operations.terraform {env} state push {unsaved(env).name}, then remove the file"
        )


def refuse_locked(env: str, arguments: list[str]) -> None:
    """Say in a line who works on the environment already, for which Terraform takes many."""
    given = [os.environ.get(name, "") for name in ("TF_CLI_ARGS", f"TF_CLI_ARGS_{arguments[0]}")]
    if "-lock=false" in (*arguments, *" ".join(given).split()):
        return
    try:
        held = lock.read(state_bucket(env), state_key(env))
    except (BotoCoreError, ClientError):
        return  # Terraform says what is wrong
    if held:
        raise UserError(lock.refusal(env, held))


def main() -> int:
    if len(sys.argv) < 3:
        raise UserError("name an environment and a command, as in: python -m operations.terraform local plan")
    env, *arguments = sys.argv[1:]
    environment.check(env)
    check_installed()
    beforehand.check(CONFIGURATION)
    if arguments[0] in ("init", *PLANNERS):  # before `plan` comes `init`, which may take its time
        misspelt.check(CONFIGURATION, settings(env))
    if arguments[0] not in STEPS or "-detailed-exitcode" in arguments:  # which only asks
        return work(env, arguments)
    with steps.take(env, arguments[0]) as step:
        if status := work(env, arguments):
            step.error = f"terraform {arguments[0]} ended with status {status}"
    return status


def work(env: str, arguments: list[str]) -> int:
    """Run Terraform; its status."""
    if arguments[0] == "init":
        return initialise(env, arguments)
    if arguments[0] not in WORKERS:
        return interrupts.call(command(env, arguments), variables(env))
    refuse_unsaved(env)
    refuse_locked(env, arguments)
    began, given = time.time(), variables(env)
    try:
        status = start(env, arguments, command(env, arguments), given)
        if status:
            initialised.forget(given)
    finally:
        keep_unsaved(env, began)
    refuse_unsaved(env)
    return status


def start(env: str, arguments: list[str], asked: list[str], given: dict[str, str]) -> int:
    """Terraform itself, as much of it as people want to see."""
    verb, cloud = arguments[0], environment.cloud_of(env)
    if verb not in SHOWN or "-help" in arguments:
        return quiet.show_all(asked, given, cloud)
    planned = quiet.count_planned(log(env, "plan")) if verb == "apply" else None
    return quiet.call(f"terraform {verb}", asked, given, log(env, verb), planned=planned, cloud=cloud)


def log(env: str, verb: str) -> Path:
    return BUILD / f"{env}.{verb}.log"


def initialise(env: str, arguments: list[str]) -> int:
    """Make the folder ready in which Terraform works, unless it is."""
    asked, given = command(env, arguments), variables(env)
    if initialised.is_current(CONFIGURATION, asked, given):
        return 0
    initialised.forget(given)
    status = start(env, arguments, asked, given)
    if status == 0:
        initialised.note(CONFIGURATION, asked, given)
    return status


if __name__ == "__main__":
    run(main)
