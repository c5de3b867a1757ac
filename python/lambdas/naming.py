"""The photo that an event is about, by all that an upload's event says: for events that leave some of it out."""

from dataclasses import replace

from botocore.exceptions import ClientError

from core.contract.errors import AccessDenied, InvalidEvent
from core.contract.events import Pointer, parse_pointer, parse_word
from core.contract.shapes import Json
from lambdas.reading import s3, transient_by_name

OF_DECISIONS = ("label", "decided_by", "decision")


def name_photo(body: Json) -> Json:
    """What the workflow starts with. Without a version the newest is meant, as it is now.

    A whole decision does not come here: half of one is no photo to be classified.
    """
    image = parse_pointer(body)
    if found := [name for name in OF_DECISIONS if name in body]:
        raise InvalidEvent(f"{image}: {', '.join(found)} without all else that a decision has")
    source, reference = parse_word(body, "source"), parse_word(body, "reference")
    if not image.version:
        image = replace(image, version=find_version(image))
    return {
        "s3_bucket": image.bucket,
        "s3_key": image.key,
        "version_id": image.version,
        "source": source or "",
        "reference": reference or "",
        "image_data": "",
        "inferences": [],
    }


def find_version(image: Pointer) -> str:
    """The newest. None in a bucket that keeps no versions, nor of an object that is not there: who reads it says so."""
    try:
        with transient_by_name(image):
            return s3().head_object(Bucket=image.bucket, Key=image.key).get("VersionId", "")
    except ClientError as error:
        # S3 answers this request without a body: its status is all there is.
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status == 404:
            return ""
        if status == 403:
            raise AccessDenied(f"{image}: the function's role may not read it") from error
        raise
