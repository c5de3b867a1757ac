"""Have labels count no more: `python -m operations.withdraw ENV --id ID --reason TEXT`.

ID is a photo's id, a label's name (the photo's id, a hyphen and a number), or a person's `sub`, as long as it is known
who said what. The labels stay, each with a marker beside it. Data sets and models that used them are named, and stay.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
from boto3.dynamodb.conditions import Attr

from core import arguments, environment, label_store, sending
from core.console import UserError, out, run, visible
from core.contract import answered_items, decision_name, labels, register
from core.contract.shapes import Json
from operations import dataset_traces, label_uses, labelled_people
from operations.photo_story import PHOTO_ID


def main() -> None:
    parser = arguments.Parser("operations.withdraw", __doc__)
    parser.add_argument("env", help="the environment: local, staging or prod")
    parser.add_argument("--id", default="", help="a label's name, a photo's id, or a person's sub")
    parser.add_argument("--reason", default="", help="why, for whoever reads it later")
    options = parser.parse_args()
    env, said, reason = options.env, options.id.strip(), options.reason.strip()
    if not said:
        raise UserError("ID= names what is withdrawn: a label, a photo, or a person's sub")
    if not reason:
        raise UserError('REASON= says why: make withdraw ID=... REASON="the wrong vehicle"')
    outputs = environment.outputs(env)
    s3, bucket = boto3.client("s3"), outputs["bucket"]
    keys = find(s3, bucket, said, outputs["api"])
    if not keys:
        raise UserError(f"{env} has no label of {said!r}: make labels ENV={env} writes what people have said")
    table = boto3.resource("dynamodb").Table(outputs["register_table"])
    for line in withdraw(s3, table, env, bucket, keys, reason):
        out.print(visible(line))


def find(s3: Any, bucket: str, said: str, api: Json) -> list[str]:
    """Keys of labels: one, a photo's, or a person's."""
    found = label_uses.find_keys(s3, bucket)
    if decision_name.is_one(said):
        names = {said}
    elif PHOTO_ID.fullmatch(said):
        names = {it for it in found if it.startswith(f"{said}-")}
    else:
        all_labels = label_store.read(s3, bucket).all
        who = labelled_people.read_who(api["reviews_table"], all_labels, api["person_days"])
        names = {name for name, person in who.items() if person == said}
    return sorted(key for name, key in found.items() if name in names)


def withdraw(s3: Any, table: Any, env: str, bucket: str, keys: list[str], reason: str) -> Iterator[str]:
    names = [it.rpartition("/")[2].removesuffix(labels.ENDING) for it in keys]
    # Before anything is written: what cannot be read leaves no half of it.
    sets = label_uses.find_sets(s3, bucket, names)
    trained = dataset_traces.find_models(s3, env, bucket, {*sets})
    new = sum(mark(s3, bucket, key, reason) for key in keys)
    for photo in sorted({it.rpartition("-")[0] for it in names}):
        unmark_known(table, photo)
    yield f"{new:,} labels are withdrawn" + (f"; {len(keys) - new:,} were before" if new < len(keys) else "")
    yield from (f"  {it}" for it in names)
    if not sets:
        yield "No data set was made with them."
        return
    yield from (f"A data set that was made with {count:,} of them: {it}" for it, count in sets.items())
    yield from (f"A model that was trained on it, and stays: {trained.mark(it)}" for it in trained.models)
    yield from (f"A run that trained on it, and whose artefact stays: {it}" for it in trained.runs)
    yield from (
        f"A model that does not say what it was trained on: {trained.mark(it)}" for it in trained.untold
    )
    yield f"make dataset ENV={env} makes a version without them."


def unmark_known(table: Any, photo: str) -> None:
    """Nobody is asked about it any more. What is due to become a label still is."""
    for condition, change in (
        (Attr(answered_items.LABELLING).eq(answered_items.KNOWN), "REMOVE #known, #labelling, #at"),
        (Attr(answered_items.KNOWN).exists(), "REMOVE #known"),
    ):
        named = {
            "#known": answered_items.KNOWN,
            "#labelling": answered_items.LABELLING,
            "#at": answered_items.LABELLING_AT,
        }
        used = {name: it for name, it in named.items() if name in change}
        try:
            table.update_item(
                Key={"id": photo},
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeNames=used,
            )
        except table.meta.client.exceptions.ConditionalCheckFailedException:
            pass


def mark(s3: Any, bucket: str, key: str, reason: str) -> bool:
    """Whether it was not withdrawn yet: the first reason stays."""
    told = {"at": register.write_time(datetime.now(UTC)), "reason": reason}
    marker = re.sub(f"{re.escape(labels.ENDING)}$", labels.WITHDRAWN, key)
    return sending.add(s3, bucket, marker, json.dumps(told).encode())


if __name__ == "__main__":
    run(main)
