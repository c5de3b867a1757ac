"""Where labels went: the data sets that were made with them, and so the models."""

import json
from collections.abc import Collection, Iterator
from typing import Any

from core.console import UserError
from core.contract.labels import ENDING, FOLDER, WITHDRAWN
from core.label_store import list_keys
from operations import dataset_traces

SHEET = "dataset.json"


def find_keys(s3: Any, bucket: str) -> dict[str, str]:
    """Of all labels, by their names."""
    keys = [
        it for it in list_keys(s3, bucket, f"{FOLDER}/") if it.endswith(ENDING) and not it.endswith(WITHDRAWN)
    ]
    return {it.rpartition("/")[2].removesuffix(ENDING): it for it in keys}


def find_sets(s3: Any, bucket: str, names: Collection[str]) -> dict[str, int]:
    """Data sets that were made with some of these labels, and with how many."""
    found = {dataset: len({*labels} & {*names}) for dataset, labels in read_all(s3, bucket).items()}
    return {dataset: count for dataset, count in sorted(found.items()) if count}


def read_all(s3: Any, bucket: str) -> dict[str, list[str]]:
    """The labels of each data set."""
    return {dataset: read_names(s3, bucket, dataset) or [] for dataset in list_sets(s3, bucket)}


def list_sets(s3: Any, bucket: str) -> Iterator[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=dataset_traces.FOLDER, Delimiter="/"
    )
    for page in pages:
        yield from (it["Prefix"].split("/")[1] for it in page.get("CommonPrefixes", ()))


def read_names(s3: Any, bucket: str, dataset: str) -> list[str] | None:
    """A data set's labels; none of one that was made of none, and None if there is no such set."""
    key = f"{dataset_traces.FOLDER}{dataset}/{SHEET}"
    try:
        content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
    try:
        names: list[str] = json.loads(content).get("labels", [])
    except (ValueError, AttributeError) as error:
        raise UserError(f"s3://{bucket}/{key} cannot be read: {error}") from error
    return names
