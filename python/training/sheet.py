"""A picture of what was taken: a row per class with some of its photographs, spread over them all.

draw(splits, info)  ->  an image; `training.stage` writes it beside the data set as sheet.png
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.dataset import Split

THUMB, GAP, HEADING = 112, 6, 26
SHOWN = 10  # of a class
WHITE, INK = (255, 255, 255), (40, 40, 45)


def draw(splits: dict[str, Split], classes: list[str]) -> Image.Image:
    row = THUMB + HEADING + GAP
    sheet = Image.new("RGB", (GAP + SHOWN * (THUMB + GAP), GAP + len(classes) * row), WHITE)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for label, name in enumerate(classes):
        top = GAP + label * row
        counts = ", ".join(f"{(rows.labels == label).sum()} {split}" for split, rows in splits.items())
        pen.text((GAP, top), f"{name}: {counts}", INK, font)
        for column, pixels in enumerate(choose(splits, label)):
            small = Image.fromarray(pixels).resize((THUMB, THUMB), Image.Resampling.BOX)
            sheet.paste(small, (GAP + column * (THUMB + GAP), top + HEADING))
    return sheet


def choose(splits: dict[str, Split], label: int) -> list[np.ndarray]:
    """Evenly out of all of a class, in the order of the splits."""
    places = [(rows, place) for rows in splits.values() for place in np.flatnonzero(rows.labels == label)]
    steps = np.linspace(0, len(places) - 1, min(SHOWN, len(places))).round().astype(int)
    return [places[step][0].images[places[step][1]] for step in steps]
