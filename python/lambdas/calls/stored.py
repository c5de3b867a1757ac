"""The API's two tables, the register of photos and the reviews, as plain values. Every change has its condition."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from core.contract import register
from core.contract.shapes import Json
from lambdas.calls.api_settings import Settings, client
from lambdas.calls.problems import Unavailable
from lambdas.open_photos import plain, used

# Of the index of what is open: drivers who wait, and behind them photos for which nobody does.
DRIVERS_WAIT = "#open = :open AND #since < :archive"
ARCHIVE_WAITS = "#open = :open AND begins_with(#since, :archive)"
WAITING = {"open": register.WAITING, "archive": register.ARCHIVE}
TIMES = 4  # that what a table had no time for is asked again
attribute = TypeSerializer().serialize


class Refused(Exception):
    """A change whose condition did not hold; `item` is what stands there."""

    def __init__(self, item: Json) -> None:
        super().__init__()
        self.item = item


@dataclass(frozen=True)
class Table:
    name: str
    key: str  # the name of its

    def get(self, photo: str) -> Json:
        """As it is now; nothing where there is none."""
        found = client("dynamodb").get_item(
            TableName=self.name, Key={self.key: {"S": photo}}, ConsistentRead=True
        )
        return read_item(found.get("Item", {}))

    def put(self, item: Json, condition: str, **values: Any) -> None:
        named = {":" + name: attribute(value) for name, value in values.items()}
        with_names = {"ExpressionAttributeNames": used(condition), "ExpressionAttributeValues": named}
        written = {name: attribute(value) for name, value in item.items()}
        self._write("put_item", condition, Item=written, **with_names)

    def update(self, photo: str, change: str, condition: str, **values: Any) -> Json:
        """The item then. In both texts `#name` is an attribute, and `:value` what is given by that name."""
        wanted = set(re.findall(r":(\w+)", f"{change} {condition}"))
        values = {":" + name: attribute(value) for name, value in values.items() if name in wanted}
        done = self._write(
            "update_item",
            condition,
            Key={self.key: {"S": photo}},
            UpdateExpression=change,
            ExpressionAttributeNames=used(change, condition),
            **({"ExpressionAttributeValues": values} if values else {}),
            ReturnValues="ALL_NEW",
        )
        return read_item(done["Attributes"])

    def _write(self, request: str, condition: str, **given: Any) -> Json:
        dynamodb = client("dynamodb")
        try:
            return getattr(dynamodb, request)(
                TableName=self.name,
                ConditionExpression=condition,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **given,
            )
        except dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise Refused(read_item(error.response.get("Item", {}))) from error

    def pages(self, index: str, condition: str, values: Json, most: int, **more: Any) -> Iterator[Json]:
        """Answers of an index, at most so many."""
        for _ in range(most):
            page = client("dynamodb").query(
                TableName=self.name,
                IndexName=index,
                KeyConditionExpression=condition,
                ExpressionAttributeNames=used(condition),
                ExpressionAttributeValues={":" + name: attribute(value) for name, value in values.items()},
                **more,
            )
            yield page
            if "LastEvaluatedKey" not in page:
                return
            more["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def count(self, index: str, condition: str, values: Json) -> int:
        """At most what three pages hold, some ten thousand."""
        return sum(page["Count"] for page in self.pages(index, condition, values, 3, Select="COUNT"))


def photos(given: Settings) -> Table:
    return Table(given.table, "id")


def reviews(given: Settings) -> Table:
    return Table(given.reviews, "photo")


def read_item(item: Json) -> Json:
    return {name: plain(value) for name, value in item.items()}


def get_many(ids: list[str], *tables: Table) -> list[dict[str, Json]]:
    """For each table its items by photo, as they are now. At most 100 are asked for at a time: no more are taken."""
    keys = [(table, photo) for table in tables for photo in ids]
    found: dict[str, dict[str, Json]] = {table.name: {} for table in tables}
    names = {table.name: table.key for table in tables}
    for start in range(0, len(keys), 100):
        asked: Json = {}
        for table, photo in keys[start : start + 100]:
            one = asked.setdefault(table.name, {"Keys": [], "ConsistentRead": True})
            one["Keys"].append({table.key: {"S": photo}})
        for _ in range(TIMES):
            told = client("dynamodb").batch_get_item(RequestItems=asked)
            for name, items in told["Responses"].items():
                for item in map(read_item, items):
                    found[name][item[names[name]]] = item
            if not (asked := told.get("UnprocessedKeys", {})):
                break
        else:
            raise Unavailable("the tables have too much to do")
    return [found[table.name] for table in tables]
