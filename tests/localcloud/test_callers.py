"""What runs in the local cloud calls as its role, and what a service may not do for it fails as it does in AWS."""

import json
import uuid
from datetime import UTC, datetime
from inspect import signature
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.scheduler.models import EventBridgeSchedulerBackend, scheduler_backends
from tests.builders import document, make_queue, make_role

from localcloud.access import principals
from localcloud.access.principals import Credentials
from localcloud.events import scheduler

HERE = "us-east-1:123456789012"
ASK = """
import boto3
def handler(event, context):
    try:
        return boto3.client("sqs").create_queue(QueueName=event)["QueueUrl"]
    except Exception as error:
        return str(error)
"""
MODEL = "def model_fn(folder): return 1\ndef transform_fn(*_): return b'[1]', 'application/json'\n"


def allow(action, resource="*"):
    return {"Effect": "Allow", "Action": action, "Resource": resource}


NOTHING = allow("budgets:ViewBudget")


@pytest.fixture
def may(aws):
    """Make a role with these statements; answer its ARN."""
    return lambda *statements: make_role(aws("iam"), f"r-{uuid.uuid4().hex[:8]}", *statements or (NOTHING,))


def test_a_function_calls_as_its_role_in_a_session_of_its_own_name(function, invoke, may):
    arn, mine = function(ASK, Role=(given := may())), given.rpartition("/")[2]
    said = invoke(arn, "refused")
    session = f"arn:aws:sts::123456789012:assumed-role/{mine}/{arn.rpartition(':')[2]}"
    assert f"User: {session} is not authorized to perform: sqs:createqueue" in said
    assert invoke(function(ASK, Role=may(allow("sqs:CreateQueue"))), "granted").endswith("/granted")


def test_a_function_whose_role_may_not_write_logs_has_none(aws, function, invoke, may):
    for statements, streams in (((), 0), ((allow("logs:*"),), 1)):
        name = function("def handler(event, _): return 1", Role=may(*statements)).rpartition(":")[2]
        aws("logs").create_log_group(logGroupName=f"/aws/lambda/{name}")
        assert invoke(name) == 1
        found = aws("logs").describe_log_streams(logGroupName=f"/aws/lambda/{name}")["logStreams"]
        assert len(found) == streams


def test_a_function_is_not_made_if_its_role_cannot_send_its_dead_letters(aws, function, may):
    aws("sqs").create_queue(QueueName="unreachable")
    dead = {"TargetArn": f"arn:aws:sqs:{HERE}:unreachable"}
    with pytest.raises(ClientError, match="does not have permissions to call SendMessage on SQS"):
        function(ASK, Role=may(), DeadLetterConfig=dead)
    function(ASK, Role=may(allow("sqs:SendMessage")), DeadLetterConfig=dead)


def test_a_state_machine_calls_as_its_role(function, machine, execute, may):
    arn = function("def handler(event, _): return event")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": arn, "Payload.$": "$"},
        "End": True,
    }
    ended = execute(machine({"Ask": task}, may()))
    assert (ended["status"], ended["error"]) == ("FAILED", "Lambda.AccessDeniedException")
    assert f"lambda:InvokeFunction on resource: {arn} because no identity-based policy" in ended["cause"]
    assert execute(machine({"Ask": task}, may(allow("lambda:InvokeFunction", arn))))["status"] == "SUCCEEDED"


def test_a_rule_starts_its_target_as_its_role_and_buries_as_eventbridge(aws, machine, may, until):
    sqs, events, name = aws("sqs"), aws("events"), f"r-{uuid.uuid4().hex[:8]}"
    queue = make_queue(sqs, name)
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    target = {
        "Id": "1",
        "Arn": machine({"Done": {"Type": "Succeed"}}),
        "RoleArn": may(),
        "DeadLetterConfig": {"Arn": f"arn:aws:sqs:{HERE}:{name}"},
    }
    events.put_targets(Rule=name, Targets=[target])
    events.put_events(Entries=[{"Source": name, "DetailType": "any", "Detail": "{}"}])
    assert why(sqs, queue, until) == "AccessDeniedException"


def test_a_queue_takes_no_event_unless_its_policy_lets_eventbridge(aws, until):
    sqs, events, name = aws("sqs"), aws("events"), f"q-{uuid.uuid4().hex[:8]}"
    dead = make_queue(sqs, f"{name}-dead")
    sqs.create_queue(QueueName=name)
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    arn = f"arn:aws:sqs:{HERE}:{name}"
    events.put_targets(
        Rule=name, Targets=[{"Id": "1", "Arn": arn, "DeadLetterConfig": {"Arn": f"{arn}-dead"}}]
    )
    events.put_events(Entries=[{"Source": name, "DetailType": "any", "Detail": "{}"}])
    assert why(sqs, dead, until) == "AccessDenied"


def test_a_rule_invokes_a_function_whose_policy_lets_eventbridge(aws, function, until):
    sqs, events, functions = aws("sqs"), aws("events"), aws("lambda")
    heard, dead = f"h-{uuid.uuid4().hex[:8]}", f"d-{uuid.uuid4().hex[:8]}"
    queue = make_queue(sqs, dead)
    buried = {"Arn": f"arn:aws:sqs:{HERE}:{dead}"}
    rule = events.put_rule(Name=dead, EventPattern=json.dumps({"source": [dead]}))["RuleArn"]
    arn = function(ASK.replace("=event)", f"={heard!r})"))
    events.put_targets(Rule=dead, Targets=[{"Id": "1", "Arn": arn, "DeadLetterConfig": buried}])
    entry = {"Source": dead, "DetailType": "any", "Detail": "{}"}
    events.put_events(Entries=[entry])
    assert why(sqs, queue, until) == "AccessDeniedException"
    functions.add_permission(
        FunctionName=arn.rpartition(":")[2],
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule,
    )
    events.put_events(Entries=[entry])
    assert until(lambda: sqs.list_queues(QueueNamePrefix=heard), lambda it: "QueueUrls" in it)["QueueUrls"]


