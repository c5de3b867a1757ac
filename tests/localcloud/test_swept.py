"""The sweep's own zip, called by its rule and its schedule, with a role that may do what it needs and no more."""

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from tests.builders import REGISTER, make_role
from tests.localcloud.conftest import ROLE
from tests.localcloud.sessions import allow
from tests.waiting import until

from core import closure
from core.contract.events import Pointer

PHOTO = Pointer("scones", "incoming/a.png", "v1")
START = {"s3_bucket": PHOTO.bucket, "s3_key": PHOTO.key, "version_id": PHOTO.version}
HERE = "us-east-1:123456789012"
NUMBERS = {"confidence": {"N": "0.98"}, "assignment": {"M": {"max_distance_km": {"N": "5"}}}}


@pytest.fixture
def table(aws):
    name = f"photos-{uuid.uuid4()}"
    aws("dynamodb").create_table(TableName=name, **REGISTER)
    return name


@pytest.fixture
def items(aws, table):
    """What the table has, by id."""
    return lambda: {item["id"]["S"]: item for item in aws("dynamodb").scan(TableName=table)["Items"]}


@pytest.fixture
def queue(aws):
    """The dead letters of an earlier release's review queue."""
    return aws("sqs").create_queue(QueueName=f"review-{uuid.uuid4()}")["QueueUrl"]


@pytest.fixture
def machine(aws, table):
    """A state machine that records a route, and is at that a while longer; its ARN."""
    route = {"state": "routed", "s3_bucket": PHOTO.bucket, "s3_key": PHOTO.key, "label": "bicycle"}
    record = {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:putItem",
        "Parameters": {
            "TableName": table,
            "Item": {
                "id": {"S": PHOTO.id},
                "execution": {"S.$": "$$.Execution.Id"},
                "decided_by": {"S": "model"},
                "routed_at": {"S.$": "$$.State.EnteredTime"},
                **{name: {"S": text} for name, text in route.items()},
                **NUMBERS,
            },
        },
        "ResultPath": None,
        "Next": "EmitDriverRouted",
    }
    states = {
        "NamePhoto": {"Type": "Pass", "Result": START, "Next": "ClaimPhoto"},
        "ClaimPhoto": record,
        "EmitDriverRouted": {"Type": "Wait", "Seconds": 60, "End": True},
    }
    definition = {"StartAt": "NamePhoto", "TimeoutSeconds": 5, "States": states}
    made = aws("stepfunctions").create_state_machine(
        name=f"m-{uuid.uuid4()}", definition=json.dumps(definition), roleArn=ROLE
    )
    return made["stateMachineArn"]


@pytest.fixture
def namespace():
    return f"Scones/{uuid.uuid4()}"


@pytest.fixture
def sweep(aws, function, table, queue, machine, namespace):
    """The function, with the permissions that Terraform gives it; its ARN."""
    arn = f"arn:aws:dynamodb:{HERE}:table/{table}"
    name = machine.rpartition(":")[2]
    role = make_role(
        aws("iam"),
        f"r-{uuid.uuid4().hex[:8]}",
        allow("dynamodb:Query", [f"{arn}/index/open", f"{arn}/index/source"]),
        allow(["dynamodb:PutItem", "dynamodb:UpdateItem"], arn),
        allow("states:ListExecutions", machine),
        allow(
            ["states:DescribeExecution", "states:GetExecutionHistory"],
            f"arn:aws:states:{HERE}:execution:{name}:*",
        ),
        allow("events:PutEvents", f"arn:aws:events:{HERE}:event-bus/default"),
        allow(["sqs:ReceiveMessage", "sqs:DeleteMessage"], f"arn:aws:sqs:{HERE}:{queue.rpartition('/')[2]}"),
        allow("s3:GetObject", "arn:aws:s3:::scones-test/incoming/*"),
        allow("s3:ListBucket", "arn:aws:s3:::scones-test"),
        allow(
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "*"
        ),  # metrics are lines of it
    )
    packages = {
        str(file): (closure.PYTHON / file).read_text() for file in sorted(closure.find("lambdas.sweep"))
    }
    settings = {
        "BUS_NAME": "default",
        "NAMESPACE": namespace,
        "RETENTION_DAYS": "90",
        "REVIEW_QUEUES": queue,
        "SOURCES": "bay 2",
        "STATE_MACHINE": machine,
        "TABLE": table,
    }
    return function(
        "from lambdas.sweep import handler\n",
        packages,
        Role=role,
        Timeout=50,
        Environment={"Variables": settings},
    )


