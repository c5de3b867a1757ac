"""Photos for which nobody waits, in the register: they wait for a person behind all drivers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core.contract import register
from core.contract.shapes import InvalidSetting, Pointer

NEW = "attribute_not_exists(id)"


class RegisterUnavailable(Exception):
    """The register of photos did not answer as it should. Transient."""


@dataclass(frozen=True)
class Archive:
    client: Any  # of DynamoDB
    table: str
    retention_days: int

    def put(self, image: Pointer, inferences: object, reason: str, **more: str) -> bool:
        """Whether it was put there. What the register has stays: it may be routed, or its driver waits."""
        now = register.write_time(datetime.now(UTC))
        told = {
            "id": image.id,
            **dict.fromkeys(("state", "open"), register.WAITING),
            "since": register.ARCHIVE + now,
            **dict.fromkeys(("waiting_at", "first_at"), now),
            "s3_bucket": image.bucket,
            "s3_key": image.key,
            "version_id": image.version,
            "inferences": json.dumps(inferences),
            "reason": reason,
            **more,
        }
        item = {name: {"S": text} for name, text in told.items()}
        item["expires"] = {"N": str(register.expires(self.retention_days))}
        try:
            self.client.put_item(TableName=self.table, Item=item, ConditionExpression=NEW)
        except self.client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def read_days(environment: Mapping[str, str]) -> int:
    days = environment.get("RETENTION_DAYS", "")
    if not (days.isdecimal() and int(days)):
        raise InvalidSetting(f"RETENTION_DAYS must be a whole number above 0, not {days!r}")
    return int(days)
