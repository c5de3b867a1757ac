"""Figures are said as a person says them: with a unit, and without digits that tell nothing."""

import json

import numpy as np
import pytest
from tests.builders import png

from core.figures import baseline, pictures
from core.figures.drift import IMAGES, assess
from core.figures.quantities import CLASS_MIX, ESTIMATE, QUANTITIES, compare, say
from core.figures.tally import CONFIDENCE, OUTSIDE, count

PHOTOS = [png(np.full((32, 32, 3), level, np.uint8)) for level in range(40, 240, 5)]
ANSWERS = np.array([[0.9, 0.1], [0.2, 0.8]] * (len(PHOTOS) // 2))


def test_every_statistic_can_be_said():
    assert {*IMAGES, CONFIDENCE, OUTSIDE, CLASS_MIX, ESTIMATE} == {*QUANTITIES}
    assert [say(name, 0.0) for name in ("width", "saturation", "noise")] == ["0 pixels", "0%", "0.0 of 255"]


@pytest.mark.parametrize(
    ("statistic", "now", "before", "always", "words"),
    [
        ("width", 1280.0, 32.0, True, "1,280 pixels on average, in training always 32"),
        ("width", 32.0, 32.0, True, "32 pixels, in training always 32"),
        ("brightness", 77.4, 130.2, False, "77 of 255 on average, in training 130"),
        ("saturation", 0.444, 0.445, False, "44% on average, in training 44%"),
    ],
)
def test_a_figure_stands_beside_that_of_training(statistic, now, before, always, words):
    assert compare(statistic, now, before, always) == words


def test_larger_photos_are_said_in_pixels_and_what_training_always_had_too():
    reference = baseline.load(
        bytes_of(baseline.make(ANSWERS, np.array([0, 1] * (len(PHOTOS) // 2)), PHOTOS, ["a", "b"], 0.93))
    )
    assert [reference.always(name) for name in ("width", "height", "brightness")] == [True, True, False]
    large = pictures.statistics(PHOTOS)
    large[:, pictures.STATISTICS.index("width")] = 1280
    said = assess(count(ANSWERS, large, reference.edges, 0.93), reference)
    words = {row.statistic: row.words for row in said.drift}
    assert words["width"] == (
        "width: 1,280 pixels on average, in training always 32; distance 1.00; not judged, as the model sees every "
        "photo in one size"
    )
    assert not {"width", "height", "aspect"} & {*said.moved, *said.untold}
    assert words["class mix"].startswith(
        "class mix: a 50% of the answers, in training 50%; difference 0 points, "
    )


def bytes_of(content: dict) -> bytes:
    return json.dumps(content).encode()
