"""A service that does not answer as it should: who asks it, and what a state machine makes of it."""

import pytest
from tests.localcloud.sessions import allow, refusal

ITEM = {"id": {"S": "photo"}}
TASK = {"Type": "Task", "ResultPath": "$.error", "TimeoutSeconds": 30, "End": True}
THROTTLED = ("ThrottlingException", 400, "Rate of requests exceeds the allowed throughput.")
DOWN = ("InternalServerError", 500, "Internal server error")


@pytest.mark.parametrize(("word", "said"), [("throttle", THROTTLED), ("down", DOWN)])
def test_items_are_neither_read_nor_written_until_the_table_answers_again(aws, table, fault, word, said):
    dynamodb = aws("dynamodb")
    fault(f"dynamodb {word}")
    assert refusal(dynamodb.put_item, TableName=table, Item=ITEM) == said
    assert refusal(dynamodb.get_item, TableName=table, Key=ITEM) == said
    assert dynamodb.describe_table(TableName=table)["Table"]["ItemCount"] == 0
    fault("dynamodb up")
    assert dynamodb.scan(TableName=table)["Items"] == []


def test_who_may_not_is_refused_as_before(session, table, fault):
    fault("dynamodb down")
    client = session(allow("dynamodb:GetItem", "*"))("dynamodb")
    assert refusal(client.put_item, TableName=table, Item=ITEM)[0] == "AccessDeniedException"
    assert refusal(client.get_item, TableName=table, Key=ITEM) == DOWN


def test_a_bus_takes_nothing_until_it_is_up(aws, fault):
    events, entry = aws("events"), {"Source": "a", "DetailType": "b", "Detail": "{}"}
    fault("events down")
    assert refusal(events.put_events, Entries=[entry]) == ("InternalException", 500, "Internal failure")
    assert events.list_rules()["Rules"] is not None
    fault("events up")
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("dynamodb throttle", "DynamoDB.ThrottlingException"),
        ("dynamodb down", "DynamoDB.InternalServerError"),
        ("events down", "EventBridge.InternalException"),
    ],
)
def test_a_task_fails_by_the_service_s_name_for_it_and_is_caught_as_a_failed_task(
    table, machine, execute, fault, word, name
):
    entry = {"Source": "a", "DetailType": "b", "Detail": {}}
    asks = {
        "dynamodb": ("dynamodb:putItem", {"TableName": table, "Item": ITEM}),
        "events": ("events:putEvents", {"Entries": [entry]}),
    }
    resource, parameters = asks[word.split()[0]]
    task = TASK | {"Resource": f"arn:aws:states:::{resource}", "Parameters": parameters}
    caught = task | {"Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "Caught"}]}
    plain, catching = machine({"Ask": task}), machine({"Ask": caught, "Caught": {"Type": "Succeed"}})
    fault(word)
    ended = execute(plain)
    assert (ended["status"], ended["error"]) == ("FAILED", name)
    assert execute(catching)["status"] == "SUCCEEDED"
