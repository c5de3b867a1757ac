"""A table: one of many gets an item, a role may do with it what its policies say, and its key is asked."""

import hashlib
import json
import sys
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto.moto_server.werkzeug_app import create_backend_app
from tests.builders import REGISTER, make_role
from tests.localcloud.sessions import allow, refusal

from localcloud import dynamodb
from localcloud.http.inside import Inside

CLAIMANTS = 50
PHOTOS = 10
HERE = "arn:aws:dynamodb:us-east-1:123456789012"


@pytest.fixture
def table(aws: Callable[[str], Any]) -> Callable[..., str]:
    """Make a table of photos; answer its name."""

    def make(**more: Any) -> str:
        name = f"photos-{uuid.uuid4()}"
        aws("dynamodb").create_table(TableName=name, **REGISTER, **more)
        return name

    return make


def claim(client: Any, table: str, photo: str, execution: str) -> dict[str, Any] | None:
    """The item as it was claimed, or None for somebody else's."""
    try:
        return client.update_item(
            TableName=table,
            Key={"id": {"S": photo}},
            ConditionExpression="attribute_not_exists(id) OR #execution = :execution",
            UpdateExpression="SET #execution = :execution, #open = :claimed, #since = :now ADD attempts :one",
            ExpressionAttributeNames={"#execution": "execution", "#open": "open", "#since": "since"},
            ExpressionAttributeValues={
                ":execution": {"S": execution},
                ":claimed": {"S": "claimed"},
                ":now": {"S": "2026-03-01T09:20:00.000Z"},
                ":one": {"N": "1"},
            },
            ReturnValues="ALL_NEW",
        )["Attributes"]
    except client.exceptions.ConditionalCheckFailedException:
        return None


@pytest.fixture
def impatient() -> Iterator[Any]:
    """A client of DynamoDB in this process, where another thread comes to turn between any two steps."""
    dynamodb.install()
    url, before = "http://127.0.0.1:1", sys.getswitchinterval()
    config = Config(retries={"total_max_attempts": 1})
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    client = boto3.client("dynamodb", endpoint_url=url, region_name="us-east-1", config=config, **keys)
    client.meta.events.register("before-send", Inside(url, create_backend_app("dynamodb")).send)
    sys.setswitchinterval(1e-6)
    yield client
    sys.setswitchinterval(before)


def test_of_fifty_who_claim_a_photo_at_once_one_gets_it(impatient):
    impatient.create_table(TableName="photos", **REGISTER)
    for photo in map(str, range(PHOTOS)):
        with ThreadPoolExecutor(CLAIMANTS) as pool:
            asked = [
                pool.submit(claim, impatient, "photos", photo, f"execution-{n}") for n in range(CLAIMANTS)
            ]
        won = [one.result() for one in asked if one.result()]
        assert len(won) == 1, won
        kept = impatient.get_item(TableName="photos", Key={"id": {"S": photo}})["Item"]
        assert won[0] == kept


def test_of_executions_that_claim_the_same_photo_one_records_it(aws, table, machine, execute):
    name, refused = table(), "DynamoDB.ConditionalCheckFailedException"
    task = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:updateItem", "TimeoutSeconds": 30}
    names = {"#execution": "execution", "#state": "state"}
    mine = {":execution": {"S.$": "$$.Execution.Id"}}
    claims = {
        **task,
        "Parameters": {
            "TableName": name,
            "Key": {"id": {"S.$": "States.Hash(States.Format('{}//{}', $.bucket, $.key), 'SHA-256')"}},
            "ConditionExpression": "attribute_not_exists(id) OR #execution = :execution",
            "UpdateExpression": "SET #state = :claimed, #execution = :execution, claimed_at = :now",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {
                **mine,
                ":claimed": {"S": "claimed"},
                ":now": {"S.$": "$$.State.EnteredTime"},
            },
            "ReturnValues": "ALL_NEW",
        },
        "Assign": {"photo.$": "$.Attributes.id.S"},
        "ResultPath": None,
        "Catch": [{"ErrorEquals": [refused], "ResultPath": "$.error", "Next": "Duplicate"}],
        "Next": "Record",
    }
    records = {
        **task,
        "Parameters": {
            "TableName": name,
            "Key": {"id": {"S.$": "$photo"}},
            "ConditionExpression": "#execution = :execution",
            "UpdateExpression": "SET #state = :routed, confidence = :confidence",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {
                **mine,
                ":routed": {"S": "routed"},
                ":confidence": {"N.$": "States.Format('{}', $.confidence)"},
            },
        },
        "ResultSelector": {"loading_bay": "A"},
        "ResultPath": "$.assignment",
        "End": True,
    }
    duplicate = {"Type": "Pass", "Parameters": {"outcome": "duplicate"}, "End": True}
    arn = machine({"Claim": claims, "Record": records, "Duplicate": duplicate})
    event = {"bucket": "scones", "key": "incoming/é 1.png", "confidence": 0.98}
    with ThreadPoolExecutor(8) as pool:
        ended = list(pool.map(lambda _: execute(arn, event), range(8)))
    outputs = [json.loads(one["output"]) for one in ended]
    (routed,) = [one for one in outputs if one != {"outcome": "duplicate"}]
    assert routed == event | {"assignment": {"loading_bay": "A"}}
    (item,) = aws("dynamodb").scan(TableName=name)["Items"]
    assert item["id"]["S"] == hashlib.sha256("scones//incoming/é 1.png".encode()).hexdigest()
    assert (item["state"], item["confidence"]) == ({"S": "routed"}, {"N": "0.98"})
    assert datetime.fromisoformat(item["claimed_at"]["S"]) <= datetime.now(UTC)


