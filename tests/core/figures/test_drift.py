"""Drift is found, and its absence too: on held-out drawings always, on real photographs where there are some.

A sample is 500 pictures drawn with replacement, as an endpoint would have answered and captured them.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter
from tests.builders import png

from core.figures import baseline, pictures, scores
from core.figures.baseline import Baseline
from core.figures.drift import Assessment, assess
from core.figures.tally import count
from training import artefact, dataset, evaluate, sample
from training.inference import Classifier
from training.model import logits_of, train_member

CLASSES = ["bicycle", "motorcycle"]
SAMPLES, SIZE = 20, 500
VALIDATION = 84  # as many as 850 photographs leave


@dataclass
class HeldOut:
    """Pictures that the model has not seen, and what it answers to any."""

    baseline: Baseline
    images: np.ndarray
    labels: np.ndarray
    answer: Callable[[np.ndarray], np.ndarray]


@pytest.fixture(scope="session")
def drawings() -> HeldOut:
    """A model trained for a few seconds, and 400 drawings to hold out."""
    drawn = sample.draw(600, 400, seed=7)
    rows = dataset.Split(drawn.train.images, drawn.train.labels, drawn.train.names, [])
    train, validation = part(rows, slice(VALIDATION, None)), part(rows, slice(VALIDATION))
    torch.set_num_threads(1)  # two threads wait for each other where the processors are busy
    classifier = Classifier([train_member(train, validation, 2, epochs=20, seed=0).network])
    logits = logits_of(classifier, validation)
    classifier.temperature = scores.fit_temperature(logits, validation.labels)

    def answer(images: np.ndarray) -> np.ndarray:
        return scores.softmax(logits_of(classifier, dataset.Split(images, np.zeros(0), [], [])))

    answered = answer(validation.images)
    made = baseline.make(answered, validation.labels, list(map(png, validation.images)), CLASSES, 0.93)
    return HeldOut(baseline.load(json.dumps(made).encode()), drawn.test.images, drawn.test.labels, answer)


@pytest.fixture(scope="session")
def real_photographs(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> HeldOut:
    """The standard model as an endpoint runs it, and the test split."""
    model = photographs / "model" / "model.tar.gz"
    folder = tmp_path_factory.mktemp("artefact")
    artefact.unpack(model, folder)
    test = dataset.load(photographs / "data", "test")
    reference = baseline.from_artefact(model)
    assert reference is not None
    return HeldOut(
        reference,
        test.images,
        test.labels,
        lambda images: evaluate.answers(folder, list(map(png, images))),
    )


@pytest.fixture(params=["drawings", pytest.param("real_photographs", marks=pytest.mark.photographs)])
def held_out(request: pytest.FixtureRequest) -> HeldOut:
    return request.getfixturevalue(request.param)


def part(split: dataset.Split, rows: slice) -> dataset.Split:
    return dataset.Split(split.images[rows], split.labels[rows], split.names[rows], [])


def darkened(images: np.ndarray) -> np.ndarray:
    return np.round(images * 0.6).astype(np.uint8)


def blurred(images: np.ndarray) -> np.ndarray:
    return np.stack([np.asarray(Image.fromarray(i).filter(ImageFilter.GaussianBlur(1))) for i in images])


def noisy(images: np.ndarray) -> np.ndarray:
    added = np.random.default_rng(0).normal(0, 10, images.shape)
    return np.round(images + added).clip(0, 255).astype(np.uint8)


def assessments(held_out: HeldOut, images: np.ndarray, first_class: float | None = None) -> list[Assessment]:
    """What is said of each sample of these pictures, with this share of the first class if one is given."""
    dice = np.random.default_rng(1)
    answered = held_out.answer(images)
    measured = pictures.statistics(list(map(png, images)))
    found = []
    for _ in range(SAMPLES):
        rows = dice.integers(0, len(images), SIZE)
        if first_class is not None:
            pools = [np.flatnonzero(held_out.labels == label) for label in (0, 1)]
            rows = np.array([dice.choice(pools[int(dice.random() >= first_class)]) for _ in range(SIZE)])
        live = count(answered[rows], measured[rows], held_out.baseline.edges, 0.93)
        found.append(assess(live, held_out.baseline))
    return found


def test_unchanged_pictures_raise_no_alarm(held_out):
    alarms = [said.moved for said in assessments(held_out, held_out.images) if said.moved]
    assert len(alarms) <= 1, alarms


@pytest.mark.parametrize(
    ("change", "statistic"), [(darkened, "brightness"), (blurred, "sharpness"), (noisy, "noise")]
)
def test_changed_pictures_raise_an_alarm_that_names_what_moved(held_out, change, statistic):
    """40 % darker, blurred by a pixel, or with the noise of another camera, 10 of 255 levels."""
    said = assessments(held_out, change(held_out.images))
    assert sum(statistic in one.moved for one in said) >= 19
    words = next(row.words for row in said[0].drift if row.statistic == statistic)
    said_so = rf"{statistic} moved: [\d.]+( of 255)? on average, in training [\d.]+; distance 0\.\d\d, surely above "
    assert re.match(said_so, words)


@pytest.mark.parametrize("first_class", [0.9, 0.1])
def test_another_class_mix_raises_an_alarm_by_that_name(held_out, first_class):
    said = assessments(held_out, held_out.images, first_class)
    assert sum("class mix" in one.moved for one in said) >= 19


def test_accuracy_is_estimated_within_3_points_without_a_label(held_out):
    answered = held_out.answer(held_out.images)
    said = assess(count(answered, pictures.statistics([None] * len(answered)), {}, 0.93), None)
    assert said.estimated_accuracy is None
    live = count(answered, pictures.statistics([None] * len(answered)), held_out.baseline.edges, 0.93)
    estimate = assess(live, held_out.baseline).estimated_accuracy
    assert estimate
    true = scores.correct(answered, held_out.labels).mean()
    assert abs(estimate.value - true) <= 0.03
    assert estimate.low < true < estimate.high
