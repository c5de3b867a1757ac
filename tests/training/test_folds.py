"""Each photograph is answered by a network that was not trained on it."""

import numpy as np
import pytest

from core.console import UserError
from training import dataset, folds, sample


@pytest.fixture(scope="module")
def splits(staged_sample) -> tuple[dataset.Split, dataset.Split]:
    return dataset.load(staged_sample, "train"), dataset.load(staged_sample, "validation")


def test_each_photo_but_the_test_s_is_in_one_part_and_learned_from_by_all_the_others(
    splits: tuple[dataset.Split, dataset.Split],
):
    parts, photos = folds.split(*splits, folds=5, members=3, seed=0)
    everything = sorted(splits[0].names + splits[1].names)
    assert sorted(name for part in parts for name in part.unseen.names) == everything
    assert photos.names == [name for part in parts for name in part.unseen.names]
    for part in parts:
        assert sorted(part.seen.names + part.unseen.names) == everything
    pictures = dict(zip(splits[0].names, splits[0].images, strict=True))
    known = parts[3].unseen
    for name, image, label in zip(known.names, known.images, known.labels, strict=True):
        if name in pictures:
            assert np.array_equal(image, pictures[name])
            assert label == splits[0].labels[splits[0].names.index(name)]


def test_the_parts_have_as_many_of_each_class_and_as_many_at_all():
    labels = np.array([0] * 52 + [1] * 13 + [2] * 7)
    fold = folds.deal(labels, np.arange(len(labels)), 5, seed=0)
    assert set(np.bincount(fold)) == {14, 15}
    for label in range(3):
        counts = np.bincount(fold[labels == label], minlength=5)
        assert counts.max() - counts.min() <= 1
    assert np.array_equal(fold, folds.deal(labels, np.arange(len(labels)), 5, seed=0))
    assert not np.array_equal(fold, folds.deal(labels, np.arange(len(labels)), 5, seed=1))


def test_photos_that_are_nearly_the_same_are_in_one_part():
    """Bursts of five: a network that has learned from one of them knows the others."""
    drawn = sample.draw(24, 1, seed=3).train
    burst = np.repeat(np.arange(24), 5)
    images = np.clip(drawn.images[burst].astype(int) + np.tile(np.arange(5), 24)[:, None, None, None], 0, 255)
    names = [f"{number}.png" for number in range(120)]
    photos = dataset.Split(images.astype(np.uint8), drawn.labels[burst], names, list(range(120)))
    parts, _ = folds.split(
        dataset.choose(photos, np.arange(100)), dataset.choose(photos, np.arange(100, 120)), 3, 3, 0
    )
    for part in parts:
        seen, unseen = ({burst[number] for number in it.indices} for it in (part.seen, part.unseen))
        assert unseen and not seen & unseen


def test_with_one_fold_each_network_is_asked_about_the_validation_split(
    splits: tuple[dataset.Split, dataset.Split],
):
    parts, photos = folds.split(*splits, folds=1, members=2, seed=7)
    assert [(part.name, part.seed) for part in parts] == [("member-1-of-2", 7), ("member-2-of-2", 8)]
    assert all(part.seen is splits[0] and part.unseen is splits[1] for part in parts)
    assert photos is splits[1]


def test_more_folds_than_photos_of_a_class_are_refused(splits: tuple[dataset.Split, dataset.Split]):
    with pytest.raises(
        UserError, match="--folds 81 are too many: of one class there are 80 different photos"
    ):
        folds.split(*splits, folds=81, members=3, seed=0)
