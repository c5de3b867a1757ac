"""Training: one network, a few epochs, on photos that are drawn."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.figures import Figure

EPOCHS = 5  # of the 90 that a model gets
OPTIONS = ("--members", "1", "--epochs", str(EPOCHS), "--min-accuracy", "0")


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        data, model = Path(folder, "data"), Path(folder, "model")
        quietly("training.stage", "--source", "sample", "--out", data)
        quietly("training.train", "--data", data, "--out", model, *OPTIONS)
        seconds = json.loads((model / "metrics.json").read_text())["train_seconds"]
        photos = len((data / "train.lst").read_text().splitlines())
    conditions = f"one network, {EPOCHS} epochs of {photos} photos"
    return [
        Figure("training_s", seconds, f"seconds to train {conditions}"),
        Figure("training_photos_per_s", EPOCHS * photos / seconds, "photos a second, of the same"),
    ]


def quietly(*command: object) -> None:
    subprocess.run([sys.executable, "-m", *map(str, command)], stdout=subprocess.DEVNULL, check=True)