def test_a_condition_that_does_not_hold_leaves_nothing_behind(aws, table):
    dynamodb, name = aws("dynamodb"), table()
    update = {
        "TableName": name,
        "Key": {"id": {"S": "gone"}},
        "ConditionExpression": "#execution = :execution",
        "UpdateExpression": "SET routed_at = :now",
        "ExpressionAttributeNames": {"#execution": "execution"},
        "ExpressionAttributeValues": {":execution": {"S": "e"}, ":now": {"S": "now"}},
    }
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        dynamodb.update_item(**update)
    assert dynamodb.scan(TableName=name)["Items"] == []


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            {"UpdateExpression": "SET #a = :v, #b = :v"},
            "Invalid UpdateExpression: An expression attribute name used in the document path is not defined; "
            "attribute name: #b",
        ),
        (
            {"UpdateExpression": "SET #a = :v", "ConditionExpression": "attribute_not_exists(#b)"},
            "Invalid ConditionExpression: An expression attribute name used in the document path is not defined; "
            "attribute name: #b",
        ),
        (
            {"UpdateExpression": "SET #a = :v", "ConditionExpression": "#a = :w"},
            "Invalid ConditionExpression: An expression attribute value used in expression is not defined; "
            "attribute value: :w",
        ),
    ],
)
def test_what_an_expression_names_has_to_be_defined(aws, table, asked, message):
    names, values = {"#a": "a"}, {":v": {"S": "x"}}
    given = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
    update = {"TableName": table(), "Key": {"id": {"S": "photo"}}, **given, **asked}
    assert refusal(aws("dynamodb").update_item, **update) == ("ValidationException", 400, message)


def test_an_index_has_only_the_items_that_have_its_keys(aws, table):
    dynamodb, name = aws("dynamodb"), table()
    for photo in ("first", "second"):
        assert claim(dynamodb, name, photo, photo)
    key = {"TableName": name, "Key": {"id": {"S": "first"}}}
    names = {"#open": "open", "#since": "since"}
    dynamodb.update_item(**key, UpdateExpression="REMOVE #open, #since", ExpressionAttributeNames=names)
    asked = {
        "KeyConditionExpression": "#open = :open",
        "ExpressionAttributeNames": {"#open": "open"},
        "ExpressionAttributeValues": {":open": {"S": "claimed"}},
    }
    found = dynamodb.query(TableName=name, IndexName="open", **asked)["Items"]
    now = {"S": "2026-03-01T09:20:00.000Z"}
    assert found == [
        {"id": {"S": "second"}, "execution": {"S": "second"}, "open": {"S": "claimed"}, "since": now}
    ]


def test_a_protected_table_stays_until_it_is_protected_no_more(aws, table):
    dynamodb, name = aws("dynamodb"), table(DeletionProtectionEnabled=True)
    assert refusal(dynamodb.delete_table, TableName=name) == (
        "ValidationException",
        400,
        "Resource cannot be deleted as it is currently protected against deletion. "
        "Disable deletion protection first.",
    )
    dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=name)
    assert refusal(dynamodb.describe_table, TableName=name)[0] == "ResourceNotFoundException"


QUERY = {
    "IndexName": "open",
    "KeyConditionExpression": "#open = :open",
    "ExpressionAttributeNames": {"#open": "open"},
    "ExpressionAttributeValues": {":open": {"S": "claimed"}},
}
ITEM = {"id": {"S": "a"}}
REMOVE = {"UpdateExpression": "REMOVE reason"}


