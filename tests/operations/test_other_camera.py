"""The camera that changes in the demo's loop: what it makes of photos, and that no model has seen these."""

import json
import shutil

import numpy as np
import pytest

from core.console import UserError
from operations import other_camera
from operations.other_camera import DRAWINGS, FIRST, HELD
from training import dataset, sample, stage

CLASSES = ["bicycle", "motorcycle"]


@pytest.fixture
def drawings(staged_sample, tmp_path):
    return shutil.copytree(staged_sample, tmp_path / "data")


@pytest.fixture
def photographs(drawings):
    """For whoever reads dataset.json, these are none that could be drawn anew."""
    path = drawings / "dataset.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"source": "photos.tar.gz"}))
    return drawings


def pixels(*splits) -> list[bytes]:
    return [image.tobytes() for split in splits for image in split.images]


def test_it_is_darker_softer_and_noisier_and_the_same_for_the_same_seed():
    images = sample.draw(train=20, test=2).train.images
    seen = other_camera.see(images, seed=1, camera=DRAWINGS)
    assert (seen.shape, seen.dtype) == (images.shape, images.dtype)
    assert seen.mean() == pytest.approx(images.mean() * DRAWINGS.light, rel=0.05)
    assert (seen == other_camera.see(images, 1, DRAWINGS)).all()
    assert (seen != other_camera.see(images, 2, DRAWINGS)).any()
    flat = other_camera.see(np.full((1, 32, 32, 3), 200, np.uint8), 1, DRAWINGS)
    assert flat.std() == pytest.approx(DRAWINGS.noise, rel=0.1)
    edge = np.zeros((1, 32, 32, 3), np.uint8)
    edge[:, :, 16:] = 200
    across = other_camera.see(edge, 1, DRAWINGS).mean(axis=(0, 1, 3))
    assert 0.1 < across[15] / across[-1] < 0.9


def test_of_a_larger_photo_as_much_is_blurred():
    large = np.zeros((1, 224, 224, 3), np.uint8)
    large[:, :, 112:] = 200
    across = other_camera.see(large, 1, DRAWINGS).mean(axis=(0, 1, 3))
    assert 0.1 < across[109] / across[-1] < 0.5


def test_photos_that_can_be_drawn_are_drawn_anew_and_the_data_set_stays(drawings, tmp_path):
    before = dataset.read_info(drawings)
    other_camera.set_aside(drawings, tmp_path / "aside", first=30, held=20)
    assert dataset.read_info(drawings) == before
    first, held = (dataset.load(tmp_path / "aside", name) for name in (FIRST, HELD))
    assert (len(first.names), len(held.names)) == (30, 20)
    assert {*first.labels, *held.labels} == {0, 1}
    ours = pixels(first, held)
    known = pixels(*(dataset.load(drawings, name) for name in ("train", "validation", "test")))
    assert len({*ours}) == 50
    assert not {*ours} & {*known}


def test_photographs_are_taken_out_of_the_training_and_the_test_stays(photographs, tmp_path):
    parts = {name: dataset.load(photographs, name) for name in ("train", "validation", "test")}
    other_camera.set_aside(photographs, tmp_path / "aside", first=30, held=20)
    first, held = (dataset.load(tmp_path / "aside", name) for name in (FIRST, HELD))
    left = dataset.load(photographs, "train")
    assert (len(first.names), len(held.names)) == (30, 20)
    assert sorted(pixels(first, held, left)) == sorted(pixels(parts["train"]))
    for name in ("validation", "test"):
        assert dataset.load(photographs, name).listing() == parts[name].listing()
    info = dataset.read_info(photographs)
    assert info["source"] == "photos.tar.gz"
    assert info["counts"]["train"] == {name: int((left.labels == n).sum()) for n, name in enumerate(CLASSES)}
    assert stage.holds(photographs, info)


def test_few_photographs_are_all_needed_for_the_training(photographs, tmp_path):
    count = len(dataset.load(photographs, "train").names)
    with pytest.raises(
        UserError, match=rf"keeps {count} photographs .* bring at least {2 * count} to train on"
    ):
        other_camera.set_aside(photographs, tmp_path / "aside", first=count - 10, held=10)
    assert not (tmp_path / "aside").exists()
