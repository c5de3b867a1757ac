"""The drawings: the same for a seed, balanced, and told apart by more than their names."""

from collections import Counter

import numpy as np

from training import archive, sample


def test_the_same_seed_draws_the_same_pictures_and_another_seed_others():
    first, again, other = (sample.draw(30, 10, seed) for seed in (1, 1, 2))
    assert first.sha256 == again.sha256 != other.sha256
    assert (first.train.images == again.train.images).all()
    assert first.train.names == again.train.names
    assert (first.train.images != other.train.images).any()


def test_the_data_set_is_as_large_as_the_real_one_and_balanced():
    drawn = sample.draw()
    assert drawn.train.images.shape == (850, 32, 32, 3) and drawn.train.images.dtype == np.uint8
    assert np.bincount(drawn.train.labels).tolist() == [425, 425]
    assert np.bincount(drawn.test.labels).tolist() == [75, 75]
    assert len({picture.tobytes() for picture in drawn.train.images}) == 850
    archive.check_names(drawn.train.names)
    archive.check_names(drawn.test.names)


def test_a_file_name_does_not_give_the_class_away():
    drawn = sample.draw(200, 2)
    bikes = Counter(
        label
        for name, label in zip(drawn.train.names, drawn.train.labels, strict=True)
        if name.startswith("bike_")
    )
    assert bikes[0] and bikes[1]


def test_the_classes_can_be_told_apart_by_a_plain_rule():
    """A motorcycle has a body: least squares on how much the pixels differ from their neighbours beats chance."""

    def features(images):
        grey = images.astype(float).mean(3)
        across, down = np.abs(np.diff(grey, axis=1)).mean(2), np.abs(np.diff(grey, axis=2)).mean(1)
        spread = (
            images.astype(float)
            .reshape(len(images), 16, 2, 16, 2, 3)
            .std((2, 4))
            .mean(3)
            .reshape(len(images), -1)
        )
        return np.hstack([across, down, spread, np.ones((len(images), 1))])

    drawn = sample.draw(600, 200)
    x, y = features(drawn.train.images), drawn.train.labels * 2 - 1
    weights = np.linalg.solve(x.T @ x + 1000 * np.eye(x.shape[1]), x.T @ y)
    hits = (features(drawn.test.images) @ weights > 0) == (drawn.test.labels == 1)
    assert hits.mean() > 0.58  # chance would need 3.5 times its standard error
