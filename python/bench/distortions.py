"""What light, lenses, sensors and mountings do to photos: uint8 (n, height, width, 3) -> the same shape and type.

Lengths are in pixels of a picture of 32, which is what the smaller network sees; of a larger one they are as many times
longer. What is random is random for each photo by itself, and the same again for the same seed.
"""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE = 32  # to which lengths refer
GREY = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def unchanged(images: np.ndarray, _chance: np.random.Generator) -> np.ndarray:
    return images


def clip(values: np.ndarray) -> np.ndarray:
    return values.round().clip(0, 255).astype(np.uint8)


def scaled(gain: float, middle: float = 0.0) -> Change:
    """Brightness, or around the middle contrast."""
    return lambda images, _: clip((images.astype(float) - middle) * gain + middle)


def noisy(levels: float, gain: float = 1.0) -> Change:
    return lambda images, chance: clip(images * gain + chance.normal(0, levels, images.shape))


def night(images: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Little light, and so the sensor's own noise."""
    return noisy(6, 0.15)(images, chance)


def fog(images: np.ndarray, _chance: np.random.Generator) -> np.ndarray:
    return clip(0.35 * images + 0.65 * 215.0)


def coloured(*matrix: tuple[float, float, float]) -> Change:
    return lambda images, _: clip(images.astype(float) @ np.array(matrix).T)


def grey(images: np.ndarray, _chance: np.random.Generator) -> np.ndarray:
    return clip(np.repeat((images @ GREY)[..., None], 3, axis=3))


def each(treat: Callable[[Image.Image], Image.Image]) -> Change:
    """Of changes that Pillow makes, photo by photo."""
    return lambda images, _: np.stack([np.asarray(treat(Image.fromarray(it))) for it in images])


def blurred(radius: float) -> Change:
    return each(lambda photo: photo.filter(ImageFilter.GaussianBlur(radius * photo.width / SIDE)))


def smeared(length: int) -> Change:
    """By a camera, or a vehicle, that moves sideways."""

    def smear(images: np.ndarray, _chance: np.random.Generator) -> np.ndarray:
        steps = range(length * images.shape[2] // SIDE)
        padded = np.pad(images.astype(float), ((0, 0), (0, 0), (0, len(steps) - 1), (0, 0)), "edge")
        return clip(np.mean([padded[:, :, step : step + images.shape[2]] for step in steps], axis=0))

    return smear


def covered(low: int, high: int) -> Change:
    """These rows of the picture are dark: something hangs before the lens."""

    def cover(images: np.ndarray, _chance: np.random.Generator) -> np.ndarray:
        side, result = images.shape[1], images.copy()
        result[:, low * side // SIDE : high * side // SIDE] = 25
        return result

    return cover


def dirt(images: np.ndarray, _chance: np.random.Generator) -> np.ndarray:
    """A soft dark spot, at the same place of every photo: it is on the lens."""
    down, across = (np.indices(images.shape[1:3]) + 0.5) * SIDE / images.shape[1]
    share = 1 / (1 + np.exp((np.hypot(down - 14, across - 20) - 8) / 1.0))[..., None]
    return clip(images * (1 - share) + share * np.array([55.0, 45.0, 35.0]))


def rain(images: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Twelve bright streaks, others in each photo."""
    unit, result = images.shape[1] / SIDE, []
    for image in images:
        photo = Image.fromarray(image)
        layer = Image.new("L", photo.size)
        for x, y, length in chance.uniform((0, -6, 6), (SIDE, SIDE, 14), (12, 3)) * unit:
            ImageDraw.Draw(layer).line((x, y, x - length / 4, y + length), 150, max(1, round(unit)))
        result.append(np.asarray(Image.composite(Image.new("RGB", photo.size, "white"), photo, layer)))
    return np.stack(result)


def jpeg(quality: int) -> Change:
    def squeeze(photo: Image.Image) -> Image.Image:
        kept = io.BytesIO()
        photo.save(kept, "JPEG", quality=quality)
        return Image.open(kept).convert("RGB")

    return each(squeeze)


def coarse(photo: Image.Image) -> Image.Image:
    """A quarter of the resolution."""
    small = photo.resize((photo.width // 4, photo.height // 4), Image.Resampling.BOX)
    return small.resize(photo.size, Image.Resampling.BILINEAR)


def peppered(images: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Every twentieth pixel is dead: black or white."""
    hit = chance.random(images.shape[:3]) < 0.05
    return np.where(
        hit[..., None], np.where(chance.random(images.shape[:3]) < 0.5, 0, 255)[..., None], images
    ).astype(np.uint8)


def black(images: np.ndarray, _chance: np.random.Generator) -> np.ndarray:
    return np.zeros_like(images)


def turned(degrees: float) -> Change:
    """What comes into view at the corners goes on as the edge was."""

    def turn(photo: Image.Image) -> Image.Image:
        border = photo.width // 2
        wide = np.pad(np.asarray(photo), ((border, border), (border, border), (0, 0)), "edge")
        around = Image.fromarray(wide).rotate(degrees, Image.Resampling.BILINEAR)
        return around.crop((border, border, border + photo.width, border + photo.height))

    return each(turn)


def nearer(photo: Image.Image) -> Image.Image:
    """The middle half of it fills the picture."""
    wide, high = photo.size
    return photo.crop((wide // 4, high // 4, wide - wide // 4, high - high // 4)).resize(
        photo.size, Image.Resampling.BILINEAR
    )


def farther(photo: Image.Image) -> Image.Image:
    """It is half as large, and its edge goes on around it."""
    small = np.asarray(photo.resize((photo.width // 2, photo.height // 2), Image.Resampling.BOX))
    down, across = photo.height - small.shape[0], photo.width - small.shape[1]
    border = ((down // 2, down - down // 2), (across // 2, across - across // 2), (0, 0))
    return Image.fromarray(np.pad(small, border, "edge"))


def screens(images: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """No photo: a white page with a title and lines of text."""
    result, side = np.full_like(images, 250), images.shape[1]
    for page in result:
        page[: side // 8] = chance.integers(30, 200, 3)
        for row in range(side // 5, side - 1, max(3, side // 10)):
            begin, end = side // 10, chance.integers(side // 3, side)
            ink = chance.random(end - begin) < 0.7
            page[row, begin:end][ink] = chance.integers(20, 110)
    return result


def mirrored(images: np.ndarray, _chance: np.random.Generator) -> np.ndarray:
    return images[:, :, ::-1].copy()


def on_its_side(images: np.ndarray, _chance: np.random.Generator) -> np.ndarray:
    return np.rot90(images, axes=(1, 2)).copy()


def upside_down(images: np.ndarray, _chance: np.random.Generator) -> np.ndarray:
    return images[:, ::-1, ::-1].copy()
