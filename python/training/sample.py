"""Draw a data set of bicycles and motorcycles, and cars if asked, so that everything else runs without a download.

    archive = draw(train=850, test=150, seed=0)      in memory, as `training.archive` would read it
    archive = draw(classes=list(CLASSES))            cars too

The pictures are hard on purpose: small, dark, blurred, half hidden, mopeds that look like bicycles. One member
trained as `training.train` does on the default 850 was right on 0.965 of 600 others, and at least 0.93 sure of
0.91 of them. Drawing 1,000 takes about a second on one core.
"""

import hashlib
from collections.abc import Sequence
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from training.archive import Archive, Rows
from training.car import car
from training.dataset import SIZE
from training.vehicles import Colour, Pen, bicycle, motorcycle, paint, rider, shade

TRAIN, TEST = 850, 150
CLASSES = {"bicycle": bicycle, "motorcycle": motorcycle, "car": car}
DRAWN = ["bicycle", "motorcycle"]  # unless cars are asked for
WORDS = {  # CIFAR-100 names its pictures by the word they were searched with; a "bike" can be either
    "bicycle": ["bicycle", "bike", "cycle", "velocipede", "safety_bicycle", "ordinary_bicycle"],
    "motorcycle": ["motorcycle", "motorbike", "minibike", "moped", "trail_bike", "bike"],
    "car": ["car", "saloon", "hatchback", "estate_car", "van"],
}
SUPERSAMPLE = 4
CANVAS = SIZE * SUPERSAMPLE


def draw(train: int = TRAIN, test: int = TEST, seed: int = 0, classes: Sequence[str] = DRAWN) -> Archive:
    """A balanced data set; the same seed and classes give the same pictures."""
    dice = Random(seed)  # noqa: S311 no secret
    rows = {"train": _rows(train, dice, classes), "test": _rows(test, dice, classes)}
    digest = hashlib.sha256()
    for part in rows.values():
        digest.update(part.images.tobytes() + part.labels.tobytes() + "\n".join(part.names).encode())
    return Archive(list(classes), rows["train"], rows["test"], digest.hexdigest())


def _rows(count: int, dice: Random, classes: Sequence[str]) -> Rows:
    labels = [number % len(classes) for number in range(count)]
    dice.shuffle(labels)
    drawn = [classes[label] for label in labels]
    numbers = dice.sample(range(100_000), count)
    names = [f"{dice.choice(WORDS[c])}_s_{number:06}.png" for c, number in zip(drawn, numbers, strict=True)]
    images = np.stack([_picture(c, dice) for c in drawn])
    return Rows(images, np.array(labels, dtype=np.int64), names)


def _picture(class_name: str, dice: Random) -> np.ndarray:
    canvas = _background(dice)
    brush = ImageDraw.Draw(canvas)
    size = CANVAS * dice.triangular(0.32, 0.78, 0.62)
    pen = Pen(
        brush,
        origin=(CANVAS * dice.gauss(0.5, 0.06), CANVAS * dice.gauss(0.5, 0.05) + size * 0.42),
        size=size,
        tilt=dice.gauss(0, 0.12),
        turn=dice.triangular(-1.15, 1.15, 0),
        mirror=dice.random() < 0.5,
    )
    ridden = dice.random() < 0.3
    CLASSES[class_name](pen, dice)
    if ridden and class_name != "car":
        rider(pen, dice)
    for _ in range(dice.choices([0, 1, 2], [55, 30, 15])[0]):
        _clutter(brush, dice)
    return _photograph(canvas, dice)


