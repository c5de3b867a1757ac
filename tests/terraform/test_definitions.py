"""The state machines as Terraform renders them, held against a validator, and against the register's names."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.oracles.asl_validator import find_errors

from core.contract import register
from core.contract.outcomes import DUPLICATE
from operations.terraform import CONFIGURATION

MODULE = "modules/workflow"
RUN = '\nrun "the_machines_are_rendered" {}\n'


def test_asl_validator_finds_nothing_in_the_state_machines_that_are_rendered(terraform_test, tmp_path):
    rendered = render(terraform_test, tmp_path / "copy")
    assert len(rendered) == 2
    assert find_errors(rendered) == [[], []]


@pytest.fixture
def states(terraform_test, tmp_path) -> dict[str, Any]:
    """Those of the workflow."""
    definitions = map(json.loads, render(terraform_test, tmp_path / "copy"))
    (found,) = (it["States"] for it in definitions if "ClaimPhoto" in it["States"])
    return found


def test_the_workflow_writes_the_register_by_the_names_that_others_read(states):
    updates = {name: it["Parameters"] for name, it in states.items() if "dynamodb" in it.get("Resource", "")}
    written = [it["ExpressionAttributeValues"] for it in updates.values()]
    assert {it["TableName"].rpartition("-")[2] for it in updates.values()} == {register.TABLE_SUFFIX}
    for state in (*register.STATES, register.UNTOLD):
        assert {"S": state} in [values.get(f":{state}") for values in written], state
    for it in updates.values():
        opened = re.findall(r"#open = :(\w+)", it["UpdateExpression"])
        assert set(opened) <= set(register.OPEN)
        assert it["ExpressionAttributeNames"].get("#open", register.INDEX) == register.INDEX
    assert updates["Assign bicycle"]["ExpressionAttributeValues"][":by"] == {"S": register.BY_MODEL}
    assert states["Duplicate"]["Parameters"]["outcome"] == DUPLICATE


def test_each_name_and_value_of_an_update_is_used_and_each_that_is_used_is_there(states):
    """DynamoDB refuses an update otherwise, and no photo would be claimed."""
    for name, state in states.items():
        if "dynamodb" in state.get("Resource", ""):
            it = state["Parameters"]
            text = f"{it['ConditionExpression']} {it['UpdateExpression']}"
            assert set(re.findall(r"#\w+", text)) == set(it["ExpressionAttributeNames"]), name
            assert set(re.findall(r":\w+", text)) == set(it["ExpressionAttributeValues"]), name


def test_the_event_has_what_the_sweep_tells_of(states):
    (entry,) = states["EmitDriverRouted"]["Parameters"]["Entries"]
    assert (entry["Source"], entry["DetailType"]) == (register.EVENT_SOURCE, register.EVENT_KIND)
    assert tuple(name.removesuffix(".$") for name in entry["Detail"]) == register.TOLD


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
