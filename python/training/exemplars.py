"""guideline.json: what photographs of each class look like, for the people who decide those that the model cannot.

    {"classes": {"bicycle": {"good": ["data:image/png;base64,..."], "bad": [...]}, ...}}

Of each class two that the model was surest of, and right, and two that it was least sure of, as are those that come
before people. Not those that it was surest of, and wrong: most often it is their label that is wrong. None of these is
a photograph that the network which answered was trained on.
"""

import base64
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from core.contract.shapes import Json
from core.figures import scores

GOOD, BAD = 2, 2  # of a class, or as many as there are
SIDE = 128  # pixels at most
SMALL = 64  # up to which nothing is lost
QUALITY = 80


def make(
    probabilities: np.ndarray, labels: np.ndarray, photos: Sequence[Path], classes: Sequence[str]
) -> Json:
    """The photos are staged ones, in the order of the answers to them."""
    return {
        "classes": {
            name: {
                kind: [draw(photos[row]) for row in rows]
                for kind, rows in choose(probabilities, labels, position).items()
            }
            for position, name in enumerate(classes)
        }
    }


def choose(probabilities: np.ndarray, labels: np.ndarray, position: int) -> dict[str, list[int]]:
    """Rows of the class at this position; none is both good and bad."""
    confidence, right = probabilities.max(axis=1), scores.correct(probabilities, labels)
    surest_first = [int(row) for row in np.argsort(-confidence, kind="stable") if labels[row] == position]
    good = [row for row in surest_first if right[row]][:GOOD]
    bad = [row for row in reversed(surest_first) if row not in good][:BAD]
    return {"good": good, "bad": bad}


def draw(photo: Path) -> str:
    """As an address that holds the picture itself, and nothing that stood beside its pixels."""
    with Image.open(photo, formats=["PNG"]) as opened:
        image = Image.fromarray(np.asarray(opened.convert("RGB")))
    image.thumbnail((SIDE, SIDE))
    kind, how = ("png", {"optimize": True}) if max(image.size) <= SMALL else ("jpeg", {"quality": QUALITY})
    content = io.BytesIO()
    image.save(content, kind, **how)
    return f"data:image/{kind};base64,{base64.b64encode(content.getvalue()).decode()}"
