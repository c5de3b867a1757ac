"""Training and answering, alone and beside two processes that never rest: one network, a few epochs, drawn photos.

What waits busily for others takes the processor from itself: beside two busy processes on two cores a fair share is a
half, and so twice the time.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.figures import Figure

EPOCHS = 5  # of the 90 that a model gets
OPTIONS = ("--members", "1", "--folds", "1", "--epochs", str(EPOCHS), "--min-accuracy", "0")
# Answers are measured of what it leaves behind: two networks are trained, and one of them answers.
SIDE_BY_SIDE = ("--members", "1", "--folds", "2", *OPTIONS[4:])
BUSY = 2
REST = "two busy processes"
# As a container does it, in a process of its own; a model loads before photos come.
ANSWER = """
import sys, time
from pathlib import Path
from training import artefact, inference
folder, photos = Path(sys.argv[1]), [path.read_bytes() for path in sorted(Path(sys.argv[2]).glob("*.png"))]
artefact.unpack(folder / "model.tar.gz", folder / "unpacked")
model = inference.model_fn(str(folder / "unpacked"))
started = time.perf_counter()
for photo in photos:
    inference.predict_fn(inference.input_fn(photo, "image/png"), model)
print(1000 * (time.perf_counter() - started) / len(photos))
"""


@contextlib.contextmanager
def ready() -> Iterator[Callable[[], list[Figure]]]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data")
        quietly("training.stage", "--source", "sample", "--out", data)
        yield lambda: measure(data, Path(folder, "model"))


def measure(data: Path, model: Path) -> list[Figure]:
    alone = [train(data, model, OPTIONS), train(data, model, SIDE_BY_SIDE), answer(model, data)]
    with busy_processes():
        beside = [train(data, model, OPTIONS), train(data, model, SIDE_BY_SIDE), answer(model, data)]
    photos = len((data / "train.lst").read_text().splitlines())
    what = [
        ("training", "s", f"to train one network, {EPOCHS} epochs of {photos} photos"),
        (
            "training_folds",
            "s",
            f"to train two networks side by side, {EPOCHS} epochs of half of the photos each",
        ),
        ("answer", "ms", "an answer of one network, the mean of the test photos, one after the other"),
    ]
    figures = [Figure("training_photos_per_s", EPOCHS * photos / alone[0], "/s", "photos, of the same")]
    for (name, unit, meaning), one, other in zip(what, alone, beside, strict=True):
        figures += [
            Figure(f"{name}_{unit}", one, unit, meaning),
            Figure(f"{name}_beside_{unit}", other, unit, f"the same beside {REST}"),
            Figure(f"{name}_beside_over_alone", other / one, "x", f"its time beside {REST} over that alone"),
        ]
    return figures


def train(data: Path, model: Path, options: tuple[str, ...]) -> float:
    quietly("training.train", "--data", data, "--out", model, *options)
    return json.loads((model / "metrics.json").read_text())["train_seconds"]


def answer(model: Path, data: Path) -> float:
    words = [sys.executable, "-c", ANSWER, str(model), str(data / "test")]
    return float(subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True).stdout)


@contextlib.contextmanager
def busy_processes(number: int = BUSY) -> Iterator[list[subprocess.Popen[bytes]]]:
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(number)]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def quietly(*command: object) -> None:
    subprocess.run([sys.executable, "-m", *map(str, command)], stdout=subprocess.DEVNULL, check=True)
