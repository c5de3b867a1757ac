"""Training: one network, a few epochs, on photos that are drawn."""

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


@contextlib.contextmanager
def ready() -> Iterator[Callable[[], list[Figure]]]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data")
        quietly("training.stage", "--source", "sample", "--out", data)
        yield lambda: measure(data, Path(folder, "model"))


def measure(data: Path, model: Path) -> list[Figure]:
    quietly("training.train", "--data", data, "--out", model, *OPTIONS)
    seconds = json.loads((model / "metrics.json").read_text())["train_seconds"]
    photos = len((data / "train.lst").read_text().splitlines())
    return [
        Figure("training_s", seconds, "s", f"to train one network, {EPOCHS} epochs of {photos} photos"),
        Figure("training_photos_per_s", EPOCHS * photos / seconds, "/s", "photos, of the same"),
    ]


def quietly(*command: object) -> None:
    subprocess.run([sys.executable, "-m", *map(str, command)], stdout=subprocess.DEVNULL, check=True)
