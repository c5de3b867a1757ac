"""Figures of a picture that tell one camera, light or scene from another, as the network sees it.

    statistics([png, jpeg, None, b"broken"])  ->  float32 array (4, len(STATISTICS)); NaN rows for the last two
    look([png, jpeg, None, b"broken"])        ->  the same, and a hash of each by which one photo is known again

Each picture is brought to 32x32 RGB as code/inference.py does it, so what reduction hides from the network raises
no alarm either, and every picture costs the same. Width, height and aspect are those of the file, before rotation.
A picture that cannot be decoded, or that would take too much memory, is a row of NaN and never stops the rest.

Measured on one core of an AMD EPYC with Pillow's own PNG decoder taking most of it: 7,900 records a second from
capture files of real records with 32x32 PNGs. The worst picture of 16 megapixels took 190 MB and 0.8 s.
"""

import contextlib
import io
import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageOps

from core.figures import likeness

OF_PIXELS = ("brightness", "contrast", "saturation", "sharpness", "noise", "tilt", "warmth")
STATISTICS = (*OF_PIXELS, "width", "height", "aspect")
SIZE = 32
FLAT = 2  # levels of contrast: what has less shows nothing by which it could be told from another
BATCH = 256
FORMATS = ("PNG", "JPEG")  # what an endpoint takes
MAX_PIXELS = 16_000_000  # that have to be held in memory; a JPEG's decoder leaves most of them out
HALF_NORMAL_QUARTILE = 0.3186
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601


def statistics(images: Sequence[bytes | None]) -> np.ndarray:
    return look(images)[0]


def look(images: Sequence[bytes | None]) -> tuple[np.ndarray, np.ndarray]:
    """The statistics, and core.figures.likeness's hashes; 0 is none: no picture, or one that shows nothing."""
    rows = np.full((len(images), len(STATISTICS)), np.nan, dtype=np.float32)
    found = np.zeros(len(images), dtype=np.uint64)
    for start in range(0, len(images), BATCH):
        decoded = [
            (start + i, *seen) for i, b in enumerate(images[start : start + BATCH]) if (seen := decode(b))
        ]
        if decoded:
            places, pixels, sizes = zip(*decoded, strict=True)
            colours = np.frombuffer(b"".join(pixels), dtype=np.uint8).reshape(-1, SIZE, SIZE, 3)
            rows[list(places)] = measured = _measure(colours, np.array(sizes, dtype=np.float32))
            shows = measured[:, STATISTICS.index("contrast")] >= FLAT
            found[list(places)] = np.where(shows, likeness.hashes(colours), 0)
    return rows, found


def decode(body: bytes | None) -> tuple[bytes, tuple[int, int]] | None:
    """The pixels of the picture as the network sees it, and its own width and height; None if there is no picture."""
    if body is None:
        return None
    try:
        image = Image.open(io.BytesIO(body), formats=FORMATS)
        size = image.size
        if image.format == "JPEG" and not image.info.get(
            "progressive"
        ):  # whose decoder holds all of it anyway
            image.draft(None, (2 * SIZE, 2 * SIZE))
        if math.prod(image.size) > MAX_PIXELS:
            return None
        with contextlib.suppress(Exception):  # what is no EXIF turns nothing
            ImageOps.exif_transpose(image, in_place=True)
        return _reduce(image).tobytes(), size
    except Exception:  # decoders of untrusted bytes fail in many ways, all of them the picture's fault
        return None


def _reduce(image: Image.Image) -> Image.Image:
    image = keep_upper_bits(image)
    layered = image.has_transparency_data
    image = image.convert("RGBA" if layered else "RGB")
    if image.size != (SIZE, SIZE):
        image = image.resize((SIZE, SIZE), Image.Resampling.BOX, reducing_gap=2.0)
    if layered:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image


def keep_upper_bits(image: Image.Image) -> Image.Image:
    """Of 16 bits of grey the upper eight: Pillow would clip them at 255. Any other picture stays as it is."""
    if not image.mode.startswith("I"):
        return image
    return Image.fromarray((np.asarray(image).clip(0, 65535) >> 8).astype(np.uint8))


