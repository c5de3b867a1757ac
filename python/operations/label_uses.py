"""Where labels went: the data sets that were made with them, and so the models."""

from collections.abc import Collection
from typing import Any

from core.contract.labels import ENDING, FOLDER, WITHDRAWN
from core.label_store import list_keys
from training import stored_sets


def find_keys(s3: Any, bucket: str) -> dict[str, str]:
    """Of all labels, by their names."""
    keys = [
        it for it in list_keys(s3, bucket, f"{FOLDER}/") if it.endswith(ENDING) and not it.endswith(WITHDRAWN)
    ]
    return {it.rpartition("/")[2].removesuffix(ENDING): it for it in keys}


def find_sets(s3: Any, bucket: str, names: Collection[str]) -> dict[str, int]:
    """Data sets that were made with some of these labels, and with how many."""
    found = {it.dataset_id: len({*it.labels} & {*names}) for it in stored_sets.read_all(s3, bucket)}
    return {dataset: count for dataset, count in found.items() if count}
