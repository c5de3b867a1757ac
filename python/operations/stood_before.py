"""Which labels stood in a data set while it was known who had said them: after `person_days` that says who counts.

    find(s3, bucket, info)  ->  names of the labels of the data set that `info` is of, and of its versions

Of a version that no model came of they count too: else what people say would be lost, wherever no candidate is better
for that long. What one of these versions excludes does not, unless it is in the data set itself.
"""

from typing import Any

from core.console import UserError
from core.contract.shapes import Json
from training import stored_sets


def find(s3: Any, bucket: str, info: Json) -> set[str]:
    try:
        versions = [it for it in stored_sets.read_all(s3, bucket) if info["dataset_id"] in it.parents]
    except stored_sets.Broken as error:
        raise UserError(
            f"{error.address} is no data set's ({error.__cause__}): it was changed by hand"
        ) from error
    stood = {name for it in versions for name in it.labels}
    excluded = {name for it in versions for name in it.excluded}
    return {*info["labels"], *(stood - excluded)}
