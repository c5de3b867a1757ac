"""`init` is not repeated while nothing has changed that it goes by, and is where anything has."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from operations import initialised

INIT = ["terraform", "-chdir=terraform", "init", "-backend-config=bucket=scones-tfstate-123456789012"]
# As ours, without the provider, which takes seconds.
CODE = 'terraform {\n  backend "s3" {}\n}\n\nmodule "inner" {\n  source = "./inner"\n}\n'


@pytest.fixture
def terraform(tmp_path: Path) -> Path:
    """A project's own."""
    folder = tmp_path / "terraform"
    for path, text in {
        "main.tf": CODE,
        "variables.tf": 'variable "prefix" {}\n',
        "inner/main.tf": "",
        "envs/local.tfvars": 'prefix = "scones"\n',
        "envs/local.s3.tfbackend": 'key    = "scones.tfstate"\nregion = "us-east-1"\n',
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (tmp_path / "cli.tfrc").touch()
    return folder


@pytest.fixture
def variables(terraform: Path) -> dict[str, str]:
    """After an `init`."""
    root = terraform.parent
    given = {"TF_DATA_DIR": str(root / "build"), "TF_CLI_CONFIG_FILE": str(root / "cli.tfrc")}
    initialised.note(terraform, INIT, given)
    return given


def test_the_same_again_has_nothing_to_do(terraform, variables):
    assert initialised.is_current(terraform, INIT, variables)
    assert initialised.is_current(terraform, [*INIT, "-no-color"], variables)


@pytest.mark.parametrize(
    "file",
    [
        "terraform/inner/main.tf",
        "terraform/inner/more.tf",
        "terraform/envs/local.s3.tfbackend",
        "terraform/.terraform.lock.hcl",
        "cli.tfrc",
    ],
)
def test_each_file_that_it_reads_counts(terraform, variables, file):
    (terraform.parent / file).write_text("# Another.\n")
    assert not initialised.is_current(terraform, INIT, variables)


@pytest.mark.parametrize(
    ("more", "given"),
    [
        (["-backend-config=bucket=another"], {}),
        ([], {"TF_CLI_ARGS_init": "-upgrade"}),
        ([], {"TF_PLUGIN_CACHE_DIR": "/cache"}),
        ([], {"GITHUB_ACTIONS": "true"}),
    ],
)
def test_what_it_is_told_counts_and_a_runner_believes_no_branch(terraform, variables, more, given):
    assert not initialised.is_current(terraform, [*INIT, *more], variables | given)


def test_newer_providers_are_looked_for_each_time(terraform, variables):
    initialised.note(terraform, [*INIT, "-upgrade"], variables)
    assert not initialised.is_current(terraform, [*INIT, "-upgrade"], variables)


def test_terraform_is_not_asked_twice_unless_it_has_failed_meanwhile(terraform, aws, cloud_variables):
    project, bucket = terraform.parent, "scones-tfstate-123456789012"
    given = cloud_variables | {"TF_CLI_CONFIG_FILE": str(project / "cli.tfrc"), "VERBOSE": "1"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "operations.terraform", "local", *arguments]
        return subprocess.run(command, cwd=project, env=os.environ | given, capture_output=True, text=True)

    said = "Terraform has been successfully initialized"
    aws("s3").create_bucket(Bucket=bucket)
    try:
        assert said in run("init").stdout
        again = run("init")
        assert (again.returncode, again.stdout) == (0, "")
        shutil.rmtree(project / "build/terraform/local/modules")
        assert run("plan", "-input=false").returncode == 1
        assert said in run("init").stdout
        assert "No changes" in run("plan", "-input=false").stdout
    finally:
        aws("s3").delete_bucket(Bucket=bucket)
