"""A photo among the labels: what people said of it, copies of it beside that, and what was withdrawn."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Any

from core import label_store
from core.contract import answered_items, labels
from core.contract.labels import Label
from core.contract.shapes import Json
from operations import object_versions
from operations.object_versions import Version

FOLDER = f"{labels.FOLDER}/"


@dataclass(frozen=True)
class Told:
    """A label of a photo that the register has."""

    label: Label
    withdrawn: str  # why; nothing of one that stands


def find(s3: Any, bucket: str, photos: Collection[str]) -> list[Version]:
    """All that there is of them: the register may not know any more when something was said."""
    found = object_versions.list_versions(s3, bucket, FOLDER)
    return [it for it in found if photo_of(it.key) in photos]


def photo_of(key: str) -> str:
    return PurePosixPath(key).name.partition("-")[0]


def is_picture(key: str) -> bool:
    return not key.endswith(labels.ENDING)


def read(s3: Any, bucket: str, item: Json) -> Iterator[Told]:
    """Those of the photo with this item, by their numbers, which says on which days something was said of it."""
    told = [
        it
        for start in (answered_items.DECISION, answered_items.OPINION)
        for it in answered_items.numbered(item, start).values()
    ]
    keys = [
        key
        for day in sorted({date.fromisoformat(it["at"][:10]) for it in told})
        for key in label_store.list_keys(s3, bucket, f"{labels.of_day(day)}{item['id']}-")
        if key.endswith(labels.ENDING)
    ]
    content = {key: json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys}
    made = [Label.read(it) for key, it in content.items() if not key.endswith(labels.WITHDRAWN)]
    for label in sorted(made, key=lambda it: it.number):
        marker = content.get(labels.place(label.at, label.name, labels.WITHDRAWN), {})
        yield Told(label, marker.get("reason", ""))
