"""How Terraform is found, and what it is told. Commands run as a user runs them, from an empty home."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.console import UserError
from operations import terraform

PROVIDER = "registry.terraform.io/hashicorp/aws"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """A machine of which nothing is known: an empty home, no mirror anywhere, nothing set."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(terraform, "BUILD", tmp_path / "build")
    monkeypatch.setattr(terraform, "ADD_ON_SOFTWARE", tmp_path / "opt")
    return tmp_path


def given(home: Path, **more: str) -> dict[str, str]:
    """Variables that keep the machine's own folders out of the search."""
    return {"HOME": str(home), "XDG_DATA_DIRS": str(home / "share"), **more}


def make_mirror(folder: Path, version: str | None = None) -> Path:
    (folder / PROVIDER / (version or terraform.locked_version())).mkdir(parents=True)
    return folder


@pytest.fixture
def run(tmp_path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command where a project is, with no account and no local cloud in its variables."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "terraform").symlink_to(ROOT / "terraform")

    def call(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "operations.terraform", *arguments]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return subprocess.run(command, cwd=project, env=clean | variables, text=True, capture_output=True)

    return call


def test_without_a_mirror_terraform_asks_the_registry(home):
    assert "TF_CLI_CONFIG_FILE" not in terraform.plugin_variables(given(home))


def test_a_configuration_that_the_user_has_set_wins_over_a_mirror(home):
    own = home / "own.tfrc"
    own.touch()
    mirror = make_mirror(home / "mirror")
    variables = terraform.plugin_variables(
        given(home, TF_CLI_CONFIG_FILE=str(own), TF_PLUGIN_MIRROR=str(mirror))
    )
    assert variables["TF_CLI_CONFIG_FILE"] == str(own)


def test_the_configuration_in_the_users_home_wins_over_a_mirror(home):
    (home / ".terraformrc").touch()
    make_mirror(home / ".terraform.d/plugins")
    assert "TF_CLI_CONFIG_FILE" not in terraform.plugin_variables(given(home))


def test_a_configuration_that_is_set_but_not_there_is_passed_over(home):
    variables = terraform.plugin_variables(given(home, TF_CLI_CONFIG_FILE=str(home / "gone.tfrc")))
    assert "TF_CLI_CONFIG_FILE" not in variables


@pytest.mark.parametrize("place", [".terraform.d/plugins", "share/terraform/plugins", "opt/any-name"])
def test_a_mirror_in_a_usual_place_is_used_without_any_set_up(home, place):
    mirror = make_mirror(home / place)
    variables = terraform.plugin_variables(given(home))
    assert str(mirror) in Path(variables["TF_CLI_CONFIG_FILE"]).read_text()


def test_a_named_mirror_wins_over_those_in_usual_places(home):
    make_mirror(home / ".terraform.d/plugins")
    named = make_mirror(home / "named")
    assert terraform.find_mirror(given(home, TF_PLUGIN_MIRROR=str(named))) == named


def test_a_mirror_with_another_version_than_the_locked_one_is_passed_over(home):
    make_mirror(home / ".terraform.d/plugins", version="4.0.0")
    assert terraform.find_mirror(given(home)) is None


def test_a_named_mirror_without_the_provider_is_refused_by_its_variable(home):
    with pytest.raises(UserError, match=f"TF_PLUGIN_MIRROR={home}"):
        terraform.find_mirror(given(home, TF_PLUGIN_MIRROR=str(home)))


def test_a_missing_terraform_is_said_in_one_line_with_what_to_do(run, tmp_path):
    result = run("local", "plan", PATH=str(tmp_path))
    assert result.returncode == 1
    assert result.stderr == f"error: there is no terraform on the PATH: {terraform.INSTALL}\n"


def test_an_old_terraform_is_said_in_one_line_with_what_to_do(run, tmp_path):
    old = tmp_path / "terraform"
    old.write_text('#!/bin/sh\necho \'{"terraform_version": "1.9.8"}\'\n')
    old.chmod(0o755)
    result = run("local", "plan", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert result.returncode == 1
    assert result.stderr == f"error: terraform is 1.9.8, too old: {terraform.INSTALL}\n"


def test_an_unknown_environment_is_answered_with_those_there_are(run):
    result = run("production", "plan")
    assert result.returncode == 1
    assert "choose from local, prod, staging" in result.stderr


def test_a_missing_command_is_answered_with_an_example(run):
    result = run("local")
    assert result.returncode == 1
    assert "python -m operations.terraform local plan" in result.stderr


def test_arguments_and_exit_status_pass_through_to_terraform_and_back(run):
    assert "Usage: terraform" in run("local", "plan", "-help").stdout
    assert run("local", "plan", "-no-such-option").returncode != 0


def test_a_plan_is_told_the_environments_variables():
    assert "-var-file=envs/staging.tfvars" in terraform.command("staging", ["plan", "-out=x"])


def test_the_apply_of_a_saved_plan_is_told_nothing_more():
    assert terraform.command("staging", ["apply", "x"])[2:] == ["apply", "x", "-no-color"]


def test_without_an_account_init_says_how_to_sign_in(run):
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    result = run("local", "init", **nowhere, AWS_EC2_METADATA_DISABLED="true")
    assert result.returncode == 1
    assert "AWS needs to know who you are" in result.stderr
    assert "Traceback" not in result.stderr


def test_into_a_pipe_terraform_writes_no_escape_codes(run, cloud_variables):
    """Nothing is installed here, so that it has something to say in red."""
    for arguments in (("validate",), ("plan",), ("state", "list")):
        for verbose in ("", "1"):
            done = run("local", *arguments, VERBOSE=verbose, **cloud_variables)
            said = done.stdout + done.stderr
            assert "Error: " in said, arguments
            assert not {"\x1b", "\r"} & set(said), arguments
