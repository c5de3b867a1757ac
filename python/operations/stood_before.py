"""Which labels stood in a data set while it was known who had said them: after `person_days` that says who counts.

    find(s3, bucket, info)  ->  names of the labels of the data set that `info` is of, and of its versions

Of a version that no model came of they count too: else what people say would be lost, wherever no candidate is better
for that long. What one of these versions excludes does not, unless it is in the data set itself.
"""

import json
from typing import Any

from core.console import UserError
from core.contract.shapes import Json
from operations import label_uses
from operations.dataset_traces import FOLDER


def find(s3: Any, bucket: str, info: Json) -> set[str]:
    stood: set[str] = set()
    excluded: set[str] = set()
    for dataset in label_uses.list_sets(s3, bucket):
        told = read(s3, bucket, f"{FOLDER}{dataset}/{label_uses.SHEET}")
        if info["dataset_id"] in told.get("parents", ()):
            stood.update(told["labels"])
            excluded.update(told.get("excluded", ()))
    return {*info["labels"], *(stood - excluded)}


def read(s3: Any, bucket: str, key: str) -> Json:
    """Nothing of a set that is not whole."""
    try:
        told: Json = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        return {name: told.get(name, []) for name in ("parents", "labels", "excluded")}
    except s3.exceptions.NoSuchKey:
        return {}
    except (ValueError, AttributeError) as error:
        raise UserError(f"s3://{bucket}/{key} is no data set's ({error}): it was changed by hand") from error
