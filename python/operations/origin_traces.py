"""A photo in what versions of data sets say of it: from which label a picture came, and on which side one stood."""

import json
from collections.abc import Collection
from typing import Any

from core.contract.shapes import Json
from operations import object_versions
from operations.dataset_traces import FOLDER
from operations.object_versions import Version
from training import stored_sets
from training.dataset_versions import GONE, ORIGINS


def find(s3: Any, bucket: str, photos: Collection[str]) -> list[Version]:
    """Files that name one of these photos."""
    versions = (
        it
        for dataset in stored_sets.list_ids(s3, bucket)
        for name in (ORIGINS, GONE)
        for it in object_versions.list_of_key(s3, bucket, f"{FOLDER}{dataset}/{name}")
    )
    return [it for it in versions if it.size and names(read(s3, bucket, it), photos)]


def read(s3: Any, bucket: str, version: Version) -> Json:
    """Nothing of what is no such file."""
    try:
        told = json.loads(object_versions.read(s3, bucket, version) or b"{}")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def names(told: Json, photos: Collection[str]) -> bool:
    return any(photo_of(it) in photos for it in told.values())


def photo_of(it: Any) -> str:
    if not isinstance(it, dict):
        return ""
    return str(it["photo"]) if "photo" in it else str(it.get("label", "")).rpartition("-")[0]


def take_out(s3: Any, bucket: str, photos: Collection[str], version: Version) -> None:
    """Write the file without them, if it is the one that counts, then take this version away."""
    if version.latest:
        told = read(s3, bucket, version)
        rest = {name: it for name, it in told.items() if photo_of(it) not in photos}
        content = json.dumps(rest, indent=1, sort_keys=True) + "\n"
        s3.put_object(Bucket=bucket, Key=version.key, Body=content.encode())
    object_versions.remove(s3, bucket, [version])
