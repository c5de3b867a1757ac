"""A data set of an environment's bucket, brought here: many files at once, none that is here already.

    fetch("scones-prod-123456789012", "0123456789abcdef", Path("build/data/prod-0123456789abcdef"))

What was forgotten in the bucket since, goes here as well: else whoever uploads the folder would bring it back.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from core import sending
from core.console import UserError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

PREFIX = "data"
INFO = "dataset.json"


def is_there(client: "S3Client", bucket: str, dataset_id: str) -> bool:
    """Whole, for that file is sent last."""
    try:
        client.head_object(Bucket=bucket, Key=f"{PREFIX}/{dataset_id}/{INFO}")
    except ClientError as error:
        if error.response["Error"]["Code"] == "404":
            return False
        raise
    return True


def fetch(client: "S3Client", bucket: str, dataset_id: str, folder: Path) -> None:
    root = f"{PREFIX}/{dataset_id}/"
    sizes = {
        folder / item["Key"].removeprefix(root): item["Size"]
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=root)
        for item in page.get("Contents", ())
    }
    told = folder / INFO
    if told not in sizes:
        raise UserError(f"s3://{bucket}/{root} is not a data set: there is no {INFO}")

    def read(path: Path) -> bytes:
        key = root + path.relative_to(folder).as_posix()
        return client.get_object(Bucket=bucket, Key=key)["Body"].read()

    def get(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(read(path))

    info = read(told)
    same = told.is_file() and told.read_bytes() == info  # else what lies there is of something else
    for path in (it for it in folder.rglob("*") if it.is_file() and not (same and it in sizes)):
        path.unlink()
    wanted = [path for path, size in sizes.items() if not (path.is_file() and path.stat().st_size == size)]
    list(sending.send_all(get, [it for it in wanted if it != told], "fetching"))
    told.write_bytes(info)  # last, so that a folder that has it is whole
