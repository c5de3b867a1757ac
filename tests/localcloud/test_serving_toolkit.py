"""AWS's own serving toolkit, in process, and the local model server give the same answers from the same artefact.

The toolkit is what SageMaker's PyTorch container calls for each request; TorchServe, which carries requests to it, is
left out. Of a traceback the frames differ, since each has its own below the artefact's code.
"""

import io
import logging
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from training import artefact
from training.inference import Classifier, Network

toolkit = pytest.importorskip(
    "sagemaker_pytorch_serving_container.handler_service", reason="needs sagemaker-pytorch-inference"
)

PNG, JPEG, X_IMAGE, JSON = "image/png", "image/jpeg", "application/x-image", "application/json"


def encode(mode: str = "RGB", kind: str = "PNG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    rough = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    content = io.BytesIO()
    Image.fromarray(rough).resize(size).convert(mode).save(content, kind, **options)
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
HUGE = encode("1", size=(9000, 9000))
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


class Context:
    """What TorchServe hands to the toolkit with a request, and is told of the answer."""

    def __init__(self, directory: Path, headers: dict[str, str]) -> None:
        self.model_name, self.system_properties = "model", {"model_dir": str(directory)}
        self.request_processor = [self]
        self.headers = headers
        self.status, self.phrase, self.content_type = 200, "", ""

    def get_request_properties(self) -> dict[str, str]:
        return self.headers

    def set_response_status(self, code: int, phrase: str) -> None:
        self.status, self.phrase = code, phrase

    def set_response_content_type(self, _index: int, content_type: str) -> None:
        self.content_type = content_type


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """The unpacked artefact."""
    folder = tmp_path_factory.mktemp("artefact")
    torch.manual_seed(1)
    artefact.write(folder, Classifier([Network(2), Network(2)], 0.8), ["a", "b"], {}, PICTURE, {})
    return folder


@pytest.fixture(scope="module")
def ask_toolkit(directory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", "")  # the toolkit sets it
        patch.syspath_prepend(directory / "code")
        service = toolkit.HandlerService()
        service.initialize(Context(directory, {}))

        def ask(body: bytes, headers: dict[str, str]) -> tuple[int, str, str, bytes]:
            context = Context(directory, headers)
            (answer,) = service.handle([{"body": body}], context)
            content = answer.encode() if isinstance(answer, str) else answer
            return context.status, context.phrase, context.content_type, content

        yield ask


@pytest.fixture(scope="module")
def ask_here(directory, serve):
    return serve(directory)


def test_they_agree_on_every_request(ask_toolkit, ask_here, subtests, caplog):
    caplog.set_level(logging.CRITICAL)  # the toolkit logs each traceback
    statuses = set()
    for name, (body, content_type, accept) in REQUESTS.items():
        given = {"Content-Type": content_type, "Accept": accept}
        headers = {header: value for header, value in given.items() if value is not None}
        expected = ask_toolkit(body, headers)
        served = ask_here("POST", "/invocations", body, **headers)
        with subtests.test(name):
            assert served.status == expected[0]
            assert served.content_type == expected[2]
            assert without_frames(served.body) == without_frames(expected[3])
            if served.status != 200:
                assert served.phrase == expected[1]
                assert served.phrase.isascii()
        statuses.add(served.status)
    assert statuses == {200, 400, 500}, "the requests are of all kinds"


def without_frames(body: bytes) -> list[bytes]:
    """Without what differs from process to process: frames, and where in memory a buffer is."""
    lines = [line for line in body.splitlines() if not line.startswith(b"  ")]
    return [re.sub(rb"0x[0-9a-f]+", b"0x", line) for line in lines]
