"""Images in S3, as the functions that need their bytes read them."""

import functools
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from core.contract.errors import AccessDenied, ImageNotFound, InvalidEvent, StorageUnavailable
from core.contract.images import check_size, content_type
from core.contract.shapes import Pointer
from core.network_faults import NETWORK_FAULTS

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 2, 5, 2  # at worst 15 s: a function that reads gets more


# At first use and not at import: a client takes another 45 to 90 ms on top of the 100 ms of `import boto3`.
@functools.cache
def s3() -> "S3Client":
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
    version: Any = {"VersionId": image.version} if image.version else {}
    try:
        with transient_by_name(image):
            response = s3().get_object(Bucket=image.bucket, Key=image.key, **version)
            with closing(response["Body"]) as body:
                check_size(response["ContentLength"], image)  # before a byte is read
                content = body.read()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in (404, 405):  # 405: it marks a deletion
            what = "version" if version else "object"
            raise ImageNotFound(f"{image}: there is no such {what}") from error
        if version and code == "InvalidArgument":
            raise InvalidEvent(f"{image}: version_id is none of S3's") from error
        if code == "AccessDenied":
            raise AccessDenied(f"{image}: the function's role may not read it") from error
        raise
    return content, response.get("VersionId")


@contextmanager
def transient_by_name(what: object) -> Iterator[None]:
    """What is S3's fault, and passes by itself, under the name by which it is tried again."""
    try:
        yield
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
            raise
        raise StorageUnavailable(f"{what}: {error}") from error
    except NETWORK_FAULTS as error:
        raise StorageUnavailable(f"{what}: {error}") from error
