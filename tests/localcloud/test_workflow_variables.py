"""What a state assigns, later ones read: in parameters, intrinsics, paths and rules, and after a redrive."""

import hashlib
import json
import re
import time
from typing import Any

import pytest

from core.contract.shapes import Pointer

MILLISECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
PHOTO = {"s3_bucket": "scones", "s3_key": "incoming/x.png", "version_id": "v1"}


def step(**fields: Any) -> dict[str, Any]:
    return {"Type": "Pass", **fields}


def after(*states: dict[str, Any]) -> dict[str, Any]:
    """States that keep the input as `$photo` and its name as `$name`, and then these, one after the other."""
    assign = step(Assign={"photo.$": "$", "name.$": "States.Format('{}!', $.s3_key)", "kind": "car"})
    every = [assign, step(Result={}), *states]
    return {
        f"S{number}": {**state, **({"Next": f"S{number + 1}"} if number + 1 < len(every) else {"End": True})}
        for number, state in enumerate(every)
    }


@pytest.fixture
def outcome(machine, execute):
    """Run these states after those that assign; answer the output."""

    def run(*states):
        ended = execute(machine(after(*states)), PHOTO)
        assert ended["status"] == "SUCCEEDED", ended
        return json.loads(ended["output"])

    return run


def test_a_variable_is_read_wherever_a_path_may_stand(outcome):
    read = {
        "all.$": "$photo",
        "deep.$": "$photo.s3_key",
        "text.$": "$name",
        "plain.$": "$kind",
        "put.$": "States.Format('{}/{}', $photo.s3_bucket, $name)",
    }
    assert outcome(step(Parameters=read)) == {
        "all": PHOTO,
        "deep": "incoming/x.png",
        "text": "incoming/x.png!",
        "plain": "car",
        "put": "scones/incoming/x.png!",
    }
    assert outcome(step(InputPath="$photo")) == PHOTO
    assert outcome(step(OutputPath="$photo")) == PHOTO


def test_what_is_assigned_again_is_the_new_value_and_what_is_read_is_a_copy(outcome):
    again = step(Assign={"kind.$": "States.Format('{}s', $kind)"})
    change = step(Parameters={"photo.$": "$photo"}, ResultPath="$.kept")
    write = step(Result="y.png", ResultPath="$.kept.photo.s3_key")
    read = step(Parameters={"kind.$": "$kind", "key.$": "$photo.s3_key"})
    assert outcome(again, change, write, read) == {"kind": "cars", "key": "incoming/x.png"}


@pytest.mark.parametrize(
    "rule",
    [
        {"Variable": "$name", "StringEquals": "incoming/x.png!"},
        {"Variable": "$photo.s3_key", "IsString": True},
        {"Variable": "$.key", "StringEqualsPath": "$photo.s3_key"},
        {"Not": {"Variable": "$.key", "StringEqualsPath": "$name"}},
    ],
)
def test_a_rule_compares_a_variable(machine, execute, rule):
    states = after(step(Parameters={"key.$": "$photo.s3_key"}))
    del states["S2"]["End"]
    states |= {
        "Choose": {"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No"},
        "Yes": step(Result={"chosen": "yes"}, End=True),
        "No": step(Result={"chosen": "no"}, End=True),
    }
    states["S2"]["Next"] = "Choose"
    assert json.loads(execute(machine(states), PHOTO)["output"]) == {"chosen": "yes"}


@pytest.mark.parametrize(
    ("pattern", "text", "holds"),
    [
        ("archive *", "archive 2026-03-01T09:20:00.000Z", True),
        ("archive *", "2026-03-01T09:20:00.000Z", False),
        ("archive *", "archive\n", False),
        ("*.png", "a/b\nc.png", True),
        ("a?.png", "ab.png", False),
        ("[ab].png", "a.png", False),
        ("[ab].png", "[ab].png", True),
        (r"\*.png", "*.png", True),
        (r"\*.png", "a.png", False),
    ],
)
def test_only_a_star_stands_for_something_else_in_a_pattern(machine, execute, pattern, text, holds):
    keep = step(Assign={"since.$": "$.since"}, Next="Choose")
    rule = {"Variable": "$since", "StringMatches": pattern, "Next": "Yes"}
    states = {
        "Keep": keep,
        "Choose": {"Type": "Choice", "Choices": [rule], "Default": "No"},
        "Yes": step(Result={"holds": True}, End=True),
        "No": step(Result={"holds": False}, End=True),
    }
    assert json.loads(execute(machine(states), {"since": text})["output"]) == {"holds": holds}


