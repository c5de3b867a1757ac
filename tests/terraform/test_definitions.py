"""The state machines as Terraform renders them, held against a validator, and against the register's names."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
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


# By the state that a photo is in, and whose: which updates another may follow. None is a photo that nobody has claimed.
MINE, OTHERS = "mine", "others"
FOLLOWS = {
    "ClaimPhoto": {None, (register.FAILED, MINE), (register.FAILED, OTHERS), (register.CLAIMED, MINE)},
    "Assign bicycle": {(register.CLAIMED, MINE), (register.ROUTED, MINE)},
    "RecordWaiting": {(register.CLAIMED, MINE), (register.WAITING, MINE)},
    "RecordFailed": {(register.CLAIMED, MINE), (register.FAILED, MINE)},
    "RecordUntold": {(register.ROUTED, MINE)},
}


@mock_aws
def test_a_photo_goes_from_one_state_to_the_next_and_never_back(states):
    """Whoever comes late, is repeated or is redriven changes nothing of what has been recorded since."""
    table = boto3.resource("dynamodb", "us-east-1").create_table(
        TableName="photos",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    befores = [None, *((state, whose) for state in register.STATES for whose in (MINE, OTHERS))]
    for name, expected in FOLLOWS.items():
        found = set()
        for before in befores:
            table.delete_item(Key={"id": "photo"})
            if before:
                table.put_item(Item={"id": "photo", "state": before[0], "execution": before[1]})
            if update(states[name]["Parameters"], MINE):
                found.add(before)
        assert found == expected, name


def update(parameters: dict[str, Any], execution: str) -> bool:
    """Whether DynamoDB takes it, with a text or a number for each value that the execution has."""
    client = boto3.client("dynamodb", "us-east-1")
    values = {
        name: {kind.removesuffix(".$"): "1" if kind.endswith(".$") else text for kind, text in value.items()}
        for name, value in parameters["ExpressionAttributeValues"].items()
    }
    try:
        client.update_item(
            TableName="photos",
            Key={"id": {"S": "photo"}},
            ConditionExpression=parameters["ConditionExpression"],
            UpdateExpression=parameters["UpdateExpression"],
            ExpressionAttributeNames=parameters["ExpressionAttributeNames"],
            ExpressionAttributeValues=values | {":execution": {"S": execution}},
        )
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def test_the_event_has_what_the_sweep_tells_of(states):
    (entry,) = states["EmitDriverRouted"]["Parameters"]["Entries"]
    assert (entry["Source"], entry["DetailType"]) == (register.EVENT_SOURCE, register.EVENT_KIND)
    assert tuple(name.removesuffix(".$") for name in entry["Detail"]) == register.DETAIL


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
