"""What a model is asked, of all kinds, and the artefact that answers: for servers that have to agree on the answers."""

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from training import artefact, unlikeness
from training.inference import Classifier, Network

PNG, JPEG, X_IMAGE, JSON = "image/png", "image/jpeg", "application/x-image", "application/json"


def encode(mode: str = "RGB", kind: str = "PNG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    rough = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    content = io.BytesIO()
    Image.fromarray(rough).resize(size).convert(mode).save(content, kind, **options)
    return content.getvalue()


def blank(side: int) -> bytes:
    """Many pixels in few bytes."""
    content = io.BytesIO()
    Image.new("1", (side, side)).save(content, "PNG")
    return content.getvalue()


def array(save: Any) -> bytes:
    content = io.BytesIO()
    save(content, np.zeros((1, 3, 32, 32), np.float32))
    return content.getvalue()


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


PICTURE, PHOTO = encode(), encode(kind="JPEG")
HUGE = blank(9000)
TOO_MANY_BYTES = b"x" * 6_553_501  # for TorchServe; it takes 6,553,500, and SageMaker hands on fewer
BODIES = {
    "a png": (PICTURE, PNG),
    "a jpeg": (PHOTO, JPEG),
    "a jpeg that is called a png": (PHOTO, PNG),
    "a png that is called an image": (PICTURE, X_IMAGE),
    "grey": (encode("L"), PNG),
    "black and white": (encode("1"), PNG),
    "16 bits": (encode("I;16"), PNG),
    "transparent": (encode("RGBA"), PNG),
    "a palette": (encode("P"), PNG),
    "one pixel": (encode(size=(1, 1)), PNG),
    "a strip": (encode(size=(3000, 7)), PNG),
    "progressive": (encode(kind="JPEG", progressive=True), JPEG),
    "four colours": (encode("CMYK", "JPEG"), JPEG),
    "turned": (encode(kind="JPEG", exif=turned()), JPEG),
    "a gif": (encode(kind="GIF"), PNG),
    "a bitmap": (encode(kind="BMP"), X_IMAGE),
    "nothing": (b"", PNG),
    "nothing, called json": (b"", JSON),
    "a text": ("nicht größer".encode(), PNG),
    "half a png": (PICTURE[:-200], PNG),
    "half a jpeg": (PHOTO[:400], JPEG),
    "only the first bytes": (PICTURE[:8], PNG),
    "too many pixels": (HUGE, PNG),
}
TYPES = {
    "no type": (PICTURE, None),
    "an empty type": (PICTURE, ""),
    "capitals": (PICTURE, "IMAGE/PNG"),
    "a parameter": (PICTURE, "image/png; charset=binary"),
    "a parameter without a space": (PICTURE, "image/png;charset=utf-8"),
    "a gif's type": (PICTURE, "image/gif"),
    "text": (b"a text", "text/plain"),
    "bytes": (PICTURE, "application/octet-stream"),
    "no real type": (PICTURE, "png"),
    "a foreign type": (PICTURE, "image/ü"),
    "json": (b"[[1, 2]]", JSON),
    "json with a charset": (PICTURE, "application/json; charset=utf-8"),
    "json that is no text": (PICTURE, JSON),
    "csv": (b"1,2\n", "text/csv"),
    "csv that is no text": (PICTURE, "text/csv"),
    "npy": (array(np.save), "application/x-npy"),
    "npz": (array(np.savez), "application/x-npz"),
}
ACCEPTED = (
    "",
    "*/*",
    JSON,
    "application/json; charset=utf-8",
    "application/json, */*",
    "text/csv",
    "application/x-npy",
    "application/x-npy, text/csv",
    "application/xml",
    "image/png",
)
REQUESTS = {name: (*request, None) for name, request in (BODIES | TYPES).items()}
REQUESTS |= {f"accepts {accept!r}": (PICTURE, PNG, accept) for accept in ACCEPTED}
REQUESTS |= {f"nothing, accepts {accept!r}": (b"", PNG, accept) for accept in ("text/csv", "*/*")}


def write_artefact(folder: Path) -> Path:
    """The unpacked artefact."""
    torch.manual_seed(1)
    networks = [Network(2).eval(), Network(2).eval()]
    some, others = np.random.default_rng(0).integers(0, 256, (2, 60, 32, 32, 3), dtype=np.uint8)
    known, _ = unlikeness.learn(networks, 2, [some, some], [others, others])
    artefact.write(folder, Classifier(networks, 0.8, unlikeness=known), ["a", "b"], {}, PICTURE, {}, {})
    return folder


def name_headers(content_type: str | None, accept: str | None) -> dict[str, str]:
    """The headers of a request, of those that it has."""
    given = {"Content-Type": content_type, "Accept": accept}
    return {header: value for header, value in given.items() if value is not None}


def without_frames(body: bytes) -> list[bytes]:
    """Without what differs from process to process: frames, and where in memory a buffer is."""
    lines = [line for line in body.splitlines() if not line.startswith(b"  ")]
    return [re.sub(rb"0x[0-9a-f]+", b"0x", line) for line in lines]
