"""A photo among the labels: what people said of it, copies of it beside that, and what was withdrawn."""

from collections.abc import Collection
from datetime import date
from pathlib import PurePosixPath
from typing import Any

from core import label_store
from core.contract import answered_items, labels
from core.contract.shapes import Json
from core.label_store import Labels
from operations import object_versions
from operations.object_versions import Version

FOLDER = f"{labels.FOLDER}/"


def find(s3: Any, bucket: str, photos: Collection[str]) -> list[Version]:
    """All that there is of them: the register may not know any more when something was said."""
    found = object_versions.list_versions(s3, bucket, FOLDER)
    return [it for it in found if photo_of(it.key) in photos]


def photo_of(key: str) -> str:
    return PurePosixPath(key).name.partition("-")[0]


def is_picture(key: str) -> bool:
    return not key.endswith(labels.ENDING)


def read(s3: Any, bucket: str, item: Json) -> Labels:
    """Those of the photo with this item, which says on which days something was said of it."""
    told = [
        it
        for start in (answered_items.DECISION, answered_items.OPINION)
        for it in answered_items.numbered(item, start).values()
    ]
    days = sorted({date.fromisoformat(it["at"][:10]) for it in told})
    prefixes = (f"{labels.of_day(day)}{item['id']}-" for day in days)
    return label_store.fetch(
        s3, bucket, (key for prefix in prefixes for key in label_store.list_keys(s3, bucket, prefix))
    )