@pytest.mark.parametrize(
    ("size", "seen"), [(1, {"size": 1, "kind": "small"}), (9, {"size": 9, "kind": "large"})]
)
def test_a_rule_that_holds_assigns_of_the_input_and_so_does_none(machine, execute, size, seen):
    small = {"And": [{"Variable": "$.size", "IsPresent": True}, {"Variable": "$.size", "NumericLessThan": 5}]}
    states = {
        "Choose": {
            "Type": "Choice",
            "Choices": [{**small, "Assign": {"size.$": "$.size", "kind": "small"}, "Next": "Small"}],
            "Default": "Show",
            "Assign": {"size.$": "$.size", "kind": "large"},
        },
        "Small": step(Next="Show"),
        "Show": step(Parameters={"size.$": "$size", "kind.$": "$kind"}, End=True),
    }
    assert json.loads(execute(machine(states), {"size": size})["output"]) == seen


LAST = "States.ArrayGetItem(States.StringSplit($.s3_key, '/'), 2)"
HASH = "States.Hash(States.Format('{}/{}/{}', $.s3_bucket, $.version_id, $.s3_key), 'SHA-256')"


@pytest.mark.parametrize(
    ("key", "last"),
    [
        ("incoming/api/7f83b1", True),
        ("incoming/api/é 🛵 {}'s.png", True),
        ("incoming/api/", False),
        ("incoming/api/x/y", False),
        ("incoming/api/x/", False),
        ("incoming/api//x", False),
        ("incoming/apis/x", False),
        ("an/incoming/api/x", False),
    ],
)
def test_a_rule_names_a_photo_as_the_functions_do(machine, execute, key, last):
    """The workflow's own rules: neither costs a transition."""
    key_s = [
        {"Variable": "$.s3_key", "StringMatches": "incoming/api/*"},
        {"Not": {"Variable": "$.s3_key", "StringMatches": "incoming/api/*/*"}},
        {"Not": {"Variable": "$.s3_key", "StringEquals": "incoming/api/"}},
    ]
    any_key = [{"Variable": "$.s3_key", "IsPresent": True}]
    choices = [
        {"And": rules, "Assign": {"photo.$": photo}, "Next": "Show"}
        for rules, photo in ((key_s, LAST), (any_key, HASH))
    ]
    states = {
        "Choose": {"Type": "Choice", "Choices": choices},
        "Show": step(Parameters={"photo.$": "$photo"}, End=True),
    }
    photo = json.loads(execute(machine(states), PHOTO | {"s3_key": key})["output"])["photo"]
    assert photo == Pointer("scones", key, "v1").id
    assert (photo == key.removeprefix("incoming/api/")) == last


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_wait_takes_as_long_as_its_input_says(machine, execute, seconds):
    """And what it was given goes on."""
    states = {
        "Wait": {"Type": "Wait", "SecondsPath": "$.grace_seconds", "Next": "Show"},
        "Show": step(End=True),
    }
    begun = time.monotonic()
    ended = execute(machine(states), {"grace_seconds": seconds})
    assert json.loads(ended["output"]) == {"grace_seconds": seconds}
    assert time.monotonic() - begun >= seconds


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "does not reference an input value: $.grace_seconds"),
        ({"grace_seconds": "5"}, "cannot be parsed as a long value: $.grace_seconds == 5"),
        ({"grace_seconds": -1}, "references a negative value: $.grace_seconds == -1"),
    ],
)
def test_a_wait_for_no_number_of_seconds_ends_the_execution(machine, execute, given, said):
    ended = execute(machine({"Wait": {"Type": "Wait", "SecondsPath": "$.grace_seconds", "End": True}}), given)
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert ended["cause"].endswith(f"The SecondsPath parameter {said}")


