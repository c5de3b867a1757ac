"""Send a staged data set to S3: many files at once, none that is there already with the same content.

    upload(folder, "s3://bucket/data")      writes data/<dataset id>/...

dataset.json goes last, so that where it is, the data set is whole.
"""

from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from core import sending
from core.artefacts import split_address
from core.console import UserError
from training.dataset import read_info


def upload(folder: Path, address: str) -> str:
    """Send the data set below <address>/<dataset id>/ and return where it is."""
    bucket, prefix = split_address(address)
    root = "/".join(filter(None, [prefix, read_info(folder)["dataset_id"]]))
    info = folder / "dataset.json"
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != info)
    try:
        client = sending.connect()

        def send(path: Path) -> bool:
            content_type = "image/png" if path.suffix == ".png" else "text/plain"
            key = f"{root}/{path.relative_to(folder).as_posix()}"
            return sending.put(client, bucket, key, path.read_bytes(), content_type)

        sent = sum(sending.send_all(send, files)) + send(info)
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"cannot upload to s3://{bucket}/{root}: {error}") from error
    print(
        f"s3://{bucket}/{root}/: {sent} files sent, {len(files) + 1 - sent} were there with the same content"
    )
    return f"s3://{bucket}/{root}/"
