"""What a role finds of executions that have ended: a list of a status, and the history of each."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from tests.localcloud.conftest import ROLE
from tests.localcloud.sessions import Session, allow, refusal
from tests.waiting import until

EVENT = {"s3_bucket": "scones", "s3_key": "incoming/é 1.png", "version_id": "v1"}
SLEEPS = "import time\ndef handler(event, context): time.sleep(3)\n"


@pytest.fixture
def states(function: Callable[..., str]) -> dict[str, Any]:
    """A photo is named, and then claimed by a task that lasts."""
    claim = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function(SLEEPS), "Payload.$": "$"},
        "TimeoutSeconds": 60,
        "End": True,
    }
    return {"NamePhoto": {"Type": "Pass", "Next": "ClaimPhoto"}, "ClaimPhoto": claim}


@pytest.fixture
def started(aws: Callable[[str], Any]) -> Callable[..., str]:
    """Start an execution, and wait until it claims its photo; answer its ARN."""

    def start(machine: str, **event: Any) -> str:
        steps, text = aws("stepfunctions"), json.dumps(EVENT | event)
        execution: str = steps.start_execution(stateMachineArn=machine, input=text)["executionArn"]
        until(lambda: entered(steps, execution), bool)
        return execution

    return start


def entered(steps: Any, execution: str) -> list[dict[str, Any]]:
    """With what input each task of the execution was entered, by its name."""
    events = steps.get_execution_history(executionArn=execution)["events"]
    return [it["stateEnteredEventDetails"] for it in events if it["type"] == "TaskStateEntered"]


def test_those_that_were_stopped_are_listed_by_pages_newest_first(aws, machine, states, started):
    steps, arn = aws("stepfunctions"), machine(states)
    runs = [started(arn, number=number) for number in range(4)]
    for run in (runs[2], runs[0], runs[1]):
        steps.stop_execution(executionArn=run)
    asked = {"stateMachineArn": arn, "statusFilter": "ABORTED"}
    first = steps.list_executions(**asked, maxResults=2)
    second = steps.list_executions(**asked, maxResults=2, nextToken=first["nextToken"])
    assert "nextToken" not in second
    listed = first["executions"] + second["executions"]
    assert [one["executionArn"] for one in listed] == [runs[2], runs[1], runs[0]]
    for one in listed:
        told = steps.describe_execution(executionArn=one["executionArn"])
        assert (one["status"], one["stopDate"]) == ("ABORTED", told["stopDate"])
        assert one["startDate"] <= one["stopDate"]
    running = steps.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]
    assert [one["executionArn"] for one in running] == [runs[3]]
    assert "stopDate" not in running[0]


def test_those_that_ran_out_of_time_have_an_end(aws, states, started):
    steps = aws("stepfunctions")
    definition = json.dumps({"StartAt": "NamePhoto", "TimeoutSeconds": 1, "States": states})
    arn = steps.create_state_machine(name=f"m-{uuid.uuid4()}", definition=definition, roleArn=ROLE)
    asked = {"stateMachineArn": arn["stateMachineArn"], "statusFilter": "TIMED_OUT"}
    execution = started(asked["stateMachineArn"])
    (one,) = until(lambda: steps.list_executions(**asked)["executions"], bool)
    assert one["executionArn"] == execution
    assert one["stopDate"] == steps.describe_execution(executionArn=execution)["stopDate"]
    events = steps.get_execution_history(executionArn=execution)["events"]
    assert events[-1]["type"] == "ExecutionTimedOut"


def test_the_history_of_one_that_was_stopped_has_what_its_task_was_given(aws, machine, states, started):
    steps = aws("stepfunctions")
    execution = started(machine(states))
    steps.stop_execution(executionArn=execution, error="Stopped", cause="by hand")
    (claim,) = entered(steps, execution)
    assert (claim["name"], json.loads(claim["input"])) == ("ClaimPhoto", EVENT)
    last = steps.get_execution_history(executionArn=execution)["events"][-1]
    assert (last["type"], last["executionAbortedEventDetails"]["cause"]) == ("ExecutionAborted", "by hand")


def test_a_role_lists_a_machine_s_executions_and_reads_their_histories_by_two_permissions(
    machine: Callable[..., str],
    states: dict[str, Any],
    started: Callable[..., str],
    session: Callable[..., Session],
) -> None:
    arn = machine(states)
    execution, other = started(arn), started(machine(states))
    name = arn.rpartition(":")[2]
    executions = f"arn:aws:states:us-east-1:123456789012:execution:{name}:*"
    able = session(allow("states:ListExecutions", arn), allow("states:GetExecutionHistory", executions))(
        "stepfunctions"
    )
    assert able.list_executions(stateMachineArn=arn)["executions"][0]["executionArn"] == execution
    assert len(entered(able, execution)) == 1
    refused = {
        "states:ListExecutions": (able.list_executions, {"stateMachineArn": arn[:-1]}, arn[:-1]),
        "states:GetExecutionHistory": (able.get_execution_history, {"executionArn": other}, other),
    }
    swapped = session(allow("states:ListExecutions", executions), allow("states:GetExecutionHistory", arn))(
        "stepfunctions"
    )
    for action, (call, asked, about) in refused.items():
        code, status, message = refusal(call, **asked)
        assert (code, status) == ("AccessDeniedException", 400)
        assert f"{action} on resource: {about} because" in message
    assert refusal(swapped.list_executions, stateMachineArn=arn)[0] == "AccessDeniedException"
    assert refusal(swapped.get_execution_history, executionArn=execution)[0] == "AccessDeniedException"
