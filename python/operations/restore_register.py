"""Put back what the register has lost: `python -m operations.restore_register ENV --at TIME [--keep]`.

AWS makes a copy of the table as it was at that time, beside it. What the table has no more comes back from the copy;
what it has stays as it is, so that a photo is never taken for what it was before. Then the copy is deleted. Called
again with the same time after an end half-way, it goes on with the copy that is there. Who looks at a photo and who
decided it stands in a table of its own, PREFIX-reviews, which needs no restoring: a lease is over within a minute. It
takes an administrator: no role of the project may restore, make or delete a table.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError

from core import arguments, environment
from core.console import UserError, out, run
from core.contract import register
from operations.photo_register import describe, name_of

AT_ONCE = 100  # as many items as BatchGetItem takes
LOOK_SECONDS = 5
NAMED = 10  # ids of those that differ

Item = dict[str, Any]


@dataclass
class Counts:
    """What became of the copy's items."""

    back: int = 0
    waiting: int = 0  # of these
    same: int = 0
    over: int = 0
    different: list[str] = field(default_factory=list)


def read_time(text: str, now: datetime) -> datetime:
    """The moment, to the second, as AWS restores it."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise UserError(f"AT={text!r} is no time: write it as in AT=2026-11-27T05:00:00Z")
    if at > now:
        raise UserError(f"AT={text} lies in the future: name a moment before the damage")
    return at.astimezone(UTC).replace(microsecond=0)


def check_bounds(dynamodb: Any, table: str, at: datetime) -> None:
    found = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    recovery = found.get("PointInTimeRecoveryDescription", {})
    if recovery.get("PointInTimeRecoveryStatus") != "ENABLED":
        raise UserError(f"point-in-time recovery of {table} is off, so there is nothing to restore it from")
    earliest, latest = recovery["EarliestRestorableDateTime"], recovery["LatestRestorableDateTime"]
    if not earliest.replace(microsecond=0) <= at <= latest:
        raise UserError(
            f"{table} can be restored as of {say(earliest)} to {say(latest)}, not as of {say(at)}"
        )


def say(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def copy_of(table: str) -> str:
    return f"{table}-restored"


def find_copy(dynamodb: Any, live: Any, at: datetime) -> str:
    """The copy as of this time: made, or left by an earlier call."""
    table, copy = live["TableName"], copy_of(live["TableName"])
    if there := describe(dynamodb, copy):
        of = there.get("RestoreSummary", {}).get("RestoreDateTime")
        if of is None or of.replace(microsecond=0) != at:
            raise UserError(
                f"there is already a table {copy}, {f'as of {say(of)}' if of else 'and no copy'}: go on with that "
                f"time, or delete it with aws dynamodb delete-table --table-name {copy}"
            )
        out.print(f"going on with {copy}, which is there already")
    else:
        check_bounds(dynamodb, table, at)
        key = live.get("SSEDescription", {}).get("KMSMasterKeyArn")
        encryption = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
        dynamodb.restore_table_to_point_in_time(
            SourceTableName=table,
            TargetTableName=copy,
            RestoreDateTime=at,
            BillingModeOverride="PAY_PER_REQUEST",
            GlobalSecondaryIndexOverride=[],  # the copy is only read through: what comes back is indexed by the table
            **({"SSESpecificationOverride": encryption} if key else {}),
        )
        out.print(f"AWS makes {copy}, as {table} was at {say(at)}: that takes minutes, up to hours")
    while (there := describe(dynamodb, copy)) and there["TableStatus"] == "CREATING":
        time.sleep(LOOK_SECONDS)
    if there is None or there["TableStatus"] != "ACTIVE":
        raise UserError(f"AWS did not make {copy}: look at it in the console, then call this again")
    return copy


def read_copy(dynamodb: Any, copy: str) -> Iterator[list[Item]]:
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=copy, ConsistentRead=True, PaginationConfig={"PageSize": AT_ONCE}
    )
    yield from (page["Items"] for page in pages if page["Items"])


def look_up(dynamodb: Any, table: str, items: list[Item]) -> dict[str, Item]:
    """What the table has of these, by id."""
    found = {}
    asked = {table: {"Keys": [{"id": item["id"]} for item in items], "ConsistentRead": True}}
    while asked:
        answer = dynamodb.batch_get_item(RequestItems=asked)
        found.update({item["id"]["S"]: item for item in answer["Responses"].get(table, [])})
        asked = answer.get("UnprocessedKeys", {})
    return found


def put_back(dynamodb: Any, table: str, items: list[Item], now: float, counts: Counts) -> None:
    """Of these items those that the table has not; one whose days are over is left where it is."""
    there = look_up(dynamodb, table, items)
    for item in items:
        photo = item["id"]["S"]
        if photo not in there and float(item.get("expires", {}).get("N", "inf")) <= now:
            counts.over += 1
        elif photo not in there and add(dynamodb, table, item):
            counts.back += 1
            counts.waiting += item.get("open", {}).get("S") == register.WAITING
        elif there.get(photo) == item:
            counts.same += 1
        else:
            counts.different.append(photo)


def add(dynamodb: Any, table: str, item: Item) -> bool:
    """Whether it was put: not where somebody has claimed the photo meanwhile."""
    try:
        dynamodb.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(id)")
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return False
    return True


def sum_up(counts: Counts, at: datetime) -> str:
    lines = [f"{counts.back} items put back, {counts.same} are as they were"]
    if counts.over:
        lines.append(f"{counts.over} left out, since their days are over")
    if number := len(counts.different):
        lines.append(f"{number} differ by now, and were left as they are:")
        lines += [f"  {photo}" for photo in counts.different[:NAMED]]
        lines += [f"  and {number - NAMED} more"] if number > NAMED else []
    if counts.waiting:
        lines.append(
            f"{counts.waiting} of what is back wait for a person: of what was decided of them since {say(at)} the "
            "record is lost, and make decide names it instead of routing twice"
        )
    if counts.back:
        # What `make forget` did not find in the register has left no record there that would keep it out.
        lines.append(f"call make forget again for whoever asked for it since {say(at)}: they may be back")
    return "\n".join(lines)


def restore(dynamodb: Any, table: str, at: datetime, keep: bool, again: str) -> None:
    live = describe(dynamodb, table)
    if live is None:
        raise UserError(f"there is no table {table} in this account and region")
    copy = find_copy(dynamodb, live, at)
    counts = Counts()
    try:
        for items in read_copy(dynamodb, copy):
            put_back(dynamodb, table, items, time.time(), counts)
    except BaseException:
        out.print(f"not ended, after {counts.back} items put back: {copy} is kept, go on with {again}")
        raise
    out.print(sum_up(counts, at))
    if keep:
        out.print(f"{copy} is kept: delete it with aws dynamodb delete-table --table-name {copy}")
    else:
        dynamodb.delete_table(TableName=copy)
        out.print(f"{copy} is deleted")


def main() -> None:
    parser = arguments.Parser("operations.restore_register", __doc__)
    parser.add_argument("env")
    parser.add_argument("--at", default="", metavar="TIME", help="a moment before the damage")
    parser.add_argument(
        "--keep", action="store_true", help="leave the copy there, to look up what an item was"
    )
    options = parser.parse_args()
    environment.check(options.env)
    at = read_time(options.at, datetime.now(UTC))
    table = name_of(options.env)
    again = f"make restore ENV={options.env} AT={say(at)}"
    try:
        restore(boto3.client("dynamodb"), table, at, options.keep, again)
    except ClientError as error:
        raise UserError(f"{table} cannot be restored: {error}") from error


if __name__ == "__main__":
    run(main)