def _background(dice: Random) -> Image.Image:
    """Sky and ground, a street, a wall, or a plain studio."""
    kind = dice.choice(["country", "street", "wall", "plain"])
    canvas = Image.new("RGB", (CANVAS, CANVAS), _surface(dice, kind == "plain"))
    brush = ImageDraw.Draw(canvas)
    horizon = round(CANVAS * dice.uniform(0.45, 0.8))
    if kind == "country":
        _band(brush, 0, horizon, shade((150, 190, 235), dice.uniform(0.6, 1.1)))
        _band(
            brush,
            horizon,
            CANVAS,
            shade(dice.choice([(90, 130, 60), (190, 170, 120), (120, 110, 95)]), dice.uniform(0.6, 1.2)),
        )
        for _ in range(dice.randint(0, 5)):
            x, width = dice.uniform(0, CANVAS), dice.uniform(6, 26)
            top = horizon - dice.uniform(5, 40)
            brush.ellipse(
                (x - width, top, x + width, horizon + 6), fill=shade((60, 95, 50), dice.uniform(0.5, 1.4))
            )
    elif kind == "street":
        for x in range(0, CANVAS, dice.choice([24, 36, 50])):
            brush.rectangle((x, 0, x + 50, horizon), fill=_surface(dice, False))
            for y in range(6, horizon, 22):
                brush.rectangle((x + 6, y, x + 14, y + 11), fill=shade((70, 80, 95), dice.uniform(0.5, 1.8)))
        _band(brush, horizon, CANVAS, shade((110, 110, 115), dice.uniform(0.5, 1.4)))
    elif kind == "wall":
        mortar = _surface(dice, False)
        step = dice.choice([8, 12, 18])
        for y in range(0, horizon, step):
            brush.line((0, y, CANVAS, y), fill=mortar)
            for x in range((y // step % 2) * step, CANVAS, 2 * step):
                brush.line((x, y, x, y + step), fill=mortar)
        _band(brush, horizon, CANVAS, _surface(dice, False))
    return canvas


def _band(brush: ImageDraw.ImageDraw, top: int, bottom: int, colour: Colour) -> None:
    """A strip that grows lighter downwards."""
    for y in range(top, bottom, 4):
        brush.rectangle((0, y, CANVAS, y + 4), fill=shade(colour, 0.85 + 0.3 * (y - top) / (bottom - top)))


def _surface(dice: Random, bright: bool) -> Colour:
    grey = dice.randint(185, 255) if bright else dice.randint(50, 220)
    red, green, blue = (min(255, max(0, grey + dice.randint(-25, 25))) for _ in range(3))
    return red, green, blue


def _clutter(brush: ImageDraw.ImageDraw, dice: Random) -> None:
    """Something in the way: a pole, a rail, a bush, a box."""
    colour, x = shade(paint(dice), dice.uniform(0.5, 1.1)), dice.uniform(0, CANVAS)
    match dice.choice(["pole", "rail", "bush", "box"]):
        case "pole":
            brush.rectangle((x, 0, x + dice.uniform(3, 9), CANVAS), fill=colour)
        case "rail":
            y = dice.uniform(0.5, 0.95) * CANVAS
            brush.rectangle((0, y, CANVAS, y + dice.uniform(2, 6)), fill=colour)
        case "bush":
            width, top = dice.uniform(10, 34), dice.uniform(0.5, 0.85) * CANVAS
            brush.ellipse(
                (x - width, top, x + width, CANVAS + 20), fill=shade((55, 95, 45), dice.uniform(0.5, 1.5))
            )
        case "box":
            width, top = dice.uniform(12, 46), dice.uniform(0.45, 0.85) * CANVAS
            brush.rectangle((x - width / 2, top, x + width / 2, CANVAS), fill=colour)


def _photograph(canvas: Image.Image, dice: Random) -> np.ndarray:
    """What a cheap camera makes of it: blur, light, contrast, a tint, noise, 32x32 pixels."""
    blurred = canvas.filter(ImageFilter.GaussianBlur(dice.triangular(0, 5, 1)))
    pixels = np.asarray(blurred.resize((SIZE, SIZE), Image.Resampling.BOX), dtype=np.float32)
    contrast, light = dice.uniform(0.45, 1.15), dice.triangular(0.35, 1.25, 1)
    tint = np.array([dice.uniform(0.9, 1.1) for _ in range(3)], dtype=np.float32)
    noise = np.random.default_rng(dice.getrandbits(32)).normal(0, dice.uniform(1, 11), pixels.shape)
    lit = ((pixels - 128) * contrast + 128) * light * tint + noise
    return lit.clip(0, 255).round().astype(np.uint8)
