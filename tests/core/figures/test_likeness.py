"""Pictures that are nearly the same have nearly the same hash, others have not."""

import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from core.figures import likeness
from training import sample


@pytest.fixture(scope="module")
def drawn():
    return sample.draw(200, 2).train.images


def changed(images, change):
    return np.stack([np.asarray(change(Image.fromarray(pixels)).convert("RGB")) for pixels in images])


def save_badly(picture):
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=75)
    return Image.open(content)


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: picture.resize((224, 150), Image.Resampling.BICUBIC),
        lambda picture: ImageEnhance.Brightness(picture).enhance(0.8),
        save_badly,
    ],
    ids=["other size and shape", "darker", "saved as a JPEG"],
)
def test_a_copy_is_like_its_original_and_like_no_other(drawn, change):
    both = likeness.hashes(drawn), likeness.hashes(changed(drawn, change))
    found = likeness.groups(np.concatenate(both))
    assert (found[:200] == np.arange(200)).all()
    assert (found[200:] == np.arange(200)).mean() > 0.9


def test_what_is_like_something_alike_belongs_to_the_first():
    chain = np.array([0b0, 0xFFFF_0000, 0b1111, 0b1111_1111, 0xFFFF_0001, 0b0], dtype=np.uint64)
    assert likeness.groups(chain).tolist() == [0, 1, 0, 0, 1, 0]
    assert likeness.groups(chain, near=0).tolist() == [0, 1, 2, 3, 4, 0]


def test_flat_pictures_are_alike_and_no_pictures_are_no_trouble():
    flat = np.stack([np.full((32, 32, 3), grey, dtype=np.uint8) for grey in (0, 7, 255)])
    assert likeness.groups(likeness.hashes(flat)).tolist() == [0, 0, 0]
    assert likeness.groups(likeness.hashes(flat[:0])).tolist() == []
