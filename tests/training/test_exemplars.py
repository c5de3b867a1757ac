"""Which photographs people are shown of each class, and in which form."""

import base64
import io

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from tests.training.photographs import scene

from core.contract.guideline import is_one
from training import exemplars

CLASSES = ["bicycle", "motorcycle"]


def answers(*bicycle):
    """Of how probable a bicycle is."""
    return np.array([[share, 1 - share] for share in bicycle])


def decode(address):
    head, _, content = address.partition(";base64,")
    image = Image.open(io.BytesIO(base64.b64decode(content)))
    image.load()
    return head, image


@pytest.fixture
def photo(tmp_path):
    """Save a staged photo, a square with this side."""

    def save(side, number=0, **more):
        path = tmp_path / f"{number}.png"
        scene(number, side, side).save(path, **more)
        return path

    return save


def test_two_are_surest_right_and_two_are_least_sure():
    labels = np.array([0, 0, 1, 0, 0, 0, 0, 1, 1])
    found = answers(0.9, 0.99, 0.2, 0.55, 0.97, 0.02, 0.4, 0.01, 0.7)
    assert exemplars.choose(found, labels, 0) == {"good": [1, 4], "bad": [3, 6]}
    # The third was taken for a bicycle; nothing is both, and the surest mistake (row 5) is shown of neither kind.
    assert exemplars.choose(found, labels, 1) == {"good": [7, 2], "bad": [8]}


def test_of_few_photos_each_is_shown_once():
    assert exemplars.choose(answers(0.9), np.array([0]), 0) == {"good": [0], "bad": []}
    assert exemplars.choose(answers(0.1), np.array([0]), 0) == {"good": [], "bad": [0]}
    assert exemplars.choose(answers(0.9, 0.8, 0.7), np.array([0, 0, 0]), 0) == {"good": [0, 1], "bad": [2]}
    assert exemplars.choose(answers(0.9), np.array([0]), 1) == {"good": [], "bad": []}


def test_photos_of_which_it_is_as_sure_come_in_the_order_in_which_they_were_asked():
    rows = exemplars.choose(answers(*[0.8] * 6), np.zeros(6, int), 0)
    assert rows == {"good": [0, 1], "bad": [5, 4]}


def test_a_small_photo_is_shown_as_it_is(photo):
    path = photo(32)
    head, image = decode(exemplars.draw(path))
    assert (head, image.format, image.size) == ("data:image/png", "PNG", (32, 32))
    with Image.open(path) as original:
        assert np.array_equal(np.asarray(image), np.asarray(original.convert("RGB")))


@pytest.mark.parametrize(("side", "shown"), [(64, 64), (96, 96), (224, 128)])
def test_a_photograph_is_shown_in_few_bytes(photo, side, shown):
    address = exemplars.draw(photo(side))
    head, image = decode(address)
    assert (head, image.size) == ("data:image/png" if side == 64 else "data:image/jpeg", (shown, shown))
    assert len(address) < 20_000


def test_nothing_is_shown_that_stood_beside_the_pixels(photo):
    note = PngImagePlugin.PngInfo()
    note.add_text("Author", "somebody")
    for side in (32, 224):
        told = exemplars.draw(photo(side, pnginfo=note, icc_profile=b"a profile", exif=b"Exif\0\0where"))
        _, image = decode(told)
        assert not image.info.keys() & {"Author", "icc_profile", "exif"}
        assert b"somebody" not in base64.b64decode(told.partition(",")[2])


def test_each_class_has_its_pictures_and_the_same_photos_give_the_same_bytes(photo):
    photos = [photo(32, number) for number in range(4)]
    given = answers(0.9, 0.3, 0.2, 0.8), np.array([0, 0, 1, 1]), photos, CLASSES
    made = exemplars.make(*given)
    assert [*made["classes"]] == CLASSES
    assert made["classes"]["bicycle"] == {
        "good": [exemplars.draw(photos[0])],
        "bad": [exemplars.draw(photos[1])],
    }
    assert is_one(made) and made == exemplars.make(*given)


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        {"classes": []},
        {"classes": {}, "more": 1},
        {"classes": {"a": {"good": []}}},
        {"classes": {"a": {"good": [], "bad": ["https://example.com/a.png"]}}},
        {"classes": {"a": {"good": ["data:text/html;base64,AAAA"], "bad": []}}},
        {"classes": {"a": {"good": ["data:image/svg+xml;base64,AAAA"], "bad": []}}},
        {"classes": {"a": {"good": ["data:image/png;base64,AA\n"], "bad": []}}},
        {"classes": {"a": {"good": [1], "bad": []}}},
        {"classes": {"a": {"good": "data:image/png;base64,AAAA", "bad": []}}},
    ],
    ids=str,
)
def test_what_holds_more_than_pictures_is_no_guideline(content):
    assert not is_one(content)
