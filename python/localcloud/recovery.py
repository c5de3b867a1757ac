"""DynamoDB's point-in-time recovery: a copy of a table as it was at some time.

AWS: the copy has what the table had at that second, the indexes and the settings that the request names, and neither an
expiry nor recovery of its own; of a table whose recovery is off, and of a time out of its bounds, there is none.
moto 5.2.5 copies what the table has now, whatever the request says, and its newest time is when recovery was put on.
Left out here: AWS's newest time lies some five minutes back, here it is now. A copy takes AWS minutes, here no time.
"""

import json
from datetime import UTC, datetime
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import ERROR_TYPE_PREFIX, PointInTimeRecoveryUnavailable
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import GlobalSecondaryIndex
from moto.dynamodb.models.utilities import dynamo_json_dump
from moto.dynamodb.responses import DynamoHandler

from localcloud import gaps

OUTSIDE = "The restore time must be between EarliestRestorableDateTime and LatestRestorableDateTime"


def install() -> None:
    """Fill the gaps."""
    for method, argument in (("put_item", "item_attrs"), ("update_item", "key"), ("delete_item", "key")):
        _keep_what_was(method, argument)

    @gaps.wrap(DynamoDBBackend, "describe_continuous_backups")
    def describe_continuous_backups(original: gaps.Original, self: DynamoDBBackend, table_name: str) -> Any:
        found = original(self, table_name)
        if "LatestRestorableDateTime" in (recovery := found["PointInTimeRecoveryDescription"]):
            recovery["LatestRestorableDateTime"] = datetime.now(UTC).timestamp()
        return found

    @gaps.wrap(DynamoHandler, "restore_table_to_point_in_time")
    def restore_table_to_point_in_time(original: gaps.Original, self: DynamoHandler) -> ActionResult:
        asked, backend = self.body, self.dynamodb_backend
        source: gaps.Amended = backend.tables.get(asked["SourceTableName"])
        if source is None:
            return original(self)  # type: ignore[no-any-return]
        recovery = backend.describe_continuous_backups(source.name)["PointInTimeRecoveryDescription"]
        if recovery["PointInTimeRecoveryStatus"] != "ENABLED":
            raise PointInTimeRecoveryUnavailable(source.name)
        newest = recovery["LatestRestorableDateTime"]
        at = asked["RestoreDateTime"].timestamp() if "RestoreDateTime" in asked else newest
        if not int(recovery["EarliestRestorableDateTime"]) <= at <= newest:
            raise JsonRESTError(f"{ERROR_TYPE_PREFIX}InvalidRestoreTimeException", OUTSIDE)
        answer: gaps.Amended = original(self)
        made: gaps.Amended = backend.tables[asked["TargetTableName"]]
        made.restore_date_time = datetime.fromtimestamp(at, UTC).replace(tzinfo=None)
        made.billing_mode = asked.get("BillingModeOverride", source.billing_mode)
        made.sse_specification = asked.get("SSESpecificationOverride", source.sse_specification)
        if "GlobalSecondaryIndexOverride" in asked:
            indexes = asked["GlobalSecondaryIndexOverride"]
            made.global_indexes = [GlobalSecondaryIndex.create(it, made.table_key_attrs) for it in indexes]
        for moment, hash_key, range_key, before in reversed(getattr(source, "past", [])):
            if moment > at and before:
                made.put_item(json.loads(before), overwrite=True)
            elif moment > at:
                made.delete_item(hash_key, range_key)
        answer._result = made.describe()
        return answer  # type: ignore[no-any-return]


def _keep_what_was(method: str, argument: str) -> None:
    """Have this request note what it is about to change, if the table's recovery is on."""

    @gaps.wrap(DynamoDBBackend, method)
    def write(
        original: gaps.Original, self: DynamoDBBackend, table_name: str, *given: Any, **more: Any
    ) -> Any:
        table: gaps.Amended = self.tables.get(table_name)
        key = more[argument] if argument in more else given[0]
        recovers = (
            table
            and "EarliestRestorableDateTime" in table.continuous_backups["PointInTimeRecoveryDescription"]
        )
        if not recovers or any(name not in key for name in table.table_key_attrs):
            return original(self, table_name, *given, **more)
        keys = self.get_keys_value(table, key)
        found = table.get_item(*keys)
        before = found and dynamo_json_dump(found.to_json()["Attributes"])
        written = original(self, table_name, *given, **more)
        # In the table itself: of a transaction that fails moto puts back the table as it was, and so this as well.
        table.past = getattr(table, "past", [])
        table.past.append((datetime.now(UTC).timestamp(), *keys, before))
        return written
