"""What Terraform would make in an environment, as Terraform itself plans it: without AWS, and without a deployment.

A test with the mocked provider of terraform/tests plans each environment by its own tfvars, as if a model had been
promoted. What a function's zip holds and which model it is cost nothing, so that stand-ins do for both.
"""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from core.console import UserError
from core.contract.shapes import Json
from core.environment import ENVIRONMENTS
from operations import terraform
from operations.package import FUNCTIONS

MOCKS = Path("tests/environment.tftest.hcl")
STAND_IN_MODEL = """{
  artefact = "s3://scones-test-111122223333/models/0/model.tar.gz"
  image    = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/stand-in:1"
  labels   = []
  sha256   = "0000000000000000000000000000000000000000000000000000000000000000"
}"""

Resource = Json  # Terraform's: address, type, and the values under change.after


def names() -> list[str]:
    """The environments that live in AWS: `local` lives on this machine."""
    found = sorted(path.stem for path in ENVIRONMENTS.glob("*.tfvars") if path.stem != "local")
    if not found:
        raise UserError(f"there is no environment in {ENVIRONMENTS}: run this at the project's root")
    return found


def plan(envs: list[str]) -> dict[str, list[Resource]]:
    """The resources of each environment."""
    terraform.check_installed()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "terraform")
        mocks = (terraform.CONFIGURATION / MOCKS).read_text()
        without = shutil.ignore_patterns("*.tftest.hcl", "bootstrap", "*.model.tfvars.json")
        shutil.copytree(terraform.CONFIGURATION, copy, ignore=without)
        zips = Path(folder, "build/lambdas")
        zips.mkdir(parents=True)
        for function in FUNCTIONS:
            (zips / f"{function}.zip").touch()
        test = copy / "tests/cost.tftest.hcl"
        test.write_text("\n".join([mock(mocks), *map(name, FUNCTIONS), *map(run, envs)]))
        call(copy, "init", "-backend=false", "-input=false", "-json")
        return dict(plans(call(copy, "test", "-json", "-verbose")))


def mock(tests: str) -> str:
    """The mocked provider of the configuration's own tests, which knows what it makes before it makes it."""
    provider = re.search(r'^mock_provider "aws" \{(.*?)^\}', tests, re.MULTILINE | re.DOTALL)
    assert provider, f"{MOCKS} mocks no provider"
    return f'mock_provider "aws" {{\n  override_during = plan\n{provider[1]}}}\n'


def name(function: str) -> str:
    """Lets a state machine's definition tell the functions apart."""
    return f"""override_resource {{
  override_during = plan
  target          = module.lambda["{function}"].aws_lambda_function.this
  values          = {{ arn = "arn:aws:lambda:eu-west-1:111122223333:function:{function}" }}
}}
"""


def run(env: str) -> str:
    settings = (terraform.CONFIGURATION / f"envs/{env}.tfvars").read_text()
    return (
        f'run "{env}" {{\n  command = plan\n  variables {{\n{settings}\nmodel = {STAND_IN_MODEL}\n  }}\n}}\n'
    )


def call(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["terraform", *arguments, "-no-color"],
        cwd=folder,
        env=terraform.variables("cost"),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise UserError(f"Terraform does not plan what is in {terraform.CONFIGURATION}: {reason(done)}")
    return done.stdout


def reason(done: subprocess.CompletedProcess[str]) -> str:
    """What Terraform says is wrong, rather where it names a place than where it only says that something is."""
    told = [it["diagnostic"] for it in messages(done.stdout) if it["type"] == "diagnostic"]
    wrong = [it for it in told if it["severity"] == "error"]
    if not wrong:
        return " ".join(done.stderr.split())
    name = max(wrong, key=lambda it: "range" in it)
    return " ".join(f"{name['summary']}: {name['detail']}".split())


def plans(output: str) -> Iterator[tuple[str, list[Resource]]]:
    for message in messages(output):
        if message["type"] == "test_plan":
            yield message["@testrun"], message["test_plan"]["resource_changes"]


def messages(output: str) -> list[Json]:
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]
