"""A copy of a table as it was: of each kind of write, and refused where AWS refuses it."""

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.builders import REGISTER
from tests.localcloud.sessions import refusal

INDEXES = [index["IndexName"] for index in REGISTER["GlobalSecondaryIndexes"]]
ON = {"PointInTimeRecoveryEnabled": True}


@pytest.fixture
def dynamodb(aws: Callable[[str], Any]) -> Any:
    return aws("dynamodb")


@pytest.fixture
def table(dynamodb: Any) -> str:
    name = f"photos-{uuid.uuid4()}"
    dynamodb.create_table(TableName=name, **REGISTER)
    return name


def entry(photo: str, state: str) -> dict[str, Any]:
    return {"id": {"S": photo}, "state": {"S": state}, "open": {"S": state}, "since": {"S": "2026"}}


def states(dynamodb: Any, table: str) -> dict[str, str]:
    return {it["id"]["S"]: it["state"]["S"] for it in dynamodb.scan(TableName=table)["Items"]}


def pass_a_second() -> datetime:
    at = int(time.time()) + 1
    time.sleep(at + 0.05 - time.time())
    return datetime.fromtimestamp(at, UTC)


def test_the_copy_is_as_the_table_was_whatever_wrote_since(dynamodb, table):
    dynamodb.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=ON)
    photos = ("put", "updated", "deleted", "batch", "transaction")
    for photo in photos:
        dynamodb.put_item(TableName=table, Item=entry(photo, "claimed"))
    at = pass_a_second()
    dynamodb.put_item(TableName=table, Item=entry("put", "routed"))
    for state in ("routed", "failed"):
        dynamodb.update_item(
            TableName=table,
            Key={"id": {"S": "updated"}},
            UpdateExpression="SET #state = :state",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={":state": {"S": state}},
        )
    dynamodb.delete_item(TableName=table, Key={"id": {"S": "deleted"}})
    dynamodb.put_item(TableName=table, Item=entry("new", "claimed"))
    dynamodb.batch_write_item(RequestItems={table: [{"DeleteRequest": {"Key": {"id": {"S": "batch"}}}}]})
    dynamodb.transact_write_items(
        TransactItems=[{"Put": {"TableName": table, "Item": entry("transaction", "waiting")}}]
    )
    asked = {"SourceTableName": table, "RestoreDateTime": at}
    made = dynamodb.restore_table_to_point_in_time(**asked, TargetTableName=f"{table}-then")[
        "TableDescription"
    ]
    assert made["RestoreSummary"]["RestoreDateTime"] == at
    assert [index["IndexName"] for index in made["GlobalSecondaryIndexes"]] == INDEXES
    assert states(dynamodb, f"{table}-then") == dict.fromkeys(photos, "claimed")
    now = {"put": "routed", "updated": "failed", "new": "claimed", "transaction": "waiting"}
    assert states(dynamodb, table) == now
    bare = {**asked, "TargetTableName": f"{table}-bare", "GlobalSecondaryIndexOverride": []}
    made = dynamodb.restore_table_to_point_in_time(**bare)["TableDescription"]
    assert not made.get("GlobalSecondaryIndexes")
    backups = dynamodb.describe_continuous_backups(TableName=f"{table}-bare")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED"


def test_without_recovery_and_out_of_its_bounds_there_is_no_copy(dynamodb, table):
    asked = {"SourceTableName": table, "TargetTableName": f"{table}-then"}
    now = datetime.now(UTC)
    restore = dynamodb.restore_table_to_point_in_time
    assert refusal(restore, **asked, RestoreDateTime=now)[0] == "PointInTimeRecoveryUnavailableException"
    dynamodb.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=ON)
    for away in (timedelta(hours=1), timedelta(hours=-1)):
        assert refusal(restore, **asked, RestoreDateTime=now + away)[0] == "InvalidRestoreTimeException"
    lost = {**asked, "SourceTableName": f"{table}-lost", "RestoreDateTime": now}
    assert refusal(restore, **lost)[0] == "SourceTableNotFoundException"
