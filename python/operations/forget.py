"""Remove a photo everywhere: `python -m operations.forget ENV --photo ID [--confirm ENV]`.

ID is the photo's id in the register, or a key in the environment's bucket: then all that this key ever held. Without
--confirm it only says what there is. What is removed: the object's versions, its records in captures, copies in data
sets, labels with their copies, who looked at it and who decided it. The models that were trained on it are named, and
stay; people who decide see no photographs of these any more. The register keeps that it was done, and when there was an
execution of it. That comes last, and the object just before, so that a run that was interrupted is begun again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from core import arguments
from core.console import UserError, out, run, visible
from core.contract import answered_items, register
from core.contract.events import Pointer
from core.contract.shapes import Json
from monitoring.places import Period
from monitoring.results import RESULTS
from operations import (
    capture_traces,
    dataset_traces,
    forgotten,
    label_traces,
    object_versions,
    origin_traces,
    photo_register,
    terraform,
)
from operations.capture_traces import Held, Sought
from operations.dataset_traces import Picture, Trained
from operations.object_versions import Version
from operations.photo_story import PHOTO_ID, WHAT_IT_IS, read_key, read_name, read_time

# What lies there is the project's own, and no photo.
OWN_FOLDERS = (
    capture_traces.FOLDER,
    dataset_traces.FOLDER,
    dataset_traces.MODELS,
    dataset_traces.RUNS,
    label_traces.FOLDER,
    "deployments/",  # of delivery, which stands above
    f"{RESULTS.partition('/')[0]}/",
)
UNWRITTEN = timedelta(hours=1)  # nobody says how long an endpoint keeps what it captured to itself


@dataclass(frozen=True)
class Found:
    key: str
    sought: Sought
    items: list[Json]
    versions: list[Version]
    periods: list[Period]  # of which captures were looked into
    captures: list[Held]
    pictures: frozenset[Picture]  # that were found of it
    labels: list[Version]  # what people said of it, with copies
    copies: list[Version]
    origins: list[Version]  # files of data sets that say of which label a picture is
    trained: Trained
    guidelines: list[Version]  # of these models
    reviewed: list[str]  # ids of photos that people had before them

    @property
    def sets(self) -> set[str]:
        return dataset_traces.name_sets(it.key for it in self.copies)


def main() -> None:
    parser = arguments.Parser("operations.forget", __doc__)
    parser.add_argument("env", help="the environment: local, staging or prod")
    parser.add_argument("--photo", default="", help="its id in the register, or its key in the bucket")
    parser.add_argument("--confirm", default="", help="the environment's name again: remove it")
    parser.add_argument(
        "--all-captures",
        action="store_true",
        help="look into all since it came, not only its executions' hours",
    )
    options = parser.parse_args()
    env, photo = options.env, read_name(options.photo)
    if options.confirm not in ("", env):
        raise UserError(f"CONFIRM={options.confirm} is not {env}: nothing was removed")
    try:
        forget(env, photo, bool(options.confirm), options.all_captures)
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"photo {photo!r} of {env} cannot be forgotten: {error}") from error


def forget(env: str, photo: str, confirmed: bool, all_captures: bool) -> None:
    table, bucket = photo_register.open_table(env), terraform.data_bucket(env)
    s3 = boto3.client("s3")
    found = find(s3, table, env, bucket, read_key(photo, bucket), all_captures)
    for line in describe(found, bucket):
        out.print(visible(line))
    some_hours = any(it.until for it in found.periods)
    one = found.sought.key is None
    # Asked before anything is removed: what AWS refuses is then no half of it.
    labelled = bool(found.labels or found.origins)
    remains = list(forgotten.list_remains(env, bucket, bool(found.captures), some_hours, one, labelled))
    if confirmed:
        try:
            remove(s3, table, bucket, found)
        except BaseException:
            out.print("It broke off, and some of this may be left: do the same again.")
            raise
    out.print("All of this is removed. What remains:" if confirmed else "What would remain:")
    for line in remains:
        out.print(f"  {line}")
    if any(datetime.now(UTC) - read_last(it) < UNWRITTEN for it in found.items):
        out.print(
            "What was captured or said of it last may not be written yet: do this again in an hour, by the photo's id."
        )
    if not confirmed:
        out.print(f"Nothing was removed. To remove all of it, give CONFIRM={env} as well.")


def find(s3: Any, table: Any, env: str, bucket: str, photo: str, all_captures: bool) -> Found:
    """All that there is of it; a photo that is still on its way is refused."""
    key, items, whole, ids = photo, [], True, set()
    if PHOTO_ID.fullmatch(photo):
        key, ids = "", {photo}
        # Labels outlive the register's items, and the photos.
        if item := photo_register.find(table, photo):
            if item["s3_bucket"] != bucket:
                raise UserError(f"photo {photo} lies in the bucket {item['s3_bucket']}, which is not {env}'s")
            # Of one that is forgotten there may be captures that were written since.
            key, items = item.get("s3_key", ""), [item]
        elif not label_traces.find(s3, bucket, ids):
            raise UserError(
                f"the register of {env} has no photo {photo!r}, and no label is of it: give its key, like "
                "incoming/photo.png"
            )
        # The photo has the key for itself: it came without a version, or by the API.
        whole = bool(key) and Pointer(bucket, key).id == photo
    if key.startswith(OWN_FOLDERS):
        raise UserError(f"{key!r} is no photo: what lies in that folder is the project's own")
    if whole:
        # The one that was named comes last: closed, it would not lead a second run to the others.
        items = sorted(photo_register.list_of_key(table, bucket, key), key=lambda it: it["id"] == photo)
    check_ended(env, items)
    versions = list(object_versions.list_of_key(s3, bucket, key)) if key else []
    if versions and not whole:
        own = [it for it in versions if it.number == items[0]["version_id"]]
        others = [it for it in versions if it.size is not None and it not in own]
        versions = own if others else versions  # delete markers hide nothing then
    ids |= {it["id"] for it in items}
    if whole:
        ids |= {Pointer(bucket, key, it).id for it in ("", *(it.number for it in versions))}
    sought = Sought(frozenset(ids), key if whole else None)
    periods = choose_periods(items, versions, all_captures)
    captures = list(capture_traces.find(s3, bucket, sought, periods))
    pictures = {image for it in captures for image in it.images}
    for it in versions:
        if it.size and (content := object_versions.read(s3, bucket, it)):
            pictures.add(dataset_traces.know(content))
    labels = label_traces.find(s3, bucket, ids)
    for it in labels:
        if it.size and label_traces.is_picture(it.key) and (content := object_versions.read(s3, bucket, it)):
            pictures.add(dataset_traces.know(content))
    copies = dataset_traces.find_copies(s3, bucket, pictures)
    if not (items or versions or captures or labels):
        raise UserError(f"{env} has nothing of {key!r}: {WHAT_IT_IS}")
    origins = origin_traces.find(s3, bucket, ids)
    sets = dataset_traces.name_sets(it.key for it in copies)
    trained = dataset_traces.find_models(s3, env, bucket, sets)
    guidelines = dataset_traces.find_guidelines(s3, bucket, trained.models)
    reviews = photo_register.open_reviews(table)
    reviewed = [it for it in sorted(ids) if photo_register.find_review(reviews, it)]
    return Found(
        key,
        sought,
        items,
        versions,
        periods,
        captures,
        frozenset(pictures),
        labels,
        copies,
        origins,
        trained,
        guidelines,
        reviewed,
    )


def check_ended(env: str, items: list[Json]) -> None:
    """What is removed under an execution's hands would come back in what it writes."""
    steps = boto3.client("stepfunctions")
    for item in items:
        try:
            # What a bulk run put there has none.
            status = (
                steps.describe_execution(executionArn=item["execution"])["status"]
                if "execution" in item
                else ""
            )
        except steps.exceptions.ExecutionDoesNotExist:
            status = ""
        # What failed gets its age from the sweep, which would not find it afterwards.
        ageless = item["state"] == register.FAILED and "expires" not in item
        on_its_way = item["state"] == register.CLAIMED or item.get("open") == register.UNTOLD
        if status in register.RUNNING or on_its_way or ageless:
            raise UserError(
                f"photo {item['id']} has not come to its end (make photo ENV={env} ID={item['id']} shows it): try "
                "again in a few minutes; nothing was removed"
            )


