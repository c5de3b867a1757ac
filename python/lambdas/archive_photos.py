"""Photos for which nobody waits: they wait for a person in the register, behind all that drivers wait for."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from core.contract import register
from core.contract.errors import InvalidSetting
from core.contract.events import Pointer


def put(
    client: Any, table: str, days: int, image: Pointer, inferences: object, reason: str, **more: str
) -> bool:
    """Whether it was put there. What the register has of it stays: it may be routed, or its driver waits."""
    now = register.write_time(datetime.now(UTC))
    told = {
        "id": image.id,
        "state": register.WAITING,
        "open": register.WAITING,
        "since": register.ARCHIVE + now,
        "waiting_at": now,
        "first_at": now,
        "s3_bucket": image.bucket,
        "s3_key": image.key,
        "version_id": image.version,
        "source": "",
        "reference": "",
        "inferences": json.dumps(inferences),
        "reason": reason,
        **more,
    }
    item = {name: {"S": text} for name, text in told.items()}
    item["expires"] = {"N": str(register.expires(days))}
    try:
        client.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(id)")
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def read_days(environment: Mapping[str, str]) -> int:
    days = environment.get("RETENTION_DAYS", "")
    if not (days.isdecimal() and int(days)):
        raise InvalidSetting(f"RETENTION_DAYS must be a whole number above 0, not {days!r}")
    return int(days)
