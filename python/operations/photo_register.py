"""The register of photos as people read it: an environment's table, and one line where there is none."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import boto3
from boto3.dynamodb.conditions import Attr, Key

from core import environment
from core.console import UserError
from core.contract import register
from core.contract.shapes import Json
from operations import terraform

TABLE_SUFFIX = "photos"  # PREFIX-photos
REVIEWS_SUFFIX = "reviews"  # PREFIX-reviews, which alone has who looks at a photo, and who decided it


def name_of(env: str) -> str:
    return f"{terraform.read_prefix(env)}-{TABLE_SUFFIX}"


def describe(dynamodb: Any, table: str) -> Any:
    """What AWS says of a table, or None."""
    try:
        return dynamodb.describe_table(TableName=table)["Table"]
    except dynamodb.exceptions.ResourceNotFoundException:
        return None


def open_table(env: str) -> Any:
    environment.check(env)
    table = boto3.resource("dynamodb").Table(name_of(env))
    client = table.meta.client
    if describe(client, table.name) is None:
        terraform.find_state(env)
        raise UserError(
            f"{env} has no table {table.name} in {client.meta.region_name}: set AWS_REGION if it lies in another "
            f"region, or make it with `make apply ENV={env}`"
        )
    return table


def name_of_reviews(table: Any) -> str:
    """Of the table beside this register, which has who looks at a photo and who decided it."""
    return f"{table.name.removesuffix(TABLE_SUFFIX)}{REVIEWS_SUFFIX}"


def open_reviews(table: Any) -> Any | None:
    """None where an earlier release was applied."""
    name = name_of_reviews(table)
    return boto3.resource("dynamodb").Table(name) if describe(table.meta.client, name) else None


def find_review(reviews: Any | None, photo: str) -> Json | None:
    """What stands there of the photo with this id."""
    if reviews is None:
        return None
    found: Json | None = reviews.get_item(Key={"photo": photo}, ConsistentRead=True).get("Item")
    return found


def remove_reviews(table: Any, photos: Iterable[str]) -> None:
    """One that is gone already is no fault."""
    for photo in photos:
        boto3.resource("dynamodb").Table(name_of_reviews(table)).delete_item(Key={"photo": photo})


def find(table: Any, photo: str) -> Json | None:
    """What stands there of the photo with this id."""
    return table.get_item(Key={"id": photo}, ConsistentRead=True).get("Item")


def list_of_key(table: Any, bucket: str, key: str) -> list[Json]:
    """All that this key ever held: the whole table is read, for an id cannot be told of a version that is gone."""
    condition = Attr("s3_bucket").eq(bucket) & Attr("s3_key").eq(key)
    return list(read(table, "scan", ConsistentRead=True, FilterExpression=condition))


def kept_until(item: Json) -> str:
    """Nothing of a photo that has no age yet."""
    return (
        f"{datetime.fromtimestamp(int(item['expires']), UTC):%Y-%m-%d %H:%M} UTC" if "expires" in item else ""
    )


def list_open(table: Any, state: str, most: int, since: str = "") -> list[Json]:
    """The photos that are open in this way, the oldest first, or from a time on that is written as in the items."""
    wanted = Key("open").eq(state)
    if since:
        wanted &= Key("since").gte(since)
    return list(islice(read(table, "query", IndexName=register.INDEX, KeyConditionExpression=wanted), most))


def read(table: Any, request: str, **asked: Any) -> Iterator[Json]:
    """The items, page after page."""
    for page in table.meta.client.get_paginator(request).paginate(TableName=table.name, **asked):
        yield from page["Items"]