def choose_periods(items: list[Json], versions: list[Version], everything: bool) -> list[Period]:
    """The time of each photo's executions; without the register's word, or if asked for, all since the first came."""
    known = {it.get("version_id") for it in items}
    others = [it for it in versions if it.size is not None and it.number not in known]
    if everything or others or not items:
        came = [it.changed for it in versions if it.size is not None] + [
            it for item in items for it in read_moments(item)
        ]
        # A delete marker alone does not say when there was something to delete.
        return [Period(since=min((*came, *(it.changed for it in versions))) if came else None)]
    return [Period(min(it), max(it)) for it in map(read_moments, items)]


def read_moments(item: Json) -> list[datetime]:
    """When its executions did something."""
    others = ("forgotten_at", answered_items.LABELLING_AT)
    return [read_time(it) for name, it in item.items() if name.endswith("_at") and name not in others]


def read_last(item: Json) -> datetime:
    """When its executions, or people, did the last thing that something may be written of."""
    said = [read_time(item[it]) for it in (answered_items.LABELLING_AT,) if it in item]
    return max([*read_moments(item), *said])


def describe(found: Found, bucket: str) -> Iterator[str]:
    which = "all that this key ever held" if found.sought.key else "one version"
    before = "A photo that was forgotten before:" if found.items else "A photo of which labels are left:"
    yield f"s3://{bucket}/{found.key}, {which}:" if found.key else before
    yield f"  {len(found.versions)} versions and delete markers of the object"
    yield f"  {sum(it.records for it in found.captures)} records in {len(found.captures)} versions of capture files"
    yield f"  {len({it.key for it in found.labels})} files among the labels"
    yield f"  {len({it.key for it in found.copies})} files in data sets: {', '.join(sorted(found.sets)) or 'none'}"
    if found.origins:
        yield f"  {len(found.origins)} files in which data sets say where a picture of it came from"
    for item in found.items:
        yield f"  the register's item {item['id']}, of which stays that the photo was forgotten"
    for photo in found.reviewed:
        yield f"  who looked at {photo}, and who decided it"
    if not found.items:
        yield "  no item in the register, so that no record stays of this"
    trained = found.trained
    if found.sets:
        yield "Such a data set is incomplete afterwards: stage it again without the photo, under an id of its own."
    yield from (f"A model that was trained on it, and stays: {trained.mark(it)}" for it in trained.models)
    if found.guidelines:
        yield "Their guidelines, which may show it, are emptied: a model that is trained anew has one again."
    yield from (f"A run that trained on it, and whose artefact stays: {it}" for it in trained.runs)
    yield from (
        f"A model that does not say what it was trained on: {trained.mark(it)}" for it in trained.untold
    )


