"""The state machines as Terraform renders them, held against a validator, and against the register's names."""

import itertools
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from tests.oracles.asl_validator import find_errors

from core.contract import answered_items, register
from core.contract.outcomes import DUPLICATE
from operations import photo_register
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
    assert {it["TableName"].rpartition("-")[2] for it in updates.values()} == {photo_register.TABLE_SUFFIX}
    for state in (*register.STATES, register.UNTOLD):
        assert {"S": state} in [values.get(f":{state}") for values in written], state
    for it in updates.values():
        opened = re.findall(r"#open = :(\w+)", it["UpdateExpression"])
        assert set(opened) <= set(register.OPEN)
        assert it["ExpressionAttributeNames"].get("#open", register.INDEX) == register.INDEX
    assert states["ClaimPhoto"]["Assign"]["by"] == "model"
    assert states["Duplicate"]["Parameters"]["outcome"] == DUPLICATE
    assert states["RecordDecided"]["ResultSelector"]["outcome"] == register.DECIDED


def test_who_decides_what_is_known_by_the_names_that_others_read(states):
    for choice in states["NamePhoto"]["Choices"][2:]:
        (labels, deciders) = (it["Or"] for it in choice["And"] if "Or" in it)
        assert labels[-1]["StringEquals"] == answered_items.UNUSABLE
        assert [it["StringEquals"] for it in deciders] == answered_items.DECIDERS
    archived, unusable = states["Decided"]["Choices"][0]["Or"]
    assert archived["StringMatches"] == f"{register.ARCHIVE}*"
    assert unusable["StringEquals"] == answered_items.UNUSABLE


def test_each_name_and_value_of_an_update_is_used_and_each_that_is_used_is_there(states):
    """DynamoDB refuses an update otherwise, and no photo would be claimed."""
    for name, state in states.items():
        if "dynamodb" in state.get("Resource", ""):
            it = state["Parameters"]
            text = f"{it['ConditionExpression']} {it['UpdateExpression']}"
            names, values = filled(it["ExpressionAttributeNames"]), filled(it["ExpressionAttributeValues"])
            assert set(re.findall(r"#\w+", text)) == set(names), name
            assert set(re.findall(r":\w+", text)) == set(values), name


def test_each_variable_is_assigned_on_every_way_to_where_it_is_read(states):
    """Step Functions ends an execution that reads one which has no value."""
    read = {
        name: set(re.findall(r"(?<!\$)\$([a-z_]+)", json.dumps({**it, "Catch": []})))
        for name, it in states.items()
    }
    assert read["EmitDriverRouted"] >= {"photo", "kind", "vehicle", "confidence", "by", "source", "reference"}
    ways = [("NamePhoto", frozenset[str]())]
    for name, known in ways:
        it = states[name]
        assert read[name] <= known, name
        assigned = known | {each.removesuffix(".$") for each in it.get("Assign", {})}
        # A state that fails has assigned nothing.
        after = {(each["Next"], known) for each in it.get("Catch", [])}
        after |= {(each, assigned) for each in (it.get("Next"), it.get("Default")) if each}
        # A rule that holds assigns what it says, and not what its state does.
        after |= {
            (each["Next"], known | {name.removesuffix(".$") for name in each.get("Assign", {})})
            for each in it.get("Choices", [])
        }
        ways += after - set(ways)
    assert {name for name, _ in ways} == set(states)


# By the state that a photo is in, and whose: which updates another may follow. None is a photo that nobody has claimed.
MINE, OTHERS, VERSION = "mine", "others", "v1"
FOLLOWS = {
    "ClaimPhoto": {
        None,
        (register.EXPECTED, MINE),
        (register.EXPECTED, OTHERS),
        (register.FAILED, MINE),
        (register.FAILED, OTHERS),
        (register.CLAIMED, MINE),
    },
    # Whoever decides first: ClaimDecision. Each of the two makes the photo this execution's.
    "ClaimDecision": {(register.WAITING, MINE), (register.WAITING, OTHERS)},
    "ClaimCorrection": {(register.ROUTED, MINE), (register.ROUTED, OTHERS)},
    "Assign bicycle": {(register.CLAIMED, MINE), (register.WAITING, MINE), (register.ROUTED, MINE)},
    "RecordDecided": {(register.WAITING, MINE), (register.DECIDED, MINE)},
    "RecordWaiting": {(register.CLAIMED, MINE), (register.WAITING, MINE)},
    "RecordFailed": {(register.CLAIMED, MINE), (register.FAILED, MINE)},
    "RecordUntold": {(register.ROUTED, MINE)},
}


@pytest.fixture
def table() -> Iterator[Any]:
    with mock_aws():
        yield boto3.resource("dynamodb", "us-east-1").create_table(
            TableName="photos",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )


