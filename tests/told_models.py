"""Models that answer as they are told, and staged photos that are hard or easy for them.

A photo is a plain colour: its red says which class it shows, its green how hard it is.
"""

import io
import json
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

CLASSES = ["bicycle", "motorcycle"]
DATASET = "0123456789abcdef"
CODE = """
import io, json
import numpy as np
from PIL import Image

EASY_UP_TO, FORGOTTEN, SURE, UNSURE_FROM = {easy}, {forgotten}, {sure}, {unsure_from}

def model_fn(folder):
    return None

def input_fn(body, content_type):
    return np.asarray(Image.open(io.BytesIO(body)))[0, 0]

def predict_fn(pixel, model):
    right = int(pixel[0] > 127)
    said = right if pixel[1] <= EASY_UP_TO and pixel[1] != FORGOTTEN else 1 - right
    sure = 0.6 if pixel[1] >= UNSURE_FROM else SURE
    return [sure if place == said else 1 - sure for place in range(2)]

def output_fn(prediction, accept):
    return json.dumps(prediction)
"""


def pack_model(
    path: Path,
    easy: int,
    sure: float = 0.99,
    labels: Sequence[str] = CLASSES,
    forgotten: int = -1,
    unsure_from: int = 256,
    **metrics: Any,
) -> Path:
    """An artefact that is right on photos up to so hard, but not on the forgotten ones."""
    files = {
        "code/inference.py": CODE.format(easy=easy, sure=sure, forgotten=forgotten, unsure_from=unsure_from),
        "labels.json": json.dumps(labels),
        "metrics.json": json.dumps({"recipe": "small", "dataset_id": DATASET, **metrics}),
        **dict.fromkeys(("baseline.json", "golden.json", "model.pt"), "{}"),
    }
    with tarfile.open(path, "w:gz") as tar:
        folder = tarfile.TarInfo("code")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(folder)
        for member, text in files.items():
            entry = tarfile.TarInfo(member)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return path


def stage_photos(
    data: Path,
    test: Sequence[int],
    live: Sequence[int] = (),
    waited: Sequence[int] = (),
    source: Callable[[int], str] = lambda _: "gate-1",
    hour: Callable[[int], int] = lambda _: 9,
    traffic: tuple[int, int] | None = None,
) -> Path:
    """How hard each picture is of the test, and live of what was accepted and of what waited; the classes by turns."""
    origins = {}
    for split, hardness in (("test", test), ("live", [*live, *waited])):
        (data / split).mkdir(parents=True)
        rows = []
        for number, hard in enumerate(hardness):
            label = number % 2
            name = f"{CLASSES[label]}_{number:03}.png"
            pixels = np.full((32, 32, 3), (255 * label, hard, number % 256), np.uint8)
            Image.fromarray(pixels).save(data / split / name)
            rows.append(f"{number}\t{label}\t{name}\n")
            if split == "live":
                at = f"2026-11-26T{hour(number):02}:05:00.000Z"
                stratum = "accepted" if number < len(live) else "waited"
                told = {"label": f"photo{number}-1", "source": source(number), "at": at}
                origins[name] = told | {"stratum": stratum}
        if hardness:
            (data / f"{split}.lst").write_text("".join(rows))
    info = {"dataset_id": DATASET, "source": "mine", "sha256": "", "classes": CLASSES}
    more = {"counts": {}, "seed": 0, "validation": 0.1}
    if traffic:
        more["traffic"] = dict(zip(("accepted", "waited"), traffic, strict=True))
    (data / "dataset.json").write_text(json.dumps({**info, **more}))
    (data / "origins.json").write_text(json.dumps(origins))
    return data