def start(aws, machine):
    """Start an execution of the machine, and wait until it has recorded the route; its ARN."""
    steps = aws("stepfunctions")
    execution = steps.start_execution(stateMachineArn=machine, input="{}")["executionArn"]

    def entered():
        events = steps.get_execution_history(executionArn=execution)["events"]
        return [event.get("stateEnteredEventDetails", {}).get("name") for event in events]

    assert "EmitDriverRouted" in until(entered, lambda names: "EmitDriverRouted" in names)
    return execution


def test_an_execution_that_is_stopped_leaves_a_photo_that_can_be_sent_again(
    aws, sweep, machine, table, items
):
    dynamodb, events = aws("dynamodb"), aws("events")
    rule = f"ended-{uuid.uuid4()}"
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"stateMachineArn": [machine], "status": ["ABORTED", "TIMED_OUT"]},
    }
    arn = events.put_rule(Name=rule, EventPattern=json.dumps(pattern))["RuleArn"]
    aws("lambda").add_permission(
        FunctionName=sweep,
        StatementId="ended",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=arn,
    )
    events.put_targets(Rule=rule, Targets=[{"Id": "sweep", "Arn": sweep}])

    execution = start(aws, machine)
    claim = {"id": "claim", "state": "claimed", "open": "claimed", "since": "now", "execution": execution}
    route = {"id": "untold", "state": "routed", "open": "untold", "since": "now", "execution": "another"}
    route |= {
        "s3_bucket": PHOTO.bucket,
        "s3_key": "incoming/b.png",
        "label": "bicycle",
        "decided_by": "model",
        "routed_at": "2026-11-27T12:00:03.000Z",
    }
    for item, more in ((claim, {}), (route, NUMBERS)):
        dynamodb.put_item(TableName=table, Item={it: {"S": text} for it, text in item.items()} | more)
    aws("stepfunctions").stop_execution(executionArn=execution)

    found = until(items, lambda found: all("told_at" in found[photo] for photo in ("untold", PHOTO.id)))
    assert (found["claim"]["state"], found["claim"]["error"]) == ({"S": "failed"}, {"S": "ExecutionAborted"})
    assert "told_at" in found[PHOTO.id]
    assert "open" not in found["untold"]


@pytest.mark.parametrize(("stopped", "error"), [(True, "ExecutionAborted"), (False, "States.Timeout")])
def test_a_route_whose_execution_ended_and_nobody_was_told_of_it_is_told_by_the_next_minute(
    aws, sweep, invoke, machine, items, stopped, error
):
    steps, execution = aws("stepfunctions"), start(aws, machine)
    if stopped:
        steps.stop_execution(executionArn=execution)
    ended = until(
        lambda: steps.describe_execution(executionArn=execution)["status"], lambda it: it != "RUNNING"
    )
    assert ended == ("ABORTED" if stopped else "TIMED_OUT")
    done = invoke(sweep, {"scheduled": "2026-11-27T06:00:00Z"})["body"]
    assert (done["stopped"], done["told"]) == (1, 1)
    item = items()[PHOTO.id]
    assert (item["error"], "told_at" in item) == ({"S": error}, True)
    assert invoke(sweep, {"scheduled": "2026-11-27T06:01:00Z"})["body"] == {"measured": 3}


def test_what_lies_in_an_old_queue_waits_in_the_register_and_is_counted(
    aws, sweep, invoke, queue, bucket, items, namespace
):
    aws("s3").put_object(Bucket=bucket, Key="incoming/é 1.png", Body=b"a photo")
    for key in ("incoming/é 1.png", "incoming/gone.png"):
        told = {"s3_bucket": bucket, "s3_key": key, "inferences": [0.6, 0.4], "reason": "UnlikeTraining"}
        aws("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(told))
    assert invoke(sweep, {"scheduled": "2026-11-27T06:00:00Z"})["body"]["drained"] == 1
    ((photo, item),) = items().items()
    assert (photo, item["state"]) == (Pointer(bucket, "incoming/é 1.png").id, {"S": "waiting"})
    invoke(sweep, {"scheduled": "2026-11-27T06:01:00Z"})

    def highest(name):
        now = datetime.now(UTC)
        found = aws("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=name,
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["Maximum"],
        )
        return max((point["Maximum"] for point in found["Datapoints"]), default=None)

    assert until(lambda: highest("WaitingArchive"), lambda seen: seen == 1) == 1
    assert (highest("WaitingDrivers"), highest("LongestWait")) == (0, 0)
