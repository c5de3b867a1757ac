"""The pictures beside metrics.json, for classes and mistakes of any number."""

from itertools import pairwise

import numpy as np
import pytest

from core.figures import scores
from training import plots

NAMES = ["bicycle", "motorcycle", "pickup_truck", "a-very-long-name-of-a-class", "bus"]
EDGE = 0.02  # inches


@pytest.mark.parametrize("classes", [2, 5])
def test_every_name_is_seen_whole_and_no_sheet_is_half_empty(classes):
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet([0.15] * classes, 60)
    labels = probabilities.argmax(axis=1)
    labels[:5] = (labels[:5] + 1) % classes
    images = np.zeros((60, 32, 32, 3), np.uint8)
    wrong = plots.mistakes(images, probabilities, labels, NAMES)
    confusion = plots.confusion_matrix(scores.confusion(probabilities, labels), NAMES[:classes])
    for figure in (confusion, wrong):
        figure.draw_without_rendering()
        drawn, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
        assert min(drawn.x0, drawn.y0, width - drawn.x1, height - drawn.y1) > -EDGE
    last = wrong.axes[-1].get_position()
    assert (len(wrong.axes), last.y0 < 0.2) == (5, True)
    boxes = [axes.title.get_window_extent() for axes in wrong.axes]
    assert not any(one.overlaps(other) for one, other in pairwise(boxes))


def test_no_accuracy_is_shown_above_one():
    probabilities, labels = np.array([[0.99, 0.01]] * 9 + [[0.7, 0.3]]), np.zeros(10, int)
    gate = {"threshold": 0.93, "coverage": 0.9, "selective_accuracy": 1.0}
    (axes,) = plots.coverage_against_accuracy(scores.coverage_curve(probabilities, labels), gate).axes
    assert axes.get_ylim()[1] < 1.01