def remove(s3: Any, table: Any, bucket: str, found: Found) -> None:
    for item in found.items:
        forgotten.stop_labelling(table, item)
        forgotten.note(table, item, found.sets, found.trained.models)
    # Before the copies, by which a run that begins again finds the models.
    dataset_traces.empty(s3, bucket, found.guidelines)
    object_versions.remove(s3, bucket, found.copies)
    for it in found.origins:
        origin_traces.take_out(s3, bucket, found.sought.ids, it)
    for held in found.captures:
        capture_traces.take_out(s3, bucket, found.sought, held.version)
    photo_register.remove_reviews(table, found.reviewed)
    # After the copies, which are found by them.
    object_versions.remove(s3, bucket, found.labels)
    remove_late(s3, table, bucket, found)
    object_versions.remove(s3, bucket, found.versions)
    now = datetime.now(UTC)
    for item in found.items:
        if item["state"] != answered_items.FORGOTTEN:
            forgotten.close(table, item, now)


def remove_late(s3: Any, table: Any, bucket: str, found: Found) -> None:
    """What was written while the rest was removed: a label, or a data set with it."""
    ids = found.sought.ids
    object_versions.remove(s3, bucket, label_traces.find(s3, bucket, ids))
    copies = dataset_traces.find_copies(s3, bucket, found.pictures)
    for item in found.items:
        forgotten.note(table, item, dataset_traces.name_sets(it.key for it in copies), ())
    object_versions.remove(s3, bucket, copies)
    for it in origin_traces.find(s3, bucket, ids):
        origin_traces.take_out(s3, bucket, ids, it)


if __name__ == "__main__":
    run(main)
