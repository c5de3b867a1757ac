"""The photos in the register that wait for something, and what the sweep does to them.

Each change has its condition: what an execution, or another sweep, has done meanwhile stays. The index is a little
behind the table, so what it names may be over by now.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from core.contract import register
from core.contract.shapes import Json

FAIL = (
    "SET #state = :failed, #open = :failed, #since = :now, #failed_at = :now, #error = :error, #cause = :cause, "
    "#expires = :expires"
)
STILL_CLAIMED = "#state = :claimed AND #execution = :execution"
LEAVE_UNTOLD = "SET #open = :untold, #since = :now, #error = :error"
# An execution that was stopped as soon as it had recorded the route may have told it, and may not.
PERHAPS_UNTOLD = (
    "#state = :routed AND #execution = :execution AND attribute_not_exists(#open) "
    "AND attribute_not_exists(#told_at)"
)
CLOSE = "SET #told_at = :now REMOVE #open, #since"
GIVE_AGE = "SET #expires = :expires"
NO_AGE = "attribute_not_exists(#expires)"


@dataclass(frozen=True)
class OpenPhotos:
    client: Any  # of DynamoDB
    table: str

    def find(self, state: str, most: int) -> list[Json]:
        """What has waited longest, as far as the index has it."""
        return list(self._query(state, 1, Limit=most))

    def find_without_age(self, pages: int) -> Iterator[Json]:
        """Of what failed, the newest first: it has no age yet."""
        return self._query(register.FAILED, pages, FilterExpression=NO_AGE, ScanIndexForward=False)

    def read(self, photo: str) -> Json:
        """All that the table has of it, as it is now; of one that is gone, nothing."""
        found = self.client.get_item(TableName=self.table, Key={"id": {"S": photo}}, ConsistentRead=True)
        return {name: plain(value) for name, value in found.get("Item", {}).items()}

    def fail(self, photo: str, execution: str, error: str, cause: str, expires: int) -> bool:
        """A claim whose execution is over."""
        told = {"execution": execution, "error": error, "cause": cause}
        return self._update(photo, FAIL, STILL_CLAIMED, expires=expires, **told)

    def leave_untold(self, photo: str, execution: str, error: str) -> bool:
        """A route that nobody may have been told of."""
        return self._update(photo, LEAVE_UNTOLD, PERHAPS_UNTOLD, execution=execution, error=error)

    def close(self, photo: str) -> bool:
        """A route that has been told."""
        return self._update(photo, CLOSE, "#open = :untold")

    def give_age(self, photo: str, expires: int) -> bool:
        """A photo that failed, and that the state machine could give no age."""
        return self._update(photo, GIVE_AGE, f"#state = :failed AND {NO_AGE}", expires=expires)

    def _query(self, state: str, pages: int, **more: Any) -> Iterator[Json]:
        asked = self.client.get_paginator("query").paginate(
            TableName=self.table,
            IndexName=register.INDEX,
            KeyConditionExpression="#open = :open",
            ExpressionAttributeNames=used("#open", more.get("FilterExpression", "")),
            ExpressionAttributeValues={":open": {"S": state}},
            **more,
        )
        for page in islice(asked, pages):
            yield from page["Items"]

    def _update(self, photo: str, change: str, condition: str, expires: int = 0, **given: str) -> bool:
        """Whether the condition held, and it was done. What is not given is a state, and called as it is."""
        given = {"now": register.write_time(datetime.now(UTC)), **given}
        words = re.findall(r":(\w+)", f"{change} {condition}")
        values = {f":{word}": {"S": given.get(word, word)} for word in words}
        if expires:
            values[":expires"] = {"N": str(expires)}
        try:
            self.client.update_item(
                TableName=self.table,
                Key={"id": {"S": photo}},
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeNames=used(change, condition),
                ExpressionAttributeValues=values,
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def used(*expressions: str) -> dict[str, str]:
    """The names in them, which may be reserved words without the sign; DynamoDB refuses one more."""
    return {name: name[1:] for text in expressions for name in re.findall(r"#\w+", text)}


def plain(value: Json) -> Any:
    """An attribute's value as JSON has it."""
    ((kind, inside),) = value.items()
    match kind:
        case "M":
            return {name: plain(it) for name, it in inside.items()}
        case "N":
            return json.loads(inside)
    return inside
