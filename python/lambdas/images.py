"""Images in S3, as the functions that need their bytes read them."""

import functools
from contextlib import closing
from typing import Any

import boto3
from botocore import exceptions
from botocore.config import Config
from botocore.exceptions import ClientError

from common import AccessDenied, ImageNotFound, ImageTooLarge, NotAnImage, Pointer, StorageUnavailable

MAX_IMAGE_BYTES = 6_291_456  # what InvokeEndpoint takes
CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 2, 5, 2  # at worst 15 s: a function that reads gets more
MAGIC = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
NETWORK_FAULTS = (exceptions.ConnectionError, exceptions.HTTPClientError, exceptions.IncompleteReadError)


# At first use and not at import: a client takes another 45 to 90 ms on top of the 100 ms of `import boto3`.
@functools.cache
def s3() -> Any:
    retries = {"total_max_attempts": ATTEMPTS, "mode": "standard"}
    config = Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries=retries)
    return boto3.client("s3", config=config)


def read_image(image: Pointer) -> bytes:
    """The object's bytes, if they are an image of a size that an endpoint accepts."""
    content, _ = read_version(image)
    content_type(content, image)
    return content


def read_version(image: Pointer) -> tuple[bytes, str | None]:
    """The object's bytes, if an endpoint accepts so many, and which version of it they are."""
    try:
        response = s3().get_object(Bucket=image.bucket, Key=image.key)
        with closing(response["Body"]) as body:
            check_size(response["ContentLength"], image)  # before a byte is read
            content = body.read()
    except ClientError as error:
        code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status == 404:
            raise ImageNotFound(f"{image}: there is no such object") from error
        if code == "AccessDenied":
            raise AccessDenied(f"{image}: the function's role may not read it") from error
        if status >= 500:
            raise StorageUnavailable(f"{image}: {error}") from error
        raise
    except NETWORK_FAULTS as error:
        raise StorageUnavailable(f"{image}: {error}") from error
    return content, response.get("VersionId")


def check_size(size: int, image: Pointer) -> None:
    if size > MAX_IMAGE_BYTES:
        raise ImageTooLarge(f"{image}: {size} bytes, an endpoint takes {MAX_IMAGE_BYTES} at most")


def content_type(content: bytes, image: Pointer) -> str:
    """PNG or JPEG, by the first bytes: a file's name and declared type may say anything."""
    for magic, kind in MAGIC.items():
        if content.startswith(magic):
            return kind
    raise NotAnImage(f"{image}: {len(content)} bytes that are neither a PNG nor a JPEG image")
