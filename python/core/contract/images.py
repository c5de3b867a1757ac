"""Which images the workflow takes."""

from core.contract.errors import ImageTooLarge, NotAnImage
from core.contract.events import Pointer

MAX_IMAGE_BYTES = 6_291_456  # what InvokeEndpoint takes
MAGIC = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def check_size(size: int, image: Pointer) -> None:
    if size > MAX_IMAGE_BYTES:
        raise ImageTooLarge(f"{image}: {size} bytes, an endpoint takes {MAX_IMAGE_BYTES} at most")


def content_type(content: bytes, image: Pointer) -> str:
    """PNG or JPEG, by the first bytes: a file's name and declared type may say anything."""
    for magic, kind in MAGIC.items():
        if content.startswith(magic):
            return kind
    raise NotAnImage(f"{image}: {len(content)} bytes that are neither a PNG nor a JPEG image")
