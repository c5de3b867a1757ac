"""What a failure is called decides which Retry and which Catch it meets: `States.ALL` does not stand for all."""

import json
import uuid
from typing import Any

import pytest
from tests.builders import make_role
from tests.localcloud.sessions import allow

LARGE = "def handler(event, context): return 'x' * 300_000\n"
REFUSED = "DynamoDB.ConditionalCheckFailedException"
ANY = {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Caught"}


def invoke(function: str, **more: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "End": True,
        **more,
    }


def put(table: str, **more: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:putItem",
        "Parameters": {
            "TableName": table,
            "Item": {"id": {"S.$": "$.id"}},
            "ConditionExpression": "attribute_not_exists(id)",
        },
        "End": True,
        **more,
    }


@pytest.fixture
def caught(machine, execute):
    """Run a state whose Catch leads to Caught; answer what was caught, or the execution's own error."""

    def run(state: dict[str, Any], event: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        states = {"Work": {"Catch": [ANY], **state}, "Caught": {"Type": "Pass", "End": True}}
        ended = execute(machine(states, **more), event)
        if ended["status"] == "FAILED":
            return {"uncaught": ended["error"]}
        return json.loads(ended["output"])["error"]

    return run


def test_what_is_too_large_is_caught_by_its_name_alone(function, caught):
    large = function(LARGE)
    assert caught(invoke(large)) == {"uncaught": "States.DataLimitExceeded"}
    named = {"ErrorEquals": ["States.DataLimitExceeded"], "ResultPath": "$.error", "Next": "Caught"}
    assert caught(invoke(large, Catch=[named, ANY]))["Error"] == "States.DataLimitExceeded"


@pytest.mark.parametrize("names", [["States.ALL"], ["States.Runtime"], ["States.TaskFailed"]])
def test_what_cannot_be_read_ends_the_execution_whatever_is_caught(function, caught, names):
    wrong = {"FunctionName": function(LARGE), "Payload.$": "$.nothing.there"}
    catch = [{**ANY, "ErrorEquals": names}]
    retry = [{"ErrorEquals": names, "IntervalSeconds": 30}]
    assert caught(invoke("f", Parameters=wrong, Catch=catch, Retry=retry)) == {"uncaught": "States.Runtime"}
    plain = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": True}
    read = {"key.$": "$.nothing.there"}
    assert caught({**plain, "Parameters": read, "Catch": catch}) == {"uncaught": "States.Runtime"}
    assert caught(put("any", Catch=catch, Retry=retry)) == {"uncaught": "States.Runtime"}
    hash_of_a_number = {"FunctionName": "f", "Payload.$": "States.Hash(5, 'SHA-256')"}
    assert caught(invoke("f", Parameters=hash_of_a_number, Catch=catch)) == {"uncaught": "States.Runtime"}


def test_a_condition_that_does_not_hold_is_caught_by_its_name_and_not_retried_where_a_retry_says_so(
    caught, table, aws
):
    retry = [
        {"ErrorEquals": [REFUSED], "MaxAttempts": 0},
        {"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 3, "IntervalSeconds": 30},
    ]
    named = {"ErrorEquals": [REFUSED], "ResultPath": "$.error", "Next": "Caught"}
    aws("dynamodb").put_item(TableName=table, Item={"id": {"S": "there"}})
    assert caught(put(table, Catch=[named], Retry=retry), {"id": "there"})["Error"] == REFUSED
    assert caught(put(f"{table}-gone"), {"id": "x"})["Error"] == "DynamoDB.ResourceNotFoundException"


def test_a_bus_that_refuses_is_caught_by_its_own_name(caught, aws):
    role = make_role(aws("iam"), f"silent-{uuid.uuid4().hex[:8]}", allow("lambda:InvokeFunction", "*"))
    entry = {"Source": "s", "DetailType": "d", "Detail": {}, "EventBusName": "default"}
    send = {
        "Type": "Task",
        "Resource": "arn:aws:states:::events:putEvents",
        "Parameters": {"Entries": [entry]},
        "End": True,
    }
    seen = caught(send, role=role)
    assert seen["Error"] == "EventBridge.AccessDeniedException"
    assert "events:PutEvents" in seen["Cause"]


def test_a_time_out_inside_a_branch_or_an_iteration_keeps_its_name(function, caught):
    slow = invoke(function("import time\ndef handler(e, c): time.sleep(9)\n"), TimeoutSeconds=1)
    inner = {"StartAt": "Slow", "States": {"Slow": slow}}
    both = {"Type": "Parallel", "Branches": [inner], "End": True}
    assert caught(both)["Error"] == "States.Timeout"
    each = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": inner, "End": True}
    assert caught(each, {"items": [1]})["Error"] == "States.Timeout"