def _measure(colours: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """A row per picture."""
    # Not as a product of matrices: how that is rounded depends on the processor, and on how many threads share it.
    red, green, blue = (colours[..., channel] * weight for channel, weight in enumerate(LUMA))
    luma = red + green + blue
    width, height = sizes.T
    columns = {
        "brightness": brightness(luma),
        "contrast": contrast(luma),
        "saturation": saturation(colours),
        "sharpness": sharpness(luma),
        "noise": noise(luma),
        "tilt": tilt(luma),
        "warmth": warmth(colours),
        "width": width,
        "height": height,
        "aspect": aspect(width, height),
    }
    return np.stack([columns[name] for name in STATISTICS], axis=1)


def brightness(luma: np.ndarray) -> np.ndarray:
    """The mean luma, 0 to 255: ITU-R BT.601."""
    return luma.mean(axis=(1, 2))


def contrast(luma: np.ndarray) -> np.ndarray:
    """The standard deviation of luma, 0 to 127.5: rms contrast, Peli 1990, "Contrast in Complex Images"."""
    return luma.std(axis=(1, 2))


def saturation(colours: np.ndarray) -> np.ndarray:
    """The mean of (largest - smallest channel) / largest: HSV's, Smith 1978, "Color Gamut Transform Pairs"."""
    red, green, blue = (colours[..., channel] for channel in range(3))
    top = np.maximum(np.maximum(red, green), blue).astype(np.float32)
    bottom = np.minimum(np.minimum(red, green), blue)
    return ((top - bottom) / np.maximum(top, 1)).mean(axis=(1, 2))


def sharpness(luma: np.ndarray) -> np.ndarray:
    """How much of the detail is as fine as a pixel, whatever the contrast: rms of the Laplacian over the gradient's.

    The energies of both are measures of focus: Subbarao, Choi and Nikzad 1993, "Focusing Techniques".
    """
    across, down = np.diff(luma, axis=2), np.diff(luma, axis=1)
    laplacian = np.diff(across, axis=2)[:, 1:-1] + np.diff(down, axis=1)[:, :, 1:-1]
    return np.sqrt(_power(laplacian) / np.maximum(_power(across) + _power(down), 1))


def noise(luma: np.ndarray) -> np.ndarray:
    """The standard deviation of the noise, in levels: Immerkaer 1996, "Fast Noise Variance Estimation".

    Of his mask's responses it takes the lower quartile, where the scene is smooth: in small pictures his mean is
    mostly texture.
    """
    response = np.abs(np.diff(np.diff(luma, n=2, axis=2), n=2, axis=1)).reshape(len(luma), -1)
    quarter = response.shape[1] // 4
    return np.partition(response, quarter, axis=1)[:, quarter] / (6 * HALF_NORMAL_QUARTILE)


def tilt(luma: np.ndarray) -> np.ndarray:
    """The mean luma of the upper half less that of the lower, ITU-R BT.601: light comes from above."""
    middle = luma.shape[1] // 2
    return luma[:, :middle].mean(axis=(1, 2)) - luma[:, middle:].mean(axis=(1, 2))


def warmth(colours: np.ndarray) -> np.ndarray:
    """The mean of red less blue, in levels of sRGB (IEC 61966-2-1): the axis of light from candle to sky."""
    red, blue = (colours[..., channel].sum(axis=(1, 2), dtype=np.int64) for channel in (0, 2))
    return (red - blue) / math.prod(colours.shape[1:3])


def aspect(width: np.ndarray, height: np.ndarray) -> np.ndarray:
    """Width over height, of the file's pixels: PNG (ISO/IEC 15948) and JPEG (ISO/IEC 10918-1) headers."""
    return width / height


def _power(values: np.ndarray) -> np.ndarray:
    return np.square(values).mean(axis=(1, 2))
