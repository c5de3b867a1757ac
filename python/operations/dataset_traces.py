"""A photo in data sets, and the models that were trained on those.

`training.stage` names a photograph by its class and the digest of its pixels, so that a copy is known by its name,
whatever size and format the photo had. What was copied as it was (drawings, pictures of CIFAR-100) is known by its
content. A data set's sheet shows some of its photos, so it goes with any of them.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import artefacts, environment
from core.console import UserError
from core.contract import guideline
from operations import object_versions
from operations.object_versions import Version
from training import promote
from training.photo import Photo, Unreadable
from training.photo import read as look
from training.stage import SHEET

FOLDER, MODELS, RUNS = "data/", "models/", "jobs/"


@dataclass(frozen=True)
class Picture:
    """What a picture is known again by: there may be more of them than fit into memory."""

    digest: bytes
    size: int
    pixels: str  # as a data set has their digest; "" of what is no photograph


@dataclass(frozen=True)
class Trained:
    """By their places in the bucket, without what a place ends with."""

    models: list[str]
    runs: list[str]
    untold: list[str]  # models that do not say what they were trained on
    live: str | None

    def mark(self, model: str) -> str:
        return f"{model} (live)" if model == self.live else model


def know(content: bytes) -> Picture:
    return Picture(hashlib.sha256(content).digest(), len(content), digest_pixels(content))


def find_copies(s3: Any, bucket: str, pictures: Iterable[Picture]) -> list[Version]:
    # Nothing is a copy of an empty upload.
    digests = {it.digest: it.size for it in pictures if it.size}
    endings = tuple(f"_{it.pixels[:16]}.png" for it in pictures if it.pixels)
    versions = list(object_versions.list_versions(s3, bucket, FOLDER)) if digests else []

    def is_copy(it: Version) -> bool:
        if it.key.endswith(endings):
            return True
        if it.size not in digests.values():
            return False
        content = object_versions.read(s3, bucket, it)
        return content is not None and hashlib.sha256(content).digest() in digests

    keys = {it.key for it in versions if is_copy(it)}
    keys |= {f"{FOLDER}{it}/{SHEET}" for it in name_sets(keys)}
    return [it for it in versions if it.key in keys]


def name_sets(keys: Iterable[str]) -> set[str]:
    return {it.split("/")[1] for it in keys}


def digest_pixels(content: bytes) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "photo")
        path.write_bytes(content)
        try:
            return look(Photo(path, "", path.name)).digest
        except Unreadable:
            return ""


def find_models(s3: Any, env: str, bucket: str, sets: set[str]) -> Trained:
    if not sets:
        return Trained([], [], [], None)
    listed = [it["Key"] for it in list_objects(s3, bucket, MODELS) if it["Key"].endswith("/model.tar.gz")]
    trained_on = {it.rpartition("/")[0]: read_set(f"s3://{bucket}/{it}") for it in listed}
    live = promote.read_live(environment.model_file(env))
    place = live["artefact"].removeprefix(f"s3://{bucket}/").rpartition("/")[0] if live else None
    if live and place:
        trained_on[place] = live["dataset_id"]
    runs = [it["Key"] for it in list_objects(s3, bucket, RUNS) if it["Key"].endswith("/run.json")]
    return Trained(
        sorted(it for it, dataset in trained_on.items() if dataset in sets),
        sorted(it.rpartition("/")[0] for it in runs if read_run(f"s3://{bucket}/{it}") in sets),
        sorted(it for it, dataset in trained_on.items() if dataset is None),
        place,
    )


def find_guidelines(s3: Any, bucket: str, models: Iterable[str]) -> list[Version]:
    """What of these models' photographs is shown to people, by models that say none of their names."""
    keys = (f"{it}/{guideline.NAME}" for it in models)
    return [it for key in keys for it in object_versions.list_of_key(s3, bucket, key)]


def empty(s3: Any, bucket: str, guidelines: list[Version]) -> None:
    """An empty one is left, for the API asks for it; the artefact has it still, as it has what it learned."""
    for key in sorted({it.key for it in guidelines}):
        s3.put_object(Bucket=bucket, Key=key, Body=json.dumps({"classes": {}}).encode())
    object_versions.remove(s3, bucket, guidelines)


def read_run(location: str) -> str | None:
    """Which data set a training job had."""
    try:
        dataset: str = json.loads(artefacts.read(location))["dataset_id"]
    except (ValueError, KeyError, TypeError):
        return None
    return dataset


def read_set(location: str) -> str | None:
    """Which data set an artefact's own figures name; those of SageMaker's built-in algorithm have none."""
    try:
        dataset: str = artefacts.read_member(artefacts.read(location), "metrics.json", location)["dataset_id"]
    except (UserError, KeyError, TypeError):
        return None
    return dataset


def list_objects(s3: Any, bucket: str, prefix: str) -> Iterable[Any]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", ())
