"""How fast captured data is read, on one core: records of the size that a real endpoint wrote (about 4 KB a line)."""

import base64
import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image

from bench.figures import Figure
from monitoring.capture import Capture
from monitoring.window import collect
from training import sample

LINES = 1_000  # in one file, of which the folder has many links
FILES = 50
MANY_FILES = 1_000
START = datetime(2026, 11, 1, tzinfo=UTC)
# In a process of its own, whose peak memory is its own too.
PEAK = """
import sys
from collections import deque
from bench import memory
from monitoring.capture import Capture
capture = Capture(sys.argv[1])
deque(capture, maxlen=0)
print(capture.records, memory.peak())
"""


@contextlib.contextmanager
def ready() -> Iterator[Callable[[], list[Figure]]]:
    with tempfile.TemporaryDirectory() as folder:
        some, many = Path(folder, "some"), Path(folder, "many")
        size = write(some, FILES) / LINES
        write(many, MANY_FILES)
        yield lambda: measure(some, many, size)


def measure(some: Path, many: Path, size: float) -> list[Figure]:
    plain = rate(lambda: sum(1 for _ in Capture(some)))
    pictures = rate(lambda: sum(len(w.times) for w in collect(Capture(some)).values()))
    records, megabytes = peak(many)
    return [
        Figure("capture_bytes_per_record", size, "B", "a line of the capture that is read here"),
        Figure("capture_records_per_s", plain, "/s", "records by one core, pictures not decoded"),
        Figure(
            "capture_records_per_s_with_images", pictures, "/s", "the same, with the pictures' statistics"
        ),
        Figure("capture_peak_mb", megabytes, "MB", f"the most that reading {records:,} records held"),
    ]


def write(folder: Path, files: int) -> int:
    """A capture of hourly folders with one file each: the same file, linked. The file's bytes."""
    first: Path | None = None
    for number in range(files):
        moment = START + timedelta(hours=number)
        path = folder / f"model/endpoint/primary/{moment:%Y/%m/%d/%H}/00-00-000-{number}.jsonl"
        path.parent.mkdir(parents=True)
        if first is None:
            first = path
            path.write_text("".join(line(number, png) for number, png in enumerate(pictures())))
        else:
            os.link(first, path)
    assert first is not None
    return first.stat().st_size


def pictures() -> list[bytes]:
    """Drawings as large as what the real endpoint was sent: 32x32, with an alpha channel."""
    images = sample.draw(LINES, 2, seed=0).train.images
    result = []
    for image in images:
        buffer = io.BytesIO()
        Image.fromarray(image).convert("RGBA").save(buffer, "PNG", compress_level=1)
        result.append(buffer.getvalue())
    return result


def line(number: int, png: bytes, start: datetime = START) -> str:
    confidence = 0.5 + (number % 500) / 1000
    answer = json.dumps([confidence, 1 - confidence])
    return exchange(number, png, answer, "application/json", start + timedelta(seconds=number))


def exchange(number: int, png: bytes, answer: str, kind: str, moment: datetime) -> str:
    """The line of a picture and of what was answered."""
    sides = {
        "endpointInput": {
            "observedContentType": "image/png",
            "mode": "INPUT",
            "data": base64.b64encode(png).decode(),
            "encoding": "BASE64",
        },
        "endpointOutput": {
            "observedContentType": kind,
            "mode": "OUTPUT",
            "data": answer,
            "encoding": "JSON",
        },
    }
    metadata = {
        "eventId": f"{number:08}-c9ea-4b2a-9c1e-000000000000",
        "inferenceTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
    }
    return (
        json.dumps(
            {"captureData": sides, "eventMetadata": metadata, "eventVersion": "0"}, separators=(",", ":")
        )
        + "\n"
    )


def rate(read: Callable[[], int]) -> float:
    started = time.process_time()
    return read() / (time.process_time() - started)


def peak(folder: Path) -> tuple[int, float]:
    """How many records were read, and the megabytes that it took."""
    command = [sys.executable, "-c", PEAK, str(folder)]
    records, megabytes = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    return int(records), float(megabytes)
