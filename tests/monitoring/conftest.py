"""Capture records as SageMaker writes them."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

IMAGE = bytes(range(256)) * 12  # of the size that a small photograph has


def captured(
    time: str = "2024-10-16T09:36:38Z",
    output: str = "[0.94, 0.06]",
    encoding: str = "JSON",
    image: bytes | None = IMAGE,
    **metadata: Any,
) -> bytes:
    """One line of a capture file."""
    kind = {"JSON": "application/json", "CSV": "text/csv"}.get(encoding, "application/octet-stream")
    data = {
        "endpointOutput": {
            "observedContentType": kind,
            "mode": "OUTPUT",
            "data": output,
            "encoding": encoding,
        }
    }
    if image is not None:
        text = base64.b64encode(image).decode()
        data["endpointInput"] = {
            "observedContentType": "image/png",
            "mode": "INPUT",
            "data": text,
            "encoding": "BASE64",
        }
    event = {"eventId": "3f495fda-5c9e-410c-b736-a472cea3a65e", "inferenceTime": time, **metadata}
    line = {"captureData": data, "eventMetadata": event, "eventVersion": "0"}
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


@pytest.fixture(scope="session", name="captured")
def captured_fixture() -> Callable[..., bytes]:
    return captured


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[dict[str, bytes]], Path]:
    """Write files into a folder: `folder({"2024/10/16/09/a.jsonl": content})`."""

    def write(files: dict[str, bytes]) -> Path:
        for name, content in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(content)
        return tmp_path

    return write
