"""An upload starts the state machine, through a rule such as Terraform makes it."""

import json

import pytest
from tests.builders import make_queue

ROLE = "arn:aws:iam::123456789012:role/any"
DONE = {"Done": {"Type": "Pass", "End": True}}
TEMPLATE = '{"s3_bucket": <bucket>, "s3_key": <key>, "image_data": "", "note": "from <bucket>"}'


def upload_rule(aws, name: str, bucket: str, prefix: str, target: str, **more) -> None:
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": prefix}]}},
    }
    transformer = {
        "InputPathsMap": {"bucket": "$.detail.bucket.name", "key": "$.detail.object.key"},
        "InputTemplate": TEMPLATE,
    }
    aws("events").put_rule(Name=name, EventPattern=json.dumps(pattern))
    aws("events").put_targets(
        Rule=name,
        Targets=[{"Id": "1", "Arn": target, "RoleArn": ROLE, "InputTransformer": transformer, **more}],
    )


def test_an_upload_starts_the_state_machine_with_what_the_template_makes_of_it(aws, bucket, machine, until):
    arn, steps = machine(DONE), aws("stepfunctions")
    upload_rule(aws, "upload", bucket, "incoming/", arn)
    key = 'incoming/ä "b"+c d.png'
    aws("s3").put_object(Bucket=bucket, Key="elsewhere/x.png", Body=b"x")
    aws("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    found = until(lambda: steps.list_executions(stateMachineArn=arn)["executions"], lambda it: len(it) == 1)
    execution = steps.describe_execution(executionArn=found[0]["executionArn"])
    expected = {"s3_bucket": bucket, "s3_key": key, "image_data": "", "note": f"from {bucket}"}
    assert json.loads(execution["input"]) == expected


def test_a_bucket_s_events_begin_some_time_after_they_are_switched_on(
    aws, notification_delay, machine, until
):
    arn, s3, steps = machine(DONE), aws("s3"), aws("stepfunctions")
    s3.create_bucket(Bucket="scones-late")
    upload_rule(aws, "late", "scones-late", "incoming/", arn)
    notification_delay(1)
    for _ in range(2):  # to say it again starts nothing anew
        s3.put_bucket_notification_configuration(
            Bucket="scones-late", NotificationConfiguration={"EventBridgeConfiguration": {}}
        )

    def upload_again():
        s3.put_object(Bucket="scones-late", Key="incoming/later.png", Body=b"x")
        return steps.list_executions(stateMachineArn=arn)["executions"]

    s3.put_object(Bucket="scones-late", Key="incoming/first.png", Body=b"x")
    until(upload_again, lambda executions: executions)
    events = [
        json.loads(steps.describe_execution(executionArn=execution["executionArn"])["input"])
        for execution in steps.list_executions(stateMachineArn=arn)["executions"]
    ]
    assert {event["s3_key"] for event in events} == {"incoming/later.png"}


def test_an_event_whose_target_is_gone_ends_in_the_dead_letter_queue(aws, bucket, until):
    sqs = aws("sqs")
    queue = make_queue(sqs, "dead-events")
    gone = "arn:aws:states:us-east-1:123456789012:stateMachine:gone"
    dead = {"Arn": "arn:aws:sqs:us-east-1:123456789012:dead-events"}
    upload_rule(aws, "to-nowhere", bucket, "dead/", gone, DeadLetterConfig=dead)
    aws("s3").put_object(Bucket=bucket, Key="dead/x.png", Body=b"x")
    found = until(
        lambda: sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"]),
        lambda it: "Messages" in it,
    )
    message = found["Messages"][0]
    assert json.loads(message["Body"])["s3_key"] == "dead/x.png"
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "StateMachineDoesNotExist"


def test_events_of_a_bus_of_its_own_reach_the_queue_of_another_team(aws, machine, execute, until):
    sqs, events = aws("sqs"), aws("events")
    queue = make_queue(sqs, "routed")
    events.create_event_bus(Name="drivers")
    events.put_rule(Name="routed", EventBusName="drivers", EventPattern='{"detail-type": ["DriverRouted"]}')
    target = {"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:routed"}
    events.put_targets(Rule="routed", EventBusName="drivers", Targets=[target])
    entry = {
        "EventBusName": "drivers",
        "Source": "scones",
        "DetailType": "DriverRouted",
        "Detail": {"bay.$": "$.bay"},
    }
    put = {
        "Type": "Task",
        "Resource": "arn:aws:states:::events:putEvents",
        "Parameters": {"Entries": [entry]},
        "End": True,
    }
    assert execute(machine({"Announce": put}), {"bay": "A"})["status"] == "SUCCEEDED"
    found = until(lambda: sqs.receive_message(QueueUrl=queue), lambda it: "Messages" in it)
    event = json.loads(found["Messages"][0]["Body"])
    assert (event["detail-type"], event["source"], event["detail"]) == (
        "DriverRouted",
        "scones",
        {"bay": "A"},
    )


def test_the_end_of_an_execution_is_an_event(aws, machine, execute, until):
    sqs, events = aws("sqs"), aws("events")
    queue = make_queue(sqs, "ended")
    pattern = {"source": ["aws.states"], "detail": {"status": ["FAILED"], "error": ["NoDriver"]}}
    events.put_rule(Name="ended", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="ended", Targets=[{"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:ended"}])
    ended = execute(machine({"Fail": {"Type": "Fail", "Error": "NoDriver"}}))
    found = until(lambda: sqs.receive_message(QueueUrl=queue), lambda it: "Messages" in it)
    assert json.loads(found["Messages"][0]["Body"])["detail"]["executionArn"] == ended["executionArn"]


def test_the_end_of_an_object_is_an_event_also_if_a_marker_is_all_that_was_left_of_it(aws, until):
    s3, sqs, name = aws("s3"), aws("sqs"), "emptied"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    everything: dict[str, dict] = {"EventBridgeConfiguration": {}}
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=everything)
    queue = make_queue(sqs, "heard-of-ends")
    pattern = {"detail-type": ["Object Deleted"], "detail": {"bucket": {"name": [name]}}}
    aws("events").put_rule(Name="ends", EventPattern=json.dumps(pattern))
    target = {"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:heard-of-ends"}
    aws("events").put_targets(Rule="ends", Targets=[target])
    version = s3.put_object(Bucket=name, Key="x.png", Body=b"x")["VersionId"]
    marker = s3.delete_object(Bucket=name, Key="x.png")["VersionId"]
    for each in (version, marker):
        s3.delete_object(Bucket=name, Key="x.png", VersionId=each)
    found = until(lambda: sqs.receive_message(QueueUrl=queue), lambda it: "Messages" in it)
    assert json.loads(found["Messages"][0]["Body"])["detail"]["object"]["key"] == "x.png"


def test_a_bus_has_what_its_update_says_and_nothing_of_what_it_leaves_out(aws):
    events, name = aws("events"), "a-bus-that-changes"
    events.create_event_bus(Name=name, Description="first", KmsKeyIdentifier="alias/first")
    assert events.update_event_bus(Name=name, Description="second")["Description"] == "second"
    described = events.describe_event_bus(Name=name)
    assert described["Description"] == "second"
    assert "KmsKeyIdentifier" not in described
    events.delete_event_bus(Name=name)
    with pytest.raises(events.exceptions.ResourceNotFoundException):
        events.update_event_bus(Name=name)
