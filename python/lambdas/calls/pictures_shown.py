"""Where a photo's picture is for a person who decides: an address that lasts for minutes."""

from core.contract.shapes import Json
from lambdas.calls.api_settings import client

SECONDS = 300


def address(photo: Json) -> str:
    where = {"Bucket": photo["s3_bucket"], "Key": photo["s3_key"], "VersionId": photo["version_id"]}
    return client("s3").generate_presigned_url("get_object", where, SECONDS)
