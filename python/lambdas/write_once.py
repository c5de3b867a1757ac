"""An object that is written if there is none of its name: whoever writes it first has written it."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from core.contract.errors import StorageUnavailable
from lambdas.reading import transient_by_name

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

EXISTS = "PreconditionFailed"
AT_THE_SAME_TIME = "ConditionalRequestConflict"  # another writer is at it


def write(client: "S3Client", bucket: str, key: str, content: bytes) -> bool:
    """Whether it was written; otherwise it has been there already."""
    try:
        with transient_by_name(key):
            client.put_object(Bucket=bucket, Key=key, Body=content, IfNoneMatch="*")
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == AT_THE_SAME_TIME:
            raise StorageUnavailable(f"{key}: {error}") from error
        if code != EXISTS:
            raise
        return False
    return True
