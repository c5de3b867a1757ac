"""Every environment is the same configuration with other variables: each can be planned where there is nothing yet."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from python_terraform import IsFlagged, Terraform

from operations import bootstrap, package, terraform, workplace

FROM_NOTHING = re.compile(r"Plan: (\d+) to add, 0 to change, 0 to destroy")
CHANGES = 2  # the status of a plan that has some

# python-terraform reports that status by a method that Python has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:The 'warn' method is deprecated:DeprecationWarning")


@pytest.fixture
def environment(cloud_variables, tmp_path, monkeypatch) -> Callable[[str], Terraform]:
    """Terraform, initialised for an environment in a copy of the project, with its state in the local cloud."""
    workplace.copy(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    package.build(Path("build/lambdas"), package.ARCHITECTURE)

    def make(env: str) -> Terraform:
        bucket = terraform.state_bucket(env)
        if not bootstrap.exists(bucket):
            bootstrap.bootstrap(bucket)
        for name, value in terraform.variables(env).items():
            monkeypatch.setenv(name, value)
        made = Terraform("terraform", var_file=f"envs/{env}.tfvars")
        backend = [f"envs/{env}.s3.tfbackend", f"bucket={bucket}"]
        status, _, errors = made.cmd("init", backend_config=backend, input=False, no_color=IsFlagged)
        assert status == 0, errors
        return made

    return make


@pytest.mark.parametrize("env", ["staging", "prod"])
def test_an_environment_is_planned_from_a_clean_state(environment, env):
    status, printed, errors = environment(env).plan()
    assert status == CHANGES, errors
    resources = FROM_NOTHING.search(printed)
    assert resources, printed
    assert int(resources[1]) > 50
    assert f"scones-{env}" in printed


def test_what_is_applied_of_an_environment_is_destroyed_to_nothing(environment):
    """Its training role and what that needs: the rest of an environment takes minutes, see tests/pipeline."""
    staging = environment("staging")
    status, _, errors = staging.apply(skip_plan=True, target="module.training")
    assert status == 0, errors
    kept, printed, _ = staging.cmd("state list")
    assert kept == 0
    assert "module.training.aws_iam_role.this" in printed
    status, _, errors = staging.cmd(
        "destroy -auto-approve", no_color=IsFlagged, var_file="envs/staging.tfvars"
    )
    assert status == 0, errors
    _, printed, _ = staging.cmd("state list")
    assert printed == ""
