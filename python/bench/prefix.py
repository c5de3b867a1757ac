"""How fast a whole prefix is classified: against the model alone, against one execution per image, and as it grows.

Everything runs in a local cloud on this machine, so that the model, the functions and the cloud itself share its
cores; in AWS each has its own. Each kind of work is done on the same drawings, one after the other.
"""

import contextlib
import io
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from bench import single
from bench.deployed import Deployed, deploy
from bench.figures import Figure
from operations.bulk_run import Run
from operations.client import Client, Photo
from training import artefact, evaluate, sample

PREFIX = "archive/bench/"
SIZES = {500: f"{PREFIX}1/1/", 2_000: f"{PREFIX}1/", 8_000: PREFIX}  # the larger ones hold the smaller ones
DRAWINGS = 100
WARM = 32  # images through the single path before it is measured
ONE_BY_ONE, AT_ONCE = 32, 64  # images through the single path: one after the other, and together
RAW_SECONDS = 3.0
UPLOADS_AT_ONCE = 8
LOOK_SECONDS = 0.5
POLL_SECONDS = 0.1  # the next photo must not wait to be sent, and a local cloud has no quotas


@contextlib.contextmanager
def ready() -> Iterator[Callable[[], list[Figure]]]:
    made, photos = deploy(), drawings()
    with made.inside(), tempfile.TemporaryDirectory() as folder:
        upload(photos)
        artefact.unpack(made.model, Path(folder))
        classify(SIZES[500])  # so that everything is warm
        upload_and_follow(photos[:WARM])
        yield lambda: measure(made, Path(folder), photos)


def measure(made: Deployed, model: Path, photos: list[bytes]) -> list[Figure]:
    before = raw(model, photos)
    rates = {size: size / classify(prefix) for size, prefix in SIZES.items()}
    one_by_one = ONE_BY_ONE / single.route(made, photos[:ONE_BY_ONE])
    at_once = per_second(AT_ONCE, lambda: upload_and_follow(photos[:AT_ONCE]))
    alone = (before + raw(model, photos)) / 2
    bulk = rates[max(SIZES)]
    return [
        Figure("bulk_raw_images_per_s", alone, "/s", "images by the model's own code alone, one by one"),
        *(
            Figure(f"bulk_images_per_s_{size}", rate, "/s", f"images of a bulk run of {size:,}, start to end")
            for size, rate in rates.items()
        ),
        Figure(
            "bulk_single_images_per_s", one_by_one, "/s", "images, an execution each, one after the other"
        ),
        Figure(
            "bulk_single_at_once_images_per_s", at_once, "/s", f"{AT_ONCE} uploads and executions, 16 at once"
        ),
        Figure("bulk_over_raw", bulk / alone, "x", "bulk against the model alone"),
        Figure("bulk_over_single", bulk / one_by_one, "x", "bulk against one execution after the other"),
        Figure("bulk_over_single_at_once", bulk / at_once, "x", "bulk against 16 executions at a time"),
        Figure(
            "bulk_growth",
            max(rates[500], rates[2_000]) / bulk,
            "x",
            f"time per image of {max(SIZES):,}, against the better of 500 and 2,000",
        ),
    ]


def drawings() -> list[bytes]:
    pictures = []
    for image in sample.draw(DRAWINGS, 2, seed=0).train.images:
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, "PNG")
        pictures.append(buffer.getvalue())
    return pictures


def upload(photos: list[bytes]) -> None:
    """Each photo many times over, in nested folders."""
    run = Run("local")

    def put(number: int) -> None:
        folder = next(prefix for size, prefix in SIZES.items() if number < size)
        key = f"{folder}{number:05}.png"
        run.s3.put_object(Bucket=run.bucket, Key=key, Body=photos[number % len(photos)])

    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        list(pool.map(put, range(max(SIZES))))


def raw(folder: Path, photos: list[bytes]) -> float:
    """Images a second of the artefact's code, as it serves."""
    code = evaluate.load_code(folder)
    model = code.model_fn(str(folder))
    started, done = time.monotonic(), 0
    while (took := time.monotonic() - started) < RAW_SECONDS:
        prediction = code.predict_fn(code.input_fn(photos[done % len(photos)], "image/png"), model)
        code.output_fn(prediction, "application/json")
        done += 1
    return done / took


def classify(prefix: str) -> float:
    """The seconds of a bulk run, in which every image has to be classified."""
    run = Run("local")
    run.start(prefix=prefix)
    while (ended := run.describe())["status"] == "RUNNING":
        time.sleep(LOOK_SECONDS)
    summary = json.loads(ended["output"])
    assert summary["images"] > 0 == summary["failed"], summary
    return (ended["stopDate"] - ended["startDate"]).total_seconds()


def upload_and_follow(photos: list[bytes]) -> None:
    """Route them as uploads, several at a time."""
    uploads = [Photo(f"{number}.png", photo) for number, photo in enumerate(photos)]
    ended = list(Client("local", POLL_SECONDS).route(uploads))
    assert {outcome.kind for outcome in ended} <= {"accepted", "review"}, ended


def per_second(images: int, work: Callable[[], None]) -> float:
    """Images a second."""
    started = time.monotonic()
    work()
    return images / (time.monotonic() - started)
