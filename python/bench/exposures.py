"""What a model answers to photos as they are and under each shift, read as the monitor reads captures.

    expose(model, images, labels, shifts)  ->  Exposed

The artefact's own code answers, in the process that serves it in the local cloud; its answers are written as an
endpoint captures them, and read by `monitoring`. The records are more than a day apart, so that none counts as a repeat
of another: a photo and its copy stand for different photos. Each shift is read by itself, from the same day on: a year
has room for 350 photos, and a capture none for years beyond 2099.
"""

import contextlib
import http.client
import io
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench import captures
from bench.shifts import UNCHANGED, Shift
from core.console import UserError, track
from core.figures.baseline import Baseline
from localcloud.models.endpoints import DEFAULT_CODE, HOST, LOAD_SECONDS, PROGRAM
from monitoring.capture import Capture
from monitoring.window import Window, collect
from training import artefact

START, APART = datetime(2010, 1, 1, tzinfo=UTC), timedelta(hours=25)
PLACE = "model/endpoint/primary/2010/01/01/00/00-00-000-a.jsonl"
COLUMNS = ("times", "probabilities", "pictures", "unlikeness")  # of a window: a row per record

Ask = Callable[[bytes], tuple[str, str]]  # a PNG -> the answer and its content type


@dataclass(frozen=True)
class Exposed:
    window: Window  # the photos as they are, then those of each shift: a row each
    labels: np.ndarray  # of the photos
    shifts: Sequence[Shift]
    seed: int

    def first(self, shift: Shift) -> int:
        """The row of the first photo under this shift."""
        return len(self.labels) * (0 if shift is UNCHANGED else 1 + self.shifts.index(shift))


def expose(
    model: Path,
    baseline: Baseline,
    images: np.ndarray,
    labels: np.ndarray,
    shifts: Sequence[Shift],
    seed: int,
) -> Exposed:
    pictures = [encode(image) for shift in (UNCHANGED, *shifts) for image in shift.apply(images, seed)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        artefact.unpack(model, folder)
        with serve(folder, model) as ask:
            answers = [ask(png) for png in track(pictures, "answering", len(pictures))]
    parts = [slice(at, at + len(images)) for at in range(0, len(pictures), len(images))]
    windows = [read(pictures[part], answers[part], baseline) for part in parts]
    return Exposed(join(windows), labels, shifts, seed)


def encode(image: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


@contextlib.contextmanager
def serve(folder: Path, model: Path) -> Iterator[Ask]:
    """An unpacked artefact's own code, as an endpoint of the local cloud runs it; errors name the artefact."""
    with socket.create_server((HOST, 0)) as listener:
        port, descriptor = listener.getsockname()[1], listener.fileno()
        process = subprocess.Popen(
            [sys.executable, "-I", str(PROGRAM), str(descriptor), str(folder), DEFAULT_CODE],
            pass_fds=[descriptor],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    connection = http.client.HTTPConnection(HOST, port, timeout=LOAD_SECONDS)

    def ask(png: bytes) -> tuple[str, str]:
        try:
            connection.request("POST", "/invocations", png, {"Content-Type": "image/png"})
            reply = connection.getresponse()
            body = reply.read().decode()
        except TimeoutError as error:  # a model that cannot load is waited for
            raise UserError(f"{model} has not answered in {LOAD_SECONDS} s: can it be loaded?") from error
        except (OSError, http.client.HTTPException) as error:
            raise UserError(f"{model} does not answer: its process has ended") from error
        if reply.status != http.HTTPStatus.OK:
            said, _, _ = body.partition("\n")
            raise UserError(f"{model} does not answer: {said or reply.reason}")
        return body, reply.headers["Content-Type"]

    try:
        yield ask
    finally:
        connection.close()
        process.terminate()
        process.wait()


def read(pictures: Sequence[bytes], answers: Sequence[tuple[str, str]], baseline: Baseline) -> Window:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, PLACE)
        path.parent.mkdir(parents=True)
        lines = (
            captures.exchange(number, png, *answer, START + number * APART)
            for number, (png, answer) in enumerate(zip(pictures, answers, strict=True))
        )
        path.write_text("".join(lines))
        windows = [*collect(Capture(folder), baseline_of=lambda _: baseline).values()]
    count = sum(len(it.times) for it in windows)
    if count != len(pictures):
        raise UserError(f"of {len(pictures)} answers the monitor reads {count}: each is needed")
    (window,) = windows
    return window


def join(windows: Sequence[Window]) -> Window:
    """Their rows, one window's after the other's."""
    rows: dict[str, Any] = {name: np.concatenate([getattr(it, name) for it in windows]) for name in COLUMNS}
    return replace(windows[0], **rows)