def test_a_photo_goes_from_one_state_to_the_next_and_never_back(states, table):
    """Whoever comes late, is repeated or is redriven changes nothing of what has been recorded since."""
    befores = [None, *((state, whose) for state in register.STATES for whose in (MINE, OTHERS))]
    for name, expected in FOLLOWS.items():
        found = set()
        for before in befores:
            table.delete_item(Key={"id": "photo"})
            if before:
                item = {"id": "photo", "state": before[0], "execution": before[1], "version_id": VERSION}
                table.put_item(Item=item)
            if update(states[name]["Parameters"], MINE):
                found.add(before)
        assert found == expected, name


@pytest.mark.parametrize(
    ("claim", "state"), [("ClaimDecision", register.WAITING), ("ClaimCorrection", register.ROUTED)]
)
def test_a_decision_follows_those_before_it_and_none_after_it(states, table, claim, state):
    """Numbers may leave one out: where a decision could not be claimed at all, its execution's name is taken."""
    taken = set()
    for number, execution in [(None, OTHERS), *itertools.product((1, 2, 3, 4), (MINE, OTHERS))]:
        item = {"id": "photo", "state": state, "execution": execution}
        table.put_item(Item=item | ({"decided": number} if number else {}))
        if update(states[claim]["Parameters"], MINE, number=3):
            taken.add((number, execution))
    assert taken == {(None, OTHERS), (1, MINE), (1, OTHERS), (2, MINE), (2, OTHERS), (3, MINE)}


def test_every_decision_stays_and_the_route_is_of_the_last(states, table):
    """The first is stopped as soon as it has claimed the photo; the second comes to its end; the third corrects it."""
    names = ["photo-1", "photo-2", "photo-3"]
    table.put_item(Item={"id": "photo", "state": register.WAITING, "execution": "the model's"})
    assert update(states["ClaimDecision"]["Parameters"], names[0], number=1)
    assert update(states["ClaimDecision"]["Parameters"], names[1], number=2)
    assert update(states["Assign bicycle"]["Parameters"], names[1], number=2)
    assert not update(states["ClaimDecision"]["Parameters"], names[2], number=3)
    assert update(states["ClaimCorrection"]["Parameters"], names[2], number=3)
    assert update(states["Assign motorcycle"]["Parameters"], names[2], number=3)
    for late in names[:2]:
        for name in ("Assign bicycle", "RecordDecided", "RecordUntold", "RecordFailed"):
            assert not update(states[name]["Parameters"], late), (late, name)
    item = table.get_item(Key={"id": "photo"})["Item"]
    assert (item["state"], item["label"], item["decided"]) == (register.ROUTED, "motorcycle", 3)
    assert [item[f"decision_{number}"]["execution"] for number in (1, 2, 3)] == names
    assert item["confidence"] is None


@pytest.mark.parametrize("state", [register.WAITING, register.DECIDED])
def test_the_upload_of_a_photo_that_a_bulk_run_was_first_with_takes_it(states, table, state):
    """A driver may wait for it, and who waited behind all drivers was nobody."""
    item = {"id": "photo", "state": state, "since": f"{register.ARCHIVE}2026-07-01T00:00:00.000Z"}
    table.put_item(Item=item | {"run": "run-1", "label": "bicycle"})
    assert update(states["ClaimPhoto"]["Parameters"], MINE)
    taken = table.get_item(Key={"id": "photo"})["Item"]
    assert (taken["state"], taken["execution"]) == (register.CLAIMED, MINE)
    assert not {"run", "label"} & taken.keys()
    assert not taken["since"].startswith(register.ARCHIVE)
    table.put_item(Item=item)  # of an evaluation: it came by its own upload
    assert not update(states["ClaimPhoto"]["Parameters"], MINE)


@pytest.mark.parametrize(("version", "taken"), [(VERSION, True), ("another", False)])
def test_of_a_photo_that_the_api_has_uploaded_the_first_version_alone_counts(states, table, version, taken):
    """Both are called as the key says."""
    expected = {"id": "photo", "state": register.EXPECTED, "source": "bay 2", "camera": "source=bay 2"}
    table.put_item(Item=expected | {"reference": "delivery 7", "owner": "o", "expires": 1})
    assert update(states["ClaimPhoto"]["Parameters"], OTHERS)
    claimed = table.get_item(Key={"id": "photo"})["Item"]
    # What its upload's event says of these is nothing.
    kept = [claimed[name] for name in ("source", "camera", "reference", "owner")]
    assert kept == ["bay 2", "source=bay 2", "delivery 7", "o"]
    assert "expires" not in claimed
    assert not update(states["ClaimPhoto"]["Parameters"], MINE)
    assert update(states["RecordFailed"]["Parameters"], OTHERS)
    table.update_item(
        Key={"id": "photo"},
        UpdateExpression="SET version_id = :version",
        ExpressionAttributeValues={":version": version},
    )
    assert update(states["ClaimPhoto"]["Parameters"], MINE) == taken


