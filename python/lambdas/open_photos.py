"""The photos in the register that wait for something. Each change has its condition: the index is a little behind."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from core.contract import register
from core.contract.shapes import Json

FAIL = (
    "SET #state = :failed, #open = :failed, #since = :now, #failed_at = :now, #error = :error, #cause = :cause, "
    "#expires = :expires"
)
LEAVE_UNTOLD = "SET #open = :untold, #since = :now, #error = :error"
PERHAPS_UNTOLD = "#state = :routed AND attribute_not_exists(#open) AND attribute_not_exists(#told_at)"
CLOSE = "SET #told_at = :now REMOVE #open, #since"
CONTENT = "(attribute_not_exists(#objected_at) OR #objected_at < #routed_at)"  # its driver, as far as they have said
WAIT_AGAIN = "SET #told_at = :now, #open = :waiting, #since = #objected_at"
MINE = "#execution = :execution"  # no other execution has the photo now
UNTOLD = f"#open = :untold AND {MINE}"
plain = TypeDeserializer().deserialize
GIVE_AGE = "SET #expires = :expires"
NO_AGE = "attribute_not_exists(#expires)"


@dataclass(frozen=True)
class OpenPhotos:
    client: Any  # of DynamoDB
    table: str

    def find(self, state: str, most: int) -> list[Json]:
        """What has waited longest."""
        return next(self.pages(state, 1, Limit=most))["Items"]

    def find_without_age(self) -> Iterator[Json]:
        """Of what failed, the newest first: it has no age yet."""
        for page in self.pages(register.FAILED, 3, FilterExpression=NO_AGE, ScanIndexForward=False):
            yield from page["Items"]

    def fail(self, photo: str, days: int, **execution: str) -> Json:
        """A claim whose execution is over, by what error and cause."""
        return self._update(photo, FAIL, f"#state = :claimed AND {MINE}", days, **execution)

    def leave_untold(self, photo: str, **execution: str) -> Json:
        """A route that nobody may have been told of."""
        return self._update(photo, LEAVE_UNTOLD, f"{PERHAPS_UNTOLD} AND {MINE}", **execution)

    def take(self, photo: Json) -> Json:
        """A route to be told, behind the others from now on; nothing if it is told, or another sweep has it."""
        known = {name: photo[name]["S"] for name in ("execution", "since")}
        return self._update(photo["id"]["S"], "SET #since = :now", f"{UNTOLD} AND #since = :since", **known)

    def close(self, photo: str, execution: str) -> Json:
        """A route that has been told. The driver who objected to it meanwhile waits."""
        closed = self._update(photo, CLOSE, f"{UNTOLD} AND {CONTENT}", execution=execution)
        return closed or self._update(photo, WAIT_AGAIN, UNTOLD, execution=execution)

    def give_age(self, photo: Json, days: int) -> Json:
        """A photo that failed: the state machine gives it none."""
        return self._update(photo["id"]["S"], GIVE_AGE, f"#state = :failed AND {NO_AGE}", days)

    def pages(self, state: str, most: int, of: str = "", **more: Any) -> Iterator[Json]:
        """Of the index, the oldest first: of all, or as a condition on `#since` and `:archive` has it."""
        archive = {":archive": {"S": register.ARCHIVE}} if of else {}
        asked = self.client.get_paginator("query").paginate(
            TableName=self.table,
            IndexName=register.INDEX,
            KeyConditionExpression=f"#open = :open{of}",
            ExpressionAttributeNames=used("#open", of, more.get("FilterExpression", "")),
            ExpressionAttributeValues={":open": {"S": state}, **archive},
            **more,
        )
        return islice(asked, most)

    def _update(self, photo: str, change: str, condition: str, days: int = 0, /, **given: str) -> Json:
        """The photo then, if the condition held. What is not given is a state, and called as it is."""
        given = {"now": register.write_time(datetime.now(UTC)), **given}
        words = re.findall(r":(\w+)", f"{change} {condition}")
        values = {f":{word}": {"S": given.get(word, word)} for word in words}
        if days:
            values[":expires"] = {"N": str(register.expires(days))}
        try:
            found = self.client.update_item(
                TableName=self.table,
                Key={"id": {"S": photo}},
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeNames=used(change, condition),
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            return {}
        return {name: plain(value) for name, value in found["Attributes"].items()}


def used(*expressions: str) -> dict[str, str]:
    """The names in them: without their sign they may be reserved words."""
    return {name: name[1:] for text in expressions for name in re.findall(r"#\w+", text)}
