"""The register of photos as people read it: an environment's table, and one line where there is none."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import boto3
from boto3.dynamodb.conditions import Attr, Key

from core import environment
from core.console import UserError
from core.contract import register
from core.contract.shapes import Json
from operations import terraform

FORGOTTEN = "forgotten"  # the state that `make forget` leaves: no function has to know it


def open_table(env: str) -> Any:
    environment.check(env)
    name = f"{terraform.read_prefix(env)}-{register.TABLE_SUFFIX}"
    table = boto3.resource("dynamodb").Table(name)
    try:
        table.load()
    except table.meta.client.exceptions.ResourceNotFoundException as error:
        terraform.find_state(env)
        raise UserError(f"{env} has no table {name}: make it with `make apply ENV={env}`") from error
    return table


def find(table: Any, photo: str) -> Json | None:
    """What stands there of the photo with this id."""
    return table.get_item(Key={"id": photo}, ConsistentRead=True).get("Item")


def list_of_key(table: Any, bucket: str, key: str) -> list[Json]:
    """All that this key ever held: the whole table is read, for an id cannot be told of a version that is gone."""
    condition = Attr("s3_bucket").eq(bucket) & Attr("s3_key").eq(key)
    asked: Json = {"ConsistentRead": True, "FilterExpression": condition}
    found: list[Json] = []
    while True:
        page = table.scan(**asked)
        found += page["Items"]
        if "LastEvaluatedKey" not in page:
            return found
        asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def list_open(table: Any, state: str, most: int) -> list[Json]:
    """The photos that are open in this way, the oldest first."""
    return list(islice(read_open(table, state), most))


def read_open(table: Any, state: str) -> Iterator[Json]:
    asked: Json = {"IndexName": register.INDEX, "KeyConditionExpression": Key("open").eq(state)}
    while True:
        page = table.query(**asked)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]
