"""Photographs as people have them: a scene that differs from any other, in any size, mode and format."""

from pathlib import Path

import numpy as np
from PIL import Image

ORIENTATION = 0x0112
TURNED = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}


def scene(seed: int, width: int = 64, height: int = 48) -> Image.Image:
    """Large patches of colour: what is near in the picture is alike, as in a photograph."""
    patches = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize((width, height), Image.Resampling.BICUBIC)


def save(image: Image.Image, path: Path, orientation: int = 1) -> Path:
    """Held as the camera was held: shown upright, it is the image that was given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    if orientation > 1:
        exif[ORIENTATION] = orientation
        image = image.transpose(TURNED[orientation])
    image.save(path, exif=exif)
    return path


def fill(folder: Path, first: int, count: int, suffix: str = ".jpg") -> None:
    for number in range(first, first + count):
        save(scene(number), folder / f"{number}{suffix}")
