"""The state machines as Terraform renders them, held against a validator that others rely on."""

import json
import shutil
from pathlib import Path

from tests.oracles.asl_validator import find_errors

from operations.terraform import CONFIGURATION

MODULE = "modules/workflow"
RUN = '\nrun "the_machines_are_rendered" {}\n'


def test_asl_validator_finds_nothing_in_the_state_machines_that_are_rendered(terraform_test, tmp_path):
    rendered = render(terraform_test, tmp_path / "copy")
    assert len(rendered) == 2
    assert find_errors(rendered) == [[], []]


def render(terraform_test, copy: Path) -> list[str]:
    """The definitions, with the values of the module's own tests."""
    shutil.copytree(CONFIGURATION, copy)
    (tests,) = (copy / MODULE / "tests").glob("*.tftest.hcl")
    tests.write_text(tests.read_text().partition('\nrun "')[0] + RUN)
    result = terraform_test(copy, MODULE, "-verbose", "-json")
    assert result.returncode == 0, result.stdout + result.stderr
    lines = map(json.loads, result.stdout.splitlines())
    (state,) = (line["test_state"] for line in lines if line["type"] == "test_state")
    resources = state["root_module"]["resources"]
    return [it["values"]["definition"] for it in resources if it["type"] == "aws_sfn_state_machine"]