def test_a_driver_s_photo_says_who_sent_it_though_a_bulk_run_was_first_with_it(states, table):
    table.put_item(Item={"id": "photo", "state": register.WAITING, "run": "run-1"})
    assert update(states["ClaimPhoto"]["Parameters"], MINE)
    taken = table.get_item(Key={"id": "photo"})["Item"]
    assert (taken["source"], taken["reference"]) == ("1", "1")


@pytest.mark.parametrize(
    ("claim", "state"), [("ClaimDecision", register.WAITING), ("ClaimCorrection", register.ROUTED)]
)
def test_a_decision_that_was_withdrawn_is_not_claimed_and_the_next_one_is(states, table, claim, state):
    table.put_item(Item={"id": "photo", "state": state, "withdrawn": {1, 3}})
    assert [update(states[claim]["Parameters"], MINE, number=number) for number in (1, 2)] == [False, True]
    item = table.get_item(Key={"id": "photo"})["Item"]
    # Of an archive's photo, nobody had said so.
    assert (item["source"], item["reference"], item["decided"]) == ("", "", 2)


def test_the_day_is_the_one_of_the_first_route_and_says_who_made_it(states, table):
    table.put_item(Item={"id": "photo", "state": register.CLAIMED, "execution": MINE})
    assert update(states["Assign bicycle"]["Parameters"], MINE)
    routed = table.get_item(Key={"id": "photo"})["Item"]
    again = states["Assign motorcycle"]["Parameters"]
    again["ExpressionAttributeValues"][":day"] = {"S": "2026-11-28 person"}
    assert update(again, MINE)
    assert table.get_item(Key={"id": "photo"})["Item"]["day"] == routed["day"]


def test_what_was_answered_first_stays_though_a_correction_writes_over_it(states, table):
    table.put_item(Item={"id": "photo", "state": register.CLAIMED, "execution": MINE})
    assert update(states["Assign bicycle"]["Parameters"], MINE)
    routed = table.get_item(Key={"id": "photo"})["Item"]
    assert routed["first"] == {name: routed[name] for name in ("label", "confidence")}
    assert update(states["ClaimCorrection"]["Parameters"], OTHERS)
    again = states["Assign motorcycle"]["Parameters"]
    again["ExpressionAttributeValues"][":confidence"] = {"NULL": True}
    del again["ExpressionAttributeValues"][":confidence.$"]
    assert update(again, OTHERS)
    corrected = table.get_item(Key={"id": "photo"})["Item"]
    assert (corrected["label"], corrected["confidence"]) == ("motorcycle", None)
    assert corrected["first"] == routed["first"] != {"label": "motorcycle", "confidence": None}


def test_a_correction_ends_the_objection_s_waiting(states, table):
    waiting = {"open": register.WAITING, "since": "2026-11-27T06:00:00.000Z", "objected_at": "the same"}
    table.put_item(Item={"id": "photo", "state": register.ROUTED, "execution": OTHERS} | waiting)
    assert not update(states["ClaimDecision"]["Parameters"], MINE)
    assert update(states["ClaimCorrection"]["Parameters"], MINE)
    assert update(states["Assign bicycle"]["Parameters"], MINE)
    item = table.get_item(Key={"id": "photo"})["Item"]
    assert not {"open", "since"} & item.keys()
    assert item["objected_at"] == "the same"


def update(parameters: dict[str, Any], execution: str, number: int = 1) -> bool:
    """Whether DynamoDB takes it, with a text or a number for each value that the execution has."""
    client = boto3.client("dynamodb", "us-east-1")
    try:
        client.update_item(
            TableName="photos",
            Key={"id": {"S": "photo"}},
            ConditionExpression=parameters["ConditionExpression"],
            UpdateExpression=parameters["UpdateExpression"],
            ExpressionAttributeNames=filled(parameters["ExpressionAttributeNames"], execution, number),
            ExpressionAttributeValues=filled(parameters["ExpressionAttributeValues"], execution, number),
        )
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def filled(template: dict[str, Any], execution: str = MINE, number: int = 1) -> dict[str, Any]:
    """What the execution with a decision of that number makes of it."""
    values: dict[str, Any] = {
        "$$.Execution.Id": execution,
        "$recorded": {"NULL": True},
        "$.version_id": VERSION,
        "States.Format('{}', $.decision)": str(number),
        "States.Format('decision_{}', $.decision)": f"decision_{number}",
    }
    return {
        name.removesuffix(".$"): values.get(it, "1")
        if name.endswith(".$")
        else filled(it, execution, number)
        if isinstance(it, dict)
        else it
        for name, it in template.items()
    }


def test_the_event_has_what_the_sweep_tells_of(states):
    (entry,) = states["EmitDriverRouted"]["Parameters"]["Entries"]
    assert (entry["Source"], entry["DetailType.$"]) == (register.EVENT_SOURCE, "$kind")
    assert states["ClaimPhoto"]["Assign"]["kind"] == register.EVENT_KIND
    assert states["ClaimDecision"]["Assign"]["kind"] == register.EVENT_KIND
    assert states["ClaimCorrection"]["Assign"]["kind"] == register.CORRECTION
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
