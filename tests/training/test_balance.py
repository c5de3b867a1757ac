"""Classes with many photographs do not outvote those with few."""

import numpy as np
import pytest

from training import model


def test_photographs_of_a_class_count_by_how_few_they_are():
    labels = np.array([0] * 60 + [1] * 30 + [2] * 10)
    weights = model.weigh(labels, 3)
    assert weights is not None
    assert weights.numpy() * np.bincount(labels) == pytest.approx([100 / 3] * 3)


def test_classes_of_about_the_same_number_count_as_they_did():
    assert model.weigh(np.array([0] * 60 + [1] * 50), 2) is None
