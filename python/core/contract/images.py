"""Which images the workflow takes."""

from core.contract.errors import ImageTooLarge, NotAnImage
from core.contract.shapes import Pointer

MAX_IMAGE_BYTES = 6_291_456  # what InvokeEndpoint takes
MAGIC = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
# What else people have photos in: where its mark begins, and the mark.
OTHERS = {
    "GIF": (0, (b"GIF87a", b"GIF89a")),
    "TIFF": (0, (b"II*\0", b"MM\0*")),
    "WebP": (8, (b"WEBP",)),
    "HEIC": (4, (b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypmif1", b"ftypmsf1")),
    "AVIF": (4, (b"ftypavif",)),
}


def check_size(size: int, image: Pointer | str) -> None:
    if size > MAX_IMAGE_BYTES:
        raise ImageTooLarge(f"{image}: {size} bytes, an endpoint takes {MAX_IMAGE_BYTES} at most")


def content_type(content: bytes, image: Pointer | str) -> str:
    """PNG or JPEG, by the first bytes: a file's name and declared type may say anything."""
    for magic, kind in MAGIC.items():
        if content.startswith(magic):
            return kind
    for name, (start, marks) in OTHERS.items():
        if content.startswith(marks, start):
            raise NotAnImage(f"{image}: it is in the format {name}: save it as JPEG")
    raise NotAnImage(f"{image}: {len(content)} bytes that are neither a PNG nor a JPEG image")