def calls(name: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """By the permission that it takes: a call about items of the table."""
    table = {"TableName": name}
    return {
        "PutItem": ("put_item", {**table, "Item": ITEM}),
        "GetItem": ("get_item", {**table, "Key": ITEM}),
        "UpdateItem": ("update_item", {**table, "Key": ITEM, **REMOVE}),
        "DeleteItem": ("delete_item", {**table, "Key": ITEM}),
        "Query": ("query", {**table, **QUERY}),
        "Scan": ("scan", table),
        "BatchGetItem": ("batch_get_item", {"RequestItems": {name: {"Keys": [ITEM]}}}),
        "BatchWriteItem": (
            "batch_write_item",
            {"RequestItems": {name: [{"PutRequest": {"Item": ITEM}}]}},
        ),
    }


def test_a_role_may_do_with_a_table_and_with_its_index_what_its_policies_say(session, table):
    name = table()
    arn = f"{HERE}:table/{name}"
    nobody = session(allow("s3:GetObject", "*"))
    for action, (call, asked) in calls(name).items():
        about = f"{arn}/index/open" if action == "Query" else arn
        assert refusal(getattr(nobody("dynamodb"), call), **asked) == (
            "AccessDeniedException",
            400,
            f"User: {nobody.arn} is not authorized to perform: dynamodb:{action} on resource: {about} "
            f"because no identity-based policy allows the dynamodb:{action} action",
        )
        one = session(allow(f"dynamodb:{action}", about))
        getattr(one("dynamodb"), call)(**asked)


def test_a_table_with_tags_is_made_by_those_who_may_tag_it(session):
    name = f"photos-{uuid.uuid4()}"
    asked = {"TableName": name, **REGISTER, "Tags": [{"Key": "Project", "Value": "scones"}]}
    make = allow("dynamodb:CreateTable", f"{HERE}:table/{name}")
    refused = refusal(session(make)("dynamodb").create_table, **asked)
    assert f"dynamodb:TagResource on resource: {HERE}:table/{name} because" in refused[2]
    session(make, allow("dynamodb:TagResource", f"{HERE}:table/{name}"))("dynamodb").create_table(**asked)


def test_whoever_picks_a_customer_s_key_for_a_table_needs_all_that_is_done_with_it(aws, session):
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    encrypted = {"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}}
    asked = {"TableName": f"photos-{uuid.uuid4()}", **REGISTER, **encrypted}
    through = {"StringEquals": {"kms:ViaService": "dynamodb.us-east-1.amazonaws.com"}}
    make = allow("dynamodb:*", "*")
    needed = [
        *("CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey"),
        *("GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo"),
    ]
    for action in needed:
        others = [f"kms:{other}" for other in needed if other != action]
        maker = session(make, allow(others, key, Condition=through))
        code, status, message = refusal(maker("dynamodb").create_table, **asked)
        assert (code, status) == ("AccessDeniedException", 400)
        assert f"kms:{action} on resource: {key} because" in message
    maker = session(make, allow([f"kms:{action}" for action in needed], key, Condition=through))
    maker("dynamodb").create_table(**asked)


def test_who_reads_or_writes_items_needs_the_table_s_key(aws, session, table):
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    name = table(SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key})
    through = {"StringEquals": {"kms:ViaService": "dynamodb.us-east-1.amazonaws.com"}}
    without = session(allow("dynamodb:*", "*"))
    able = session(allow("dynamodb:*", "*"), allow("kms:Decrypt", key, Condition=through))
    for call, asked in calls(name).values():
        assert (
            f"kms:Decrypt on resource: {key} because"
            in refusal(getattr(without("dynamodb"), call), **asked)[2]
        )
        getattr(able("dynamodb"), call)(**asked)
    without("dynamodb").describe_table(TableName=name)


def test_the_service_s_own_key_is_nobody_s_to_ask_for(session, table):
    name = table(SSESpecification={"Enabled": True})
    session(allow("dynamodb:PutItem", "*"))("dynamodb").put_item(TableName=name, Item=ITEM)


def test_a_role_s_name_in_an_item_hands_nobody_that_role(session, table):
    name = table()
    item = {"id": {"S": "arn:aws:iam::123456789012:role/any"}}
    session(allow("dynamodb:PutItem", "*"))("dynamodb").put_item(TableName=name, Item=item)


def test_a_task_whose_role_may_not_use_the_table_s_key_is_caught_as_a_failed_task(
    aws, table, machine, execute
):
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    name = table(SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key})
    role = make_role(aws("iam"), f"r-{uuid.uuid4().hex[:8]}", allow("dynamodb:UpdateItem", "*"))
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:updateItem",
        "Parameters": {
            "TableName": name,
            "Key": {"id": {"S": "photo"}},
            "UpdateExpression": "SET claimed_at = :now",
            "ExpressionAttributeValues": {":now": {"S": "now"}},
        },
        "End": True,
    }
    caught = {"Catch": [{"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.error", "Next": "Caught"}]}
    arn = machine({"Claim": task | caught, "Caught": {"Type": "Pass", "End": True}}, role)
    ended = execute(arn)
    assert ended["status"] == "SUCCEEDED"
    error = json.loads(ended["output"])["error"]
    assert error["Error"] == "DynamoDB.AccessDeniedException"
    assert f"kms:Decrypt on resource: {key}" in error["Cause"]
    assert aws("dynamodb").scan(TableName=name)["Items"] == []
