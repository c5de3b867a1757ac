"""What stays of a photo that was forgotten: the register's record that it was done, and what nobody can remove."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from core.console import UserError
from core.contract import answered_items, register
from core.contract.shapes import Json
from core.environment import ENVIRONMENTS
from operations.photo_register import describe, name_of
from operations.restore_register import copy_of
from operations.terraform import read_prefix

BACKUP_DAYS, HISTORY_DAYS, QUEUE_DAYS = 35, 90, 14
PERSONAL = (
    "assignment",
    "blind",
    "camera",
    "cause",
    "classes",
    "confidence",
    "content_type",
    "day",
    "decided_by",
    "error",
    "file_name",
    "first",
    "inferences",
    "kind",
    "known",
    "label",
    "labelled",
    "labelling",
    "labelling_at",
    "model",
    "objection",
    "open",
    "owner",
    "reason",
    "reference",
    "run",
    "s3_key",
    "since",
    "source",
    "vehicle",
    "version_id",
    "withdrawn",
)
BY_PEOPLE = re.compile(r"(decision|opinion)_\d+")
# The claim lets in what failed, or its own execution: a photo that is forgotten stays out.
UNCHANGED = "#state = :before AND #execution = :execution"
UNCLAIMED = "#state = :before AND attribute_not_exists(#execution)"  # as a bulk run leaves it


def note(table: Any, item: Json, sets: Iterable[str], models: Iterable[str]) -> None:
    """What it was found in, before it is removed there: a run that begins again does not find it."""
    told = {name: set(them) for name, them in (("data_sets", sets), ("models", models)) if them}
    if told:
        change = "ADD " + ", ".join(f"#{name} :{name}" for name in told)
        update(table, item, change, told, {})


def stop_labelling(table: Any, item: Json) -> None:
    """What was said of it was to be labelled: it is not any more."""
    if item.get(answered_items.LABELLING) == answered_items.DUE:
        names = {"#due": answered_items.LABELLING, "#at": answered_items.LABELLING_AT}
        update(table, item, "REMOVE #due, #at", {}, names)


def close(table: Any, item: Json, now: datetime) -> None:
    personal = [*PERSONAL, *filter(BY_PEOPLE.fullmatch, item)]
    change = "SET #state = :after, #forgotten_at = :now REMOVE " + ", ".join(f"#{it}" for it in personal)
    told = {"after": answered_items.FORGOTTEN, "now": register.write_time(now)}
    update(table, item, change, told, {f"#{it}": it for it in personal} | {"#forgotten_at": "forgotten_at"})


def update(table: Any, item: Json, change: str, values: Json, names: dict[str, str]) -> None:
    names = names | {f"#{it}": it for it in values if f"#{it}" in change}
    execution = {":execution": item["execution"]} if "execution" in item else {}
    try:
        table.update_item(
            Key={"id": item["id"]},
            UpdateExpression=change,
            ConditionExpression=UNCHANGED if execution else UNCLAIMED,
            ExpressionAttributeNames={"#state": "state", "#execution": "execution"} | names,
            ExpressionAttributeValues={":before": item["state"]}
            | execution
            | {f":{name}": value for name, value in values.items()},
        )
    except table.meta.client.exceptions.ConditionalCheckFailedException as error:
        raise UserError(
            f"photo {item['id']} was sent again or decided meanwhile, and is not forgotten: run make forget once more"
        ) from error


def list_remains(
    env: str, bucket: str, rewritten: bool, some_hours: bool, one: bool, labelled: bool
) -> Iterator[str]:
    """After the files that were written anew, or only some hours looked into, or one photo of a key removed."""
    now = datetime.now(UTC)

    def until(days: int) -> str:
        return f"{now + timedelta(days=days):%Y-%m-%d}"

    inline = not re.search(
        r"^inline_photos\s*=\s*false", (ENVIRONMENTS / f"{env}.tfvars").read_text(), re.MULTILINE
    )
    held = "hold the photo itself, as inline_photos is true," if inline else "name the key"
    yield f"the register's backups (point-in-time recovery), until {until(BACKUP_DAYS)}"
    copy = copy_of(name_of(env))
    if describe(boto3.client("dynamodb"), copy):
        yield f"its item in {copy}, for good: end make restore, or delete that table"
    yield f"histories of its executions {held} until {until(HISTORY_DAYS)} at the latest"
    yield f"messages in queues that name the key, until {until(QUEUE_DAYS)} at the latest"
    days = find_log_days(read_prefix(env))
    yield f"logs that name the key, {f'until {until(days)}' if days else 'for good'}"
    yield "mails about it, as the alarms' topic sends them, for good"
    expiry = find_expiry(bucket)
    kept = {
        name: f"until {until(expiry[name])}" if name in expiry else "for good"
        for name in ("captures", "results")
    }
    yield f"results of bulk runs that name the key, {kept['results']} at the latest"
    yield "the same photo under another key of the bucket, as one that was uploaded twice: forget that key as well"
    if rewritten:
        yield f"other photos in the capture files written anew, {kept['captures']}: their time begins again"
    if some_hours:
        yield f"what was captured of it in other hours, {kept['captures']}: ARGS=--all-captures looks"
    if one:
        yield (
            f"what a bulk run captured of it, {kept['captures']}: that has the id of the key's newest version, and "
            "only make forget by the key looks"
        )
    if labelled:
        yield "names of its labels, by its id, in dataset.json of each data set that was made with them"
    yield "the models that were named above"
    yield "copies outside the bucket: reports, downloads, staged folders; one that is uploaded again brings it back"


def find_log_days(prefix: str) -> int | None:
    pages = boto3.client("logs").get_paginator("describe_log_groups")
    groups = [
        it for page in pages.paginate(logGroupNamePrefix=f"/aws/lambda/{prefix}-") for it in page["logGroups"]
    ]
    days = [it.get("retentionInDays") for it in groups]
    return None if None in days else max(days, default=None)


def find_expiry(bucket: str) -> dict[str, int]:
    """Days by folder, until the last version is gone; of a folder whose old versions stay, none."""
    s3: Any = boto3.client("s3")
    try:
        rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchLifecycleConfiguration":
            raise
        return {}
    older = {
        prefix: it["NoncurrentVersionExpiration"]["NoncurrentDays"]
        for it in rules
        if (prefix := read_folder(it)) is not None and "NoncurrentVersionExpiration" in it
    }
    return {
        folder.rstrip("/"): it["Expiration"]["Days"] + min(days)
        for it in rules
        if (folder := read_folder(it)) and "Days" in it.get("Expiration", {})
        if (days := [count for prefix, count in older.items() if folder.startswith(prefix)])
    }


def read_folder(rule: Any) -> str | None:
    """None of a rule that goes by more than a folder; "" of one for the whole bucket."""
    folder: str | None = rule.get("Filter", {}).get("Prefix")
    return folder
