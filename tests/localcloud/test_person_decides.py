"""What a workflow needs so that a person decides: a name and an event's type that come from variables, and null."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.builders import make_queue
from tests.waiting import until

REFUSED = "DynamoDB.ConditionalCheckFailedException"
UPDATE = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:updateItem", "TimeoutSeconds": 30}
CONDITION = (
    "#state = :waiting AND (attribute_not_exists(#decided) OR #decided < :number "
    "OR (#decided = :number AND #execution = :execution))"
)
EVENT = {"id": "photo", "label": "other", "vehicle": "van", "decided_by": "person"}


def claim(table: str) -> dict[str, Any]:
    decision = {
        "label": {"S.$": "$.label"},
        "vehicle": {"S.$": "$.vehicle"},
        "execution": {"S.$": "$$.Execution.Id"},
    }
    return {
        **UPDATE,
        "Parameters": {
            "TableName": table,
            "Key": {"id": {"S.$": "$.id"}},
            "ConditionExpression": CONDITION,
            "UpdateExpression": "SET #decision = :decision, #decided = :number, #execution = :execution",
            "ExpressionAttributeNames": {
                "#state": "state",
                "#decided": "decided",
                "#execution": "execution",
                "#decision.$": "States.Format('decision_{}', $.decision)",
            },
            "ExpressionAttributeValues": {
                ":waiting": {"S": "waiting"},
                ":number": {"N.$": "States.Format('{}', $.decision)"},
                ":execution": {"S.$": "$$.Execution.Id"},
                ":decision": {"M": decision},
            },
            "ReturnValues": "ALL_NEW",
        },
        "Assign": {
            "photo.$": "$.Attributes.id.S",
            "source.$": "$.Attributes.source.S",
            "since.$": "$.Attributes.since.S",
            "kind": "DriverRouted",
            "confidence": None,
            "recorded": {"NULL": True},
        },
        "ResultPath": None,
        "Catch": [{"ErrorEquals": [REFUSED], "ResultPath": "$.error", "Next": "Duplicate"}],
        "Next": "Decided",
    }


def states(table: str) -> dict[str, Any]:
    route = {
        **UPDATE,
        "Parameters": {
            "TableName": table,
            "Key": {"id": {"S.$": "$photo"}},
            "UpdateExpression": "SET #state = :routed, confidence = :confidence, kind = :kind REMOVE told_at",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {
                ":routed": {"S": "routed"},
                ":confidence.$": "$recorded",
                ":kind": {"S.$": "$kind"},
            },
        },
        "ResultSelector": {"loading_bay": "A"},
        "ResultPath": "$.assignment",
        "Next": "Emit",
    }
    detail = {"id.$": "$photo", "confidence.$": "$confidence", "source.$": "$source"}
    entry = {"Source": table, "DetailType.$": "$kind", "Detail": detail}
    emit = {
        "Type": "Task",
        "Resource": "arn:aws:states:::events:putEvents",
        "Parameters": {"Entries": [entry]},
        "ResultPath": None,
        "End": True,
    }
    archive = {"Variable": "$since", "StringMatches": "archive *", "Next": "Archive"}
    return {
        "Claim": claim(table),
        "Decided": {"Type": "Choice", "Choices": [archive], "Default": "Route"},
        "Route": route,
        "Emit": emit,
        "Archive": {"Type": "Pass", "Parameters": {"confidence.$": "$confidence"}, "End": True},
        "Duplicate": {"Type": "Pass", "Parameters": {"outcome": "duplicate"}, "End": True},
    }


@pytest.fixture
def waiting(aws: Callable[[str], Any], table: str) -> Callable[[str], None]:
    """Let the photo wait since then."""
    item = {"id": {"S": "photo"}, "state": {"S": "waiting"}, "source": {"S": ""}}
    return lambda since: aws("dynamodb").put_item(TableName=table, Item=item | {"since": {"S": since}})


@pytest.fixture
def heard(aws: Callable[[str], Any], table: str) -> Callable[[], list[dict[str, Any]]]:
    """The events so far that this test's workflow has sent."""
    url = make_queue(aws("sqs"), table)
    rule = {"source": [table], "detail-type": ["DriverRouted"]}
    aws("events").put_rule(Name=table, EventPattern=json.dumps(rule))
    target = {"Id": "queue", "Arn": f"arn:aws:sqs:us-east-1:123456789012:{table}"}
    aws("events").put_targets(Rule=table, Targets=[target])
    events: list[dict[str, Any]] = []

    def listen() -> list[dict[str, Any]]:
        found = aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        events.extend(json.loads(one["Body"])["detail"] for one in found)
        return events

    return listen


def test_a_decision_is_kept_under_its_number_and_routes_without_a_confidence(
    aws, table, machine, execute, waiting, heard
):
    waiting("2026-03-01T09:20:00.000Z")
    arn = machine(states(table))
    ended = execute(arn, EVENT | {"decision": 2})
    assert ended["status"] == "SUCCEEDED", ended
    assert until(heard, bool) == [{"id": "photo", "confidence": None, "source": ""}]
    again = [json.loads(execute(arn, EVENT | {"decision": number})["output"]) for number in (2, 1, 3)]
    assert again == [{"outcome": "duplicate"}] * 3
    (item,) = aws("dynamodb").scan(TableName=table)["Items"]
    assert item["decision_2"]["M"] == {
        "label": {"S": "other"},
        "vehicle": {"S": "van"},
        "execution": {"S": ended["executionArn"]},
    }
    expected = {"decided": {"N": "2"}, "confidence": {"NULL": True}, "kind": {"S": "DriverRouted"}}
    assert expected.items() <= item.items()
    assert not {"decision_1", "decision_3"} & item.keys()


def test_a_photo_of_the_archive_is_decided_and_nobody_is_told(table, machine, execute, waiting, heard):
    waiting("archive 2026-03-01T09:20:00.000Z")
    ended = execute(machine(states(table)), EVENT | {"decision": 1})
    assert json.loads(ended["output"]) == {"confidence": None}
    assert heard() == []
