"""Send a staged data set to S3: many files at once, none that is there already with the same content.

    upload(folder, "s3://bucket/data")      writes data/<dataset id>/...

S3 keeps a SHA-256 beside each object, since an ETag says nothing about content under a KMS key. dataset.json
goes last, so that where it is, the data set is whole.
"""

import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from core.artefacts import split_address
from core.console import UserError, track
from training.dataset import read_info

WORKERS = 16


def upload(folder: Path, address: str) -> str:
    """Send the data set below <address>/<dataset id>/ and return where it is."""
    bucket, prefix = split_address(address)
    root = "/".join(filter(None, [prefix, read_info(folder)["dataset_id"]]))
    info = folder / "dataset.json"
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != info)
    try:
        client = boto3.client("s3", config=Config(max_pool_connections=WORKERS, retries={"mode": "standard"}))
        sent = sum(
            _send_all(
                client, bucket, {path: f"{root}/{path.relative_to(folder).as_posix()}" for path in files}
            )
        )
        sent += _send(client, bucket, info, f"{root}/{info.name}")
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"cannot upload to s3://{bucket}/{root}: {error}") from error
    print(
        f"s3://{bucket}/{root}/: {sent} files sent, {len(files) + 1 - sent} were there with the same content"
    )
    return f"s3://{bucket}/{root}/"


def _send_all(client: BaseClient, bucket: str, keys: dict[Path, str]) -> list[bool]:
    pool = ThreadPoolExecutor(WORKERS)
    try:
        futures = [pool.submit(_send, client, bucket, path, key) for path, key in keys.items()]
        return [future.result() for future in track(as_completed(futures), "uploading", len(futures))]
    finally:
        pool.shutdown(cancel_futures=True)  # after the first failure or Ctrl-C, do not send the rest


def _send(client: BaseClient, bucket: str, path: Path, key: str) -> bool:
    """Send one file, unless it is there with the same content; tell whether it was sent."""
    body = path.read_bytes()
    checksum = base64.b64encode(hashlib.sha256(body).digest()).decode()
    if _checksum(client, bucket, key) == checksum:
        return False
    content_type = "image/png" if path.suffix == ".png" else "text/plain"
    client.put_object(Bucket=bucket, Key=key, Body=body, ChecksumAlgorithm="SHA256", ContentType=content_type)
    return True


def _checksum(client: BaseClient, bucket: str, key: str) -> str | None:
    try:
        return client.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED").get("ChecksumSHA256")
    except ClientError as error:
        if error.response["Error"]["Code"] == "404":
            return None
        raise
