"""What lies below a prefix, as lines of a result: what no model takes is refused here, before a job fails on it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from botocore.exceptions import ClientError

from core.console import UserError
from core.contract.errors import ImageNotFound, ImageTooLarge, NotAnImage
from core.contract.events import Pointer
from core.contract.images import check_size, content_type
from core.contract.lines import Line
from operations.transform.files import CONNECTIONS, Archive

FIRST_BYTES = 16  # enough to tell a PNG or a JPEG
REFUSALS = (ImageNotFound, ImageTooLarge, NotAnImage)


def list_photos(archive: Archive, prefix: str, model: str) -> Iterator[Line]:
    """A line for each object, with its version; one that is not to be sent to the model has an error already."""

    def look(thing: tuple[str, int]) -> Line:
        key, size = thing
        line = Line(key, model=model)
        try:
            return replace(line, version=version(archive, key, size))
        except REFUSALS as error:
            return replace(line, error=type(error).__name__)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        yield from pool.map(look, archive.objects(prefix))


def version(archive: Archive, key: str, size: int) -> str | None:
    """The version of an image that an endpoint would take. Its first bytes are read and no more."""
    image = Pointer(archive.bucket, key)
    check_size(size, image)
    if size == 0:
        content_type(b"", image)
    try:
        answer = archive.s3.get_object(Bucket=image.bucket, Key=key, Range=f"bytes=0-{FIRST_BYTES - 1}")
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            raise ImageNotFound(f"{image}: there is no such object") from error
        raise UserError(f"{image} cannot be read: {error}") from error
    content_type(answer["Body"].read(), image)
    return answer.get("VersionId")