@pytest.mark.parametrize("condition", [None, {"StringEquals": {"aws:SourceAccount": "123456789012"}}])
def test_an_encrypted_queue_s_key_lets_eventbridge_without_a_condition_on_the_account(aws, condition, until):
    """EventBridge says the account to the queue, but not to KMS: with the condition nothing ever arrives."""
    sqs, events, name = aws("sqs"), aws("events"), f"k-{uuid.uuid4().hex[:8]}"
    service = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "kms:*"}
    limited = {"Condition": condition} if condition else {}
    policy = document({**service, "Resource": "*", **limited})
    key = aws("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    dead, queue = make_queue(sqs, f"{name}-dead"), make_queue(sqs, name)
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"KmsMasterKeyId": key})
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    arn = f"arn:aws:sqs:{HERE}:{name}"
    target = {"Id": "1", "Arn": arn, "DeadLetterConfig": {"Arn": f"{arn}-dead"}}
    events.put_targets(Rule=name, Targets=[target])
    events.put_events(Entries=[{"Source": name, "DetailType": "any", "Detail": "{}"}])
    if condition:
        assert why(sqs, dead, until) == "KMS.AccessDeniedException"
    else:
        assert until(lambda: sqs.receive_message(QueueUrl=queue), lambda it: "Messages" in it)["Messages"]


def test_a_schedule_starts_its_target_and_buries_as_its_role(aws, cloud, function, may, until, monkeypatch):
    sqs, name = aws("sqs"), f"s-{uuid.uuid4().hex[:8]}"
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    target = {
        "Arn": function(ASK),
        "RoleArn": may(allow("sqs:SendMessage")),
        "DeadLetterConfig": {"Arn": f"arn:aws:sqs:{HERE}:{name}"},
    }
    settings: dict[str, Any] = dict.fromkeys(
        signature(EventBridgeSchedulerBackend.create_schedule).parameters, ""
    ) | {
        "name": name,
        "schedule_expression": "cron(20 9 1 3 ? 2031)",
        "schedule_expression_timezone": "UTC",
        "state": "ENABLED",
        "target": target,
    }
    del settings["self"]
    backend = scheduler_backends["123456789012"]["us-east-1"]
    backend.create_schedule(**settings)

    def assume(role, session):
        """It fires here, so that the session has to be asked for at the local cloud's STS."""
        given = aws("sts").assume_role(RoleArn=role, RoleSessionName=session)["Credentials"]
        return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])

    monkeypatch.setattr(principals, "assume", assume)
    scheduler.fire(cloud, datetime(2031, 3, 1, 9, 20, tzinfo=UTC))
    assert why(sqs, queue, until) == "AccessDeniedException"
    backend.delete_schedule(None, name)


def why(sqs, queue, until):
    """The code of the error for which an event was buried."""
    found = until(
        lambda: sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"]),
        lambda it: "Messages" in it,
    )
    return found["Messages"][0]["MessageAttributes"]["ERROR_CODE"]["StringValue"]


def test_an_endpoint_reads_its_model_as_the_model_s_role(aws, endpoint, may):
    failed = aws("sagemaker").describe_endpoint(EndpointName=endpoint(MODEL, role=may()))
    assert failed["EndpointStatus"] == "Failed"
    assert "the role passed to CreateModel has permissions to download" in failed["FailureReason"]


FUNCTION = {"FunctionName": "f", "Runtime": "python3.13", "Handler": "h.h", "Code": {"ZipFile": b"PK"}}
MACHINE = {"name": "m", "definition": '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'}
SCHEDULE = {"Name": "s", "ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": {"Mode": "OFF"}}
QUEUE = f"arn:aws:sqs:{HERE}:q"
# By the service: a call that hands the role over, and how the service refuses one that does not trust it.
REFUSALS: dict[str, Any] = {
    "events": (
        lambda role: ("put_targets", {"Rule": "r", "Targets": [{"Id": "1", "Arn": QUEUE, "RoleArn": role}]}),
        "ValidationException",
        "Provided role '{role}' cannot be assumed by principal 'events.amazonaws.com'.",
    ),
    "lambda": (
        lambda role: ("create_function", FUNCTION | {"Role": role}),
        "InvalidParameterValueException",
        "The role defined for the function cannot be assumed by Lambda.",
    ),
    "sagemaker": (
        lambda role: ("create_model", {"ModelName": "m", "ExecutionRoleArn": role}),
        "ValidationException",
        "Could not assume role {role}. Please ensure that the role exists and allows principal "
        "'sagemaker.amazonaws.com' to assume the role.",
    ),
    "scheduler": (
        lambda role: ("create_schedule", SCHEDULE | {"Target": {"Arn": QUEUE, "RoleArn": role}}),
        "ValidationException",
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
    ),
    "stepfunctions": (
        lambda role: ("create_state_machine", MACHINE | {"roleArn": role}),
        "AccessDeniedException",
        "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume "
        "the provided role.",
    ),
}


@pytest.mark.parametrize("service", REFUSALS)
def test_a_role_that_does_not_trust_the_service_is_refused_when_it_is_handed_over(aws, service):
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    name = f"r-{uuid.uuid4().hex[:8]}"
    role = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    make, code, words = REFUSALS[service]
    call, asked = make(role)
    with pytest.raises(ClientError) as caught:
        getattr(aws(service), call)(**asked)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (code, words.format(role=role))
