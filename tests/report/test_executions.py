"""What is read of a state machine: real executions in the local cloud, and the events of AWS where they differ."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from tests.builders import make_role
from tests.waiting import until

from core.console import UserError
from report import executions, history
from report.executions import Execution, Machine

DEFINITION = {
    "StartAt": "Filter",
    "States": {
        "Filter": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.confidence", "NumericGreaterThan": 0.9, "Next": "Route"},
                {"Variable": "$.confidence", "NumericGreaterThan": 0.5, "Next": "Review"},
            ],
            "Default": "Send",
        },
        "Route": {"Type": "Pass", "End": True},
        "Review": {"Type": "Fail", "Error": "ThresholdConfidenceNotMet", "Cause": "unsure"},
        "Send": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage",
            "Parameters": {"QueueUrl": "http://localhost/no-such-queue", "MessageBody": "x"},
            "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 1}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Broken"}],
            "End": True,
        },
        "Broken": {"Type": "Fail", "Error": "Broken", "Cause": "no queue"},
    },
}
CONFIDENCES = [0.99, 0.97, 0.7, 0.1]  # of the executions, in the order of starting


@pytest.fixture(scope="module")
def workflow(aws: Callable[[str], Any]) -> Any:
    """A deployed state machine that has run four times: its client, its ARN, and when it began."""
    client, since = aws("stepfunctions"), datetime.now(UTC)
    role = make_role(aws("iam"), "monitored")
    made = client.create_state_machine(name="monitored", definition=json.dumps(DEFINITION), roleArn=role)
    for number, confidence in enumerate(CONFIDENCES):
        photo = {"s3_key": f"incoming/{number}.png", "label": "bicycle", "confidence": confidence}
        client.start_execution(
            stateMachineArn=made["stateMachineArn"], name=f"photo-{number}", input=json.dumps(photo)
        )
    deadline = time.time() + 30
    running = {"stateMachineArn": made["stateMachineArn"], "statusFilter": "RUNNING"}
    while client.list_executions(**running)["executions"]:
        assert time.time() < deadline
        time.sleep(0.1)
    return client, made["stateMachineArn"], since


def read(workflow: Any, **options: Any) -> Machine:
    client, arn, since = workflow
    window = {"since": since, "until": datetime.now(UTC) + timedelta(seconds=1)} | options
    return executions.read(arn, client=client, **window)


def by_name(machine: Machine) -> dict[str, Execution]:
    return {one.name: one for one in machine.executions}


def test_reads_how_every_execution_ended_the_newest_first(workflow: Any) -> None:
    machine = read(workflow)
    assert machine.name == "monitored"
    assert machine.definition == DEFINITION
    assert machine.histories == 4
    assert [one.name for one in machine.executions] == ["photo-3", "photo-2", "photo-1", "photo-0"]
    assert [one.outcome for one in machine.executions] == ["failed", "review", "accepted", "accepted"]
    assert [one.s3_key for one in machine.executions][-1] == "incoming/0.png"


def test_an_execution_tells_its_answer_its_steps_and_its_times(workflow: Any) -> None:
    accepted = by_name(read(workflow))["photo-0"]
    assert (accepted.label, accepted.confidence) == ("bicycle", 0.99)
    assert [(step.state, step.came_from, step.error) for step in accepted.steps] == [
        ("Filter", None, None),
        ("Route", "Filter", None),
    ]
    assert accepted.stop is not None
    left = [step.left for step in accepted.steps if step.left is not None]
    assert len(left) == len(accepted.steps)
    assert all(
        accepted.start <= step.entered <= end <= accepted.stop
        for step, end in zip(accepted.steps, left, strict=True)
    )
    assert accepted.start.tzinfo is UTC


def test_a_failed_step_tells_its_error_its_retries_and_that_it_was_caught(workflow: Any) -> None:
    failed = by_name(read(workflow))["photo-3"]
    send, broken = failed.steps[1:]
    assert (failed.error, failed.cause) == ("Broken", "no queue")
    assert (send.state, send.retries, send.caught) == ("Send", 1, True)
    assert send.error is not None
    assert "SQS" in send.error
    assert send.seconds is not None
    assert send.seconds > 1, "the waiting for the retry is part of the step"
    assert (broken.state, broken.error, broken.caught) == ("Broken", "Broken", False)


def test_counts_and_times_per_state(workflow: Any) -> None:
    found = read(workflow).executions
    counts = executions.per_state(found)
    assert {name: count.entered for name, count in counts.items()} == {
        "Filter": 4,
        "Route": 2,
        "Review": 1,
        "Send": 1,
        "Broken": 1,
    }
    assert (counts["Send"].failed, counts["Send"].caught) == (1, 1)
    assert (counts["Broken"].failed, counts["Broken"].entered) == (0, 1), "it was Send that failed"
    assert (counts["Review"].review, counts["Review"].failed) == (1, 0), "low confidence is no failure"
    assert {name: len(times) for name, times in executions.latencies(found).items()} == {
        name: count.entered for name, count in counts.items()
    }


@pytest.mark.parametrize("error", ["ThresholdConfidenceNotMet", "UnlikeTraining"])
def test_what_a_person_decides_is_no_failure_of_its_state(error: str) -> None:
    step = history.Step("Filter", None, datetime.now(UTC), error=error, caught=True)
    execution = Execution("x", "arn", "FAILED", "review", datetime.now(UTC), None, steps=[step])
    count = executions.per_state([execution])["Filter"]
    assert (count.review, count.failed) == (1, 0)


def test_beyond_the_newest_only_the_reason_of_failures_is_read(
    workflow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = read(workflow, histories=1)
    assert machine.histories == 1
    assert [bool(one.steps) for one in machine.executions] == [True, False, False, False]
    assert [one.outcome for one in machine.executions] == ["failed", "review", "accepted", "accepted"]
    monkeypatch.setattr(executions, "REASONS", 0)
    unread = read(workflow, histories=1)
    assert [one.outcome for one in unread.executions] == ["failed", "unread", "accepted", "accepted"]


def test_a_duplicate_is_told_from_an_accepted_execution_where_its_history_is_read(
    aws: Callable[[str], Any],
) -> None:
    client, since = aws("stepfunctions"), datetime.now(UTC)
    said = {"outcome": "duplicate", "s3_key.$": "$.s3_key"}
    duplicate = {"Type": "Pass", "Parameters": said, "End": True}
    arn = client.create_state_machine(
        name="doubled",
        definition=json.dumps({"StartAt": "Duplicate", "States": {"Duplicate": duplicate}}),
        roleArn=make_role(aws("iam"), "doubled"),
    )["stateMachineArn"]
    client.start_execution(stateMachineArn=arn, input=json.dumps({"s3_key": "incoming/1.png"}))
    running = {"stateMachineArn": arn, "statusFilter": "RUNNING"}
    until(lambda: client.list_executions(**running)["executions"], lambda it: not it)
    (found,) = read((client, arn, since)).executions
    assert (found.outcome, found.status, found.confidence) == ("duplicate", "SUCCEEDED", None)
    (unread,) = read((client, arn, since), histories=0).executions
    assert unread.outcome == "accepted"


def test_a_decision_is_told_by_its_executions_name_and_is_no_answer_of_the_model(
    aws: Callable[[str], Any],
) -> None:
    client, since = aws("stepfunctions"), datetime.now(UTC)
    decided = {"Type": "Pass", "End": True}
    arn = client.create_state_machine(
        name="decides",
        definition=json.dumps({"StartAt": "Decided", "States": {"Decided": decided}}),
        roleArn=make_role(aws("iam"), "decides"),
    )["stateMachineArn"]
    photo, given = "0af1" * 16, {"s3_key": "incoming/1.png", "label": "bicycle", "inferences": []}
    for name, said in ((f"{photo}-1", {}), (f"{photo}-12", {"outcome": "duplicate"}), (photo, {})):
        client.start_execution(stateMachineArn=arn, name=name, input=json.dumps(given | said))
    running = {"stateMachineArn": arn, "statusFilter": "RUNNING"}
    until(lambda: client.list_executions(**running)["executions"], lambda it: not it)
    found = by_name(read((client, arn, since)))
    assert {name: (one.outcome, one.by_person, one.confidence) for name, one in found.items()} == {
        f"{photo}-1": ("decided", True, None),
        f"{photo}-12": ("duplicate", True, None),
        photo: ("accepted", False, None),
    }
    unread = by_name(read((client, arn, since), histories=0))
    assert [unread[name].outcome for name in (f"{photo}-1", photo)] == ["decided", "accepted"]


def test_only_executions_of_the_window_are_read(workflow: Any) -> None:
    middle = by_name(read(workflow))["photo-2"].start
    assert list(by_name(read(workflow, since=middle))) == ["photo-3", "photo-2"]
    assert list(by_name(read(workflow, until=middle))) == ["photo-1", "photo-0"]


def test_a_machine_that_does_not_exist_is_named(workflow: Any) -> None:
    client, arn, since = workflow
    missing = arn.replace("monitored", "missing")
    with pytest.raises(UserError, match=f"no state machine {missing}"):
        executions.read(missing, since, datetime.now(UTC), client=client)


@pytest.mark.parametrize("operation", ["DescribeStateMachine", "ListExecutions", "GetExecutionHistory"])
@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not allowed"}}, "Read"),
        ClientError({"Error": {"Code": "ExpiredTokenException", "Message": "too old"}}, "Read"),
        NoCredentialsError(),
        EndpointConnectionError(endpoint_url="http://nowhere"),
    ],
)
def test_a_machine_that_cannot_be_read_is_named_in_one_line(
    workflow: Any, operation: str, error: Exception
) -> None:
    client, arn, since = workflow

    def fail(**_: Any) -> None:
        raise error

    client.meta.events.register(f"before-call.sfn.{operation}", fail)
    try:
        with pytest.raises(UserError, match=f"^the state machine {arn} cannot be read: .+$"):
            executions.read(arn, since, datetime.now(UTC) + timedelta(seconds=1), client=client)
    finally:
        client.meta.events.unregister(f"before-call.sfn.{operation}", fail)


# ---- Histories as AWS writes them, where the local cloud writes none


def events(*kinds: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """One second apart, each after the one before unless it says `after`."""
    start = datetime(2024, 10, 15, 14, tzinfo=UTC)
    return [
        {
            "id": number,
            "previousEventId": details.pop("after", number - 1),
            "type": kind,
            "timestamp": start + timedelta(seconds=number),
            f"{kind[0].lower()}{kind[1:]}EventDetails": details,
        }
        | ({"stateEnteredEventDetails": details} if kind.endswith("StateEntered") else {})
        | ({"stateExitedEventDetails": details} if kind.endswith("StateExited") else {})
        for number, (kind, details) in enumerate(kinds, start=1)
    ]


def test_an_execution_that_ran_out_of_time_failed_in_the_step_under_way() -> None:
    (step,) = history.read_steps(
        events(
            ("ExecutionStarted", {}),
            ("TaskStateEntered", {"name": "Slow"}),
            ("TaskScheduled", {}),
            ("ExecutionTimedOut", {"after": 0}),
        )
    )
    assert (step.error, step.seconds, step.caught) == ("ExecutionTimedOut", 2, False)


def test_a_retry_that_succeeds_leaves_no_error() -> None:
    (step,) = history.read_steps(
        events(
            ("TaskStateEntered", {"name": "Classify"}),
            ("TaskScheduled", {}),
            ("TaskFailed", {"error": "EndpointThrottled"}),
            ("TaskScheduled", {}),
            ("TaskSucceeded", {}),
            ("TaskStateExited", {"name": "Classify"}),
        )
    )
    assert (step.error, step.retries, step.caught) == (None, 1, False)


def test_branches_side_by_side_keep_their_events_apart() -> None:
    found = {
        step.state: step
        for step in history.read_steps(
            events(
                ("ParallelStateEntered", {"name": "Both"}),
                ("ParallelStateStarted", {}),
                ("TaskStateEntered", {"name": "Left", "after": 2}),
                ("TaskStateEntered", {"name": "Right", "after": 2}),
                ("TaskScheduled", {"after": 3}),
                ("TaskScheduled", {"after": 4}),
                ("TaskFailed", {"error": "LeftBroke", "after": 5}),
                ("ParallelStateFailed", {}),
                ("ParallelStateExited", {"name": "Both"}),
                ("PassStateEntered", {"name": "Next"}),
            )
        )
    }
    assert {name: step.error for name, step in found.items()} == {
        "Both": "ParallelStateFailed",
        "Left": "LeftBroke",
        "Right": None,
        "Next": None,
    }
    assert found["Both"].caught
    assert found["Next"].came_from == "Both"
    assert found["Next"].left is None


def test_an_answer_below_the_threshold_has_a_confidence_and_no_label() -> None:
    out = json.dumps({"inferences": [0.71, 0.29]})
    assert history.find_answer(events(("TaskStateExited", {"name": "Classify", "output": out}))) == (
        None,
        0.71,
    )
