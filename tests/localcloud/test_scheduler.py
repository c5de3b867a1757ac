"""A schedule starts its target when it is due; the tests do not wait for the minute, they say which one it is."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import botocore.exceptions
import pytest
from moto.scheduler.models import scheduler_backends

from localcloud.events import scheduler

ACCOUNT, REGION = "123456789012", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"
HOURLY = "cron(20 * * * ? *)"
CREATED = datetime(2026, 3, 1, 8, 59, 31, tzinfo=UTC)
TARGET = {"RoleArn": ROLE, "Input": '{"scheduled": "<aws.scheduler.scheduled-time>"}'}


def minute(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


@pytest.mark.parametrize(
    ("expression", "due", "not_due"),
    [
        (HOURLY, "2026-03-01T09:20", "2026-03-01T09:21"),
        ("cron(0 6 * * ? *)", "2026-03-02T06:00", "2026-03-02T18:00"),
        ("cron(0/15 8-10 * * ? *)", "2026-03-02T09:45", "2026-03-02T11:45"),
        ("cron(5,35 * ? * 2-6 *)", "2026-03-02T09:35", "2026-03-01T09:35"),  # Monday to Friday
        ("cron(0 9 ? * MON-FRI *)", "2026-03-02T09:00", "2026-03-01T09:00"),
        ("cron(0 0 1 1,7 ? 2026-2027)", "2027-07-01T00:00", "2028-07-01T00:00"),
        ("rate(5 minutes)", "2026-03-01T09:04", "2026-03-01T08:59"),
        ("rate(1 hour)", "2026-03-01T09:59", "2026-03-01T10:00"),
    ],
)
def test_a_schedule_is_due_in_its_minutes_and_in_no_other(expression, due, not_due):
    assert scheduler.is_due(expression, minute(due), CREATED)
    assert not scheduler.is_due(expression, minute(not_due), CREATED)


@pytest.fixture
def schedule():
    """Keep a schedule in this process, from which `scheduler.fire` sends to the local cloud; answer its ARN."""
    made = []

    def make(target, expression=HOURLY, state="ENABLED", zone=None) -> str:
        backend = scheduler_backends[ACCOUNT][REGION]
        made.append((backend, f"s-{uuid.uuid4()}"))
        asked: dict[str, Any] = dict.fromkeys(
            ("description", "end_date", "group_name", "kms_key_arn", "start_date", "action_after_completion")
        )
        return backend.create_schedule(
            **asked,
            name=made[-1][1],
            flexible_time_window={"Mode": "OFF"},
            schedule_expression=expression,
            schedule_expression_timezone=zone,
            state=state,
            target={**TARGET, **target},
        ).arn

    yield make
    for backend, name in made:
        backend.delete_schedule(None, name)


def test_the_target_is_told_the_time_that_was_meant(aws, cloud, machine, schedule, until):
    steps, arn = aws("stepfunctions"), machine({"Done": {"Type": "Pass", "End": True}})
    schedule({"Arn": arn})
    schedule({"Arn": arn}, state="DISABLED")
    schedule({"Arn": arn}, expression="cron(20 10 * * ? *)", zone="Europe/Berlin")  # 09:20 UTC in winter
    schedule({"Arn": arn}, expression="cron(20 9 * * ? *)", zone="Europe/Berlin")
    scheduler.fire(cloud, minute("2026-03-01T09:20"))
    scheduler.fire(cloud, minute("2026-03-01T09:21"))
    found = until(lambda: steps.list_executions(stateMachineArn=arn)["executions"], lambda it: len(it) >= 2)
    inputs = [steps.describe_execution(executionArn=it["executionArn"])["input"] for it in found]
    assert [json.loads(it) for it in inputs] == [{"scheduled": "2026-03-01T09:20:00Z"}] * 2


def test_a_start_that_fails_ends_in_the_dead_letter_queue(aws, cloud, schedule, until):
    sqs = aws("sqs")
    queue = sqs.create_queue(QueueName="dead-starts")["QueueUrl"]
    gone = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:gone"
    arn = schedule({"Arn": gone, "DeadLetterConfig": {"Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead-starts"}})
    scheduler.fire(cloud, minute("2026-03-01T09:20"))
    found = until(
        lambda: sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"]),
        lambda it: "Messages" in it,
    )
    (message,) = found["Messages"]
    assert json.loads(message["Body"]) == {"scheduled": "2026-03-01T09:20:00Z"}
    why = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert (why["SCHEDULE_ARN"], why["TARGET_ARN"]) == (arn, gone)
    assert why["ERROR_CODE"] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "expression", ["at(2030-01-01T00:00:00)", "cron(0 8 ? * MON#2 *)", "rate(0 minutes)"]
)
def test_an_expression_that_would_never_fire_here_is_refused(aws, expression):
    with pytest.raises(botocore.exceptions.ClientError, match="The local cloud knows no"):
        aws("scheduler").create_schedule(
            Name="refused",
            ScheduleExpression=expression,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f", "RoleArn": ROLE},
        )