def test_a_wait_that_is_stopped_does_nothing_more(machine, aws, ended):
    states = {
        "Wait": {"Type": "Wait", "SecondsPath": "$.grace_seconds", "Next": "Show"},
        "Show": step(End=True),
    }
    steps = aws("stepfunctions")
    begun = steps.start_execution(stateMachineArn=machine(states), input='{"grace_seconds": 60}')
    steps.stop_execution(executionArn=begun["executionArn"])
    assert ended(begun["executionArn"])["status"] == "ABORTED"
    entered = steps.get_execution_history(executionArn=begun["executionArn"])["events"]
    assert "PassStateEntered" not in [event["type"] for event in entered]


def test_a_task_assigns_of_what_it_got_before_anything_is_selected(function, machine, execute):
    code = "def handler(event, context): return {'seen': event, 'more': 'm'}\n"
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function(code), "Payload.$": "$photo.s3_key"},
        "TimeoutSeconds": 9,
        "Assign": {"more.$": "$.Payload.more", "was.$": "$name"},
        "ResultSelector": {"seen.$": "$.Payload.seen"},
        "ResultPath": "$.task",
    }
    read = step(Parameters={"task.$": "$.task", "more.$": "$more", "was.$": "$was"})
    ended = execute(machine(after(task, read)), PHOTO)
    assert json.loads(ended["output"]) == {
        "task": {"seen": "incoming/x.png"},
        "more": "m",
        "was": "incoming/x.png!",
    }


def test_null_is_assigned_and_read_as_any_value_is(outcome):
    assign = step(Assign={"confidence": None, "recorded": {"NULL": True}})
    read = {"confidence.$": "$confidence", "deep": [{"recorded.$": "$recorded"}], "rule.$": "$recorded.NULL"}
    expected = {"confidence": None, "deep": [{"recorded": {"NULL": True}}], "rule": True}
    assert outcome(assign, step(Parameters=read)) == expected
    again = step(Assign={"confidence.$": "States.StringToJson('0.98')"})
    assert outcome(assign, again, step(Parameters={"confidence.$": "$confidence"})) == {"confidence": 0.98}
    kept = step(Assign={"confidence.$": "$.confidence"})
    given = step(Result={"confidence": None})
    assert outcome(given, kept, step(Parameters={"read.$": "$confidence"})) == {"read": None}


@pytest.mark.parametrize("path", ["$nobody", "$photo.nothing"])
def test_what_no_state_has_assigned_ends_the_execution(machine, execute, path):
    states = after(step(Parameters={"read.$": path}))
    ended = execute(machine(states), PHOTO)
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert f"'{path}'" in ended["cause"]


def test_a_redriven_execution_has_its_variables_still(function, machine, execute, ended, aws):
    code = (
        "n = 0\ndef handler(event, context):\n    global n\n    n += 1\n    return [event] * (n // (n - 1))\n"
    )
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function(code), "Payload.$": "$name"},
        "OutputPath": "$.Payload",
    }
    failed = execute(machine(after(task)), PHOTO)
    assert failed["error"] == "ZeroDivisionError"
    aws("stepfunctions").redrive_execution(executionArn=failed["executionArn"])
    assert ended(failed["executionArn"])["output"] == ["incoming/x.png!"] * 2


def test_times_are_written_in_milliseconds_of_utc(outcome):
    times = outcome(
        step(Parameters={"entered.$": "$$.State.EnteredTime", "started.$": "$$.Execution.StartTime"})
    )
    assert all(MILLISECONDS.fullmatch(time) for time in times.values()), times


@pytest.mark.parametrize(
    "key", ["a b.png", "é/ü 🛵.png", "it's {}.png", 'quo"ted.png', "back\\slash.png", "{{}}"]
)
def test_a_hash_is_that_of_the_text_s_own_bytes(key, machine, execute):
    asked = "States.Hash(States.Format('{}/{}/{}', $.s3_bucket, $.version_id, $.s3_key), 'SHA-256')"
    ended = execute(machine({"Hash": step(Parameters={"id.$": asked}, End=True)}), PHOTO | {"s3_key": key})
    assert json.loads(ended["output"])["id"] == hashlib.sha256(f"scones/v1/{key}".encode()).hexdigest()


def test_a_hash_is_the_one_of_aws_s_own_example(outcome):
    asked = step(Parameters={"hash.$": "States.Hash('input data', 'SHA-1')"})
    assert outcome(asked) == {"hash": "aaff4a450a104cd177d28d18d74485e8cae074b7"}
