"""What is measured of a picture, and that no picture stops the rest."""

import io
import re
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageFilter

from core.figures import pictures
from core.figures.likeness import NEAR
from core.figures.pictures import BATCH, STATISTICS, decode, statistics
from training import inference, sample


def encode(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def scene(mode: str = "RGB", size: tuple[int, int] = (90, 60)) -> Image.Image:
    """Soft shapes in many colours."""
    rough = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    return Image.fromarray(rough).resize(size, Image.Resampling.BICUBIC).convert(mode)


def claiming(width: int, height: int) -> bytes:
    """A PNG of one pixel whose header says otherwise."""
    content = encode(Image.new("RGB", (1, 1)))
    header = b"IHDR" + struct.pack(">II", width, height) + content[24:29]
    return content[:12] + header + struct.pack(">I", zlib.crc32(header)) + content[33:]


def transparent() -> Image.Image:
    picture = scene("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    return picture


def sixteen_bit() -> Image.Image:
    return Image.fromarray(np.asarray(scene("L")).astype(np.uint16) * 257)


DECODABLE = {
    "rgb": encode(scene()),
    "grey": encode(scene("L")),
    "palette": encode(scene("P")),
    "palette with transparency": encode(scene("P"), transparency=3),
    "alpha": encode(transparent()),
    "grey with alpha": encode(transparent().convert("LA")),
    "16 bits": encode(sixteen_bit()),
    "one bit": encode(scene("1")),
    "one pixel": encode(Image.new("RGB", (1, 1), (9, 99, 199))),
    "a row of pixels": encode(scene(size=(500, 1))),
    "animated": encode(scene(), save_all=True, append_images=[scene().rotate(180)]),
    "jpeg": encode(scene(), "JPEG", quality=95),
    "cmyk jpeg": encode(scene("CMYK"), "JPEG", quality=95),
    "progressive jpeg": encode(scene(), "JPEG", quality=95, progressive=True),
    "24 megapixels of jpeg": encode(scene(size=(6000, 4000)), "JPEG"),
}
UNDECODABLE = {
    "empty": b"",
    "no picture": b"something else",
    "truncated": encode(scene())[:-40],
    "truncated jpeg": encode(scene(), "JPEG")[:200],
    "gif, which no endpoint takes": encode(scene(), "GIF"),
    "bomb": claiming(60_000, 60_000),
    "claims more than it has": claiming(64, 64),
    "20 megapixels of png": encode(Image.new("L", (5000, 4000))),
    "24 megapixels of progressive jpeg": encode(Image.new("RGB", (6000, 4000)), "JPEG", progressive=True),
}


def column(rows: np.ndarray, name: str) -> np.ndarray:
    return rows[:, STATISTICS.index(name)]


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_no_picture_stops_the_rest():
    images = [*DECODABLE.values(), None, *UNDECODABLE.values(), DECODABLE["rgb"]]
    rows = statistics(images)
    known = np.isfinite(rows)
    assert known[: len(DECODABLE)].all()
    assert not known[len(DECODABLE) : -1].any()
    np.testing.assert_array_equal(rows[-1], rows[0])


@pytest.mark.parametrize("name", DECODABLE)
def test_what_is_measured_is_what_the_network_sees(name):
    """But for the corners that a decoder cuts in a large JPEG."""
    decoded = decode(DECODABLE[name])
    assert decoded is not None
    pixels, _ = decoded
    measured = np.frombuffer(pixels, np.uint8).reshape(32, 32, 3).astype(int)
    seen = np.asarray(inference.decode(DECODABLE[name])).astype(int)
    assert np.abs(measured - seen).mean() < (3 if "megapixels" in name else 0.5)


def test_size_and_aspect_are_those_of_the_file():
    rows = statistics([DECODABLE["rgb"], DECODABLE["24 megapixels of jpeg"]])
    assert column(rows, "width").tolist() == [90, 6000]
    assert column(rows, "height").tolist() == [60, 4000]
    assert column(rows, "aspect").tolist() == [1.5, 1.5]


def test_plain_pictures_have_the_figures_that_one_can_work_out():
    grey, red = Image.new("RGB", (32, 32), (100, 100, 100)), Image.new("RGB", (32, 32), (200, 50, 50))
    halves = Image.new("RGB", (32, 32))
    halves.paste((200, 200, 200), (0, 0, 16, 32))
    above = halves.rotate(-90)
    rows = statistics([encode(grey), encode(red), encode(halves)])
    assert column(rows, "tilt") == pytest.approx([0, 0, 0], abs=0.01)
    assert column(statistics([encode(above), encode(above.rotate(180))]), "tilt") == pytest.approx(
        [200, -200], abs=0.1
    )
    assert column(rows, "warmth") == pytest.approx([0, 150, 0], abs=0.01)
    assert column(rows, "brightness") == pytest.approx([100, 0.299 * 200 + 0.701 * 50, 100], abs=0.01)
    assert column(rows, "contrast") == pytest.approx([0, 0, 100], abs=0.01)
    assert column(rows, "saturation") == pytest.approx([0, 0.75, 0], abs=1e-3)
    assert column(rows, "noise") == pytest.approx([0, 0, 0], abs=1e-3)
    assert column(rows, "sharpness")[:2] == pytest.approx([0, 0], abs=1e-3)


def test_each_statistic_is_a_function_whose_docstring_names_its_source():
    luma = np.random.default_rng(0).uniform(0, 255, (3, 32, 32)).astype(np.float32)
    assert pictures.brightness(luma) == pytest.approx(luma.reshape(3, -1).mean(axis=1), rel=1e-5)
    assert pictures.contrast(luma) == pytest.approx(luma.reshape(3, -1).std(axis=1), rel=1e-5)
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]])  # Immerkaer's
    windows = np.lib.stride_tricks.sliding_window_view(luma, (3, 3), axis=(1, 2))
    response = np.abs((windows * kernel).sum(axis=(3, 4))).reshape(3, -1)
    quartile = np.sort(response, axis=1)[:, response.shape[1] // 4]
    assert pictures.noise(luma) == pytest.approx(quartile / (6 * 0.3186), rel=1e-3)
    assert pictures.aspect(np.array([90.0]), np.array([60.0])).tolist() == [1.5]
    upper = luma[:, :16].mean(axis=(1, 2)) - luma[:, 16:].mean(axis=(1, 2))
    assert pictures.tilt(luma) == pytest.approx(upper, rel=1e-3)
    for name in sorted({*STATISTICS} - {"width", "height"}):
        assert re.search(r"\d{3}", getattr(pictures, name).__doc__), f"{name} has no source"


@pytest.mark.parametrize(
    "values", [np.array([[0, 255, 256, 65535]], np.uint16), np.array([[-5, 300, 65535, 70000]], np.int32)]
)
def test_the_network_and_every_picture_of_a_page_keep_the_same_bits_of_grey(values):
    grey = Image.fromarray(values)
    kept = pictures.keep_upper_bits(grey)
    assert kept.mode == "L"
    assert kept.convert("RGB").tobytes() == inference.to_rgb(grey).tobytes()


@pytest.mark.parametrize("sigma", [5, 10, 20])
def test_noise_is_told_in_levels(sigma):
    flat = np.full((40, 32, 32, 1), 128) + np.random.default_rng(0).normal(0, sigma, (40, 32, 32, 1))
    pictures = np.round(flat).clip(0, 255).astype(np.uint8).repeat(3, axis=3)
    rows = statistics([encode(Image.fromarray(picture)) for picture in pictures])
    assert column(rows, "noise").mean() == pytest.approx(sigma, rel=0.05)


def test_sharpness_falls_with_blur_and_leaves_contrast_out():
    drawn = [Image.fromarray(picture) for picture in sample.draw(40, 1, seed=3).train.images]
    clear, blurred, pale = (
        column(statistics(list(map(encode, pictures))), "sharpness")
        for pictures in (
            drawn,
            [picture.filter(ImageFilter.GaussianBlur(1)) for picture in drawn],
            [picture.point(lambda level: 64 + level // 2) for picture in drawn],
        )
    )
    assert (blurred < 0.8 * clear).all()
    assert pale.mean() == pytest.approx(clear.mean(), rel=0.05)


def test_a_picture_is_measured_the_same_in_any_company():
    drawn = [encode(Image.fromarray(picture)) for picture in sample.draw(BATCH + 20, 1, seed=3).train.images]
    together = statistics([None, *drawn])
    alone = np.concatenate([statistics([picture]) for picture in drawn[-30:]])
    np.testing.assert_allclose(together[-30:], alone, rtol=1e-5)
    assert statistics([]).shape == (0, len(STATISTICS))


def test_a_photo_is_known_again_and_one_that_shows_nothing_never_is():
    rough = Image.fromarray(np.random.default_rng(1).integers(0, 256, (16, 16, 3), dtype=np.uint8))
    shot = rough.resize((96, 96), Image.Resampling.BICUBIC)
    black, dim = Image.new("RGB", (32, 32)), Image.new("RGB", (32, 32), (9, 9, 10))
    photos = [shot, shot.resize((300, 300)), shot.rotate(180), black, dim]
    again = [encode(shot, "JPEG", quality=80), b"broken", None]
    _, found = pictures.look([*map(encode, photos), *again])
    bits = [(int(found[0]) ^ int(other)).bit_count() for other in found]
    assert bits[0] == 0
    assert bits[1] <= NEAR
    assert bits[5] <= NEAR
    assert bits[2] > NEAR
    assert found[[3, 4, 6, 7]].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_phones_picture_is_measured_as_it_is_shown(orientation):
    """Else each that was taken with the phone on its head would be a drift of tilt."""
    shown = scene(size=(64, 64))
    turn = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = encode(shown.transpose(turn[orientation]), exif=exif)
    upright, turned = statistics([encode(shown), stored])
    assert turned == pytest.approx(upright, rel=1e-4)
