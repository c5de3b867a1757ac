"""A picture that is none of what a model learned from has features where no training photograph's are."""

import json

import numpy as np
import pytest
import torch
from tests.builders import png

from training import artefact, inference, unlikeness
from training.inference import Classifier, Network, Unlikeness


def photos(count, seed=0):
    """Rough pictures that have something in common."""
    rng = np.random.default_rng(seed)
    base = np.linspace(60, 190, 32)[None, :, None, None] + rng.normal(0, 25, (count, 32, 32, 3))
    return base.clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def fitted():
    """Two networks, what they know of 200 photographs, and how far 300 others are."""
    torch.manual_seed(3)
    networks = [Network(2).eval(), Network(2).eval()]
    spans = [unlikeness.span(unlikeness.features(network, photos(200))) for network in networks]
    unseen = [unlikeness.features(network, photos(300, seed=1)) for network in networks]
    return networks, spans, unlikeness.measure(spans, unseen)


@pytest.fixture(scope="module")
def classifier(fitted):
    networks, spans, distances = fitted
    return Classifier(networks, unlikeness=Unlikeness(unlikeness.fit(spans, distances))).eval()


def ask(classifier, images):
    with torch.inference_mode():
        return inference.Answering(classifier)(inference.normalise(images))[1].numpy()


def test_a_blank_picture_is_farther_than_every_photograph(classifier):
    blank = np.stack([np.full((32, 32, 3), shade, np.uint8) for shade in (0, 128, 255)])
    assert ask(classifier, blank).tolist() == [1, 1, 1]


def test_of_unseen_photographs_as_many_are_beyond_as_is_said(classifier):
    shares = ask(classifier, photos(400, seed=2))
    assert np.quantile(shares, [0.25, 0.5, 0.9]) == pytest.approx([0.25, 0.5, 0.9], abs=0.1)
    assert shares.min() >= 0
    assert shares.max() <= 1


def test_the_baseline_has_each_photograph_s_share_of_those_nearer(fitted):
    _, _, distances = fitted
    shares = unlikeness.shares(distances)
    assert sorted(shares) == pytest.approx(np.arange(300) / 300)
    assert np.argmax(shares) == np.argmax(distances)
    assert np.argmin(shares) == np.argmin(distances)


def test_it_is_measured_from_the_photographs_middle_in_units_of_how_they_differ():
    """By hand: directions on a circle about (1, 0), whose one axis is (0, 1)."""
    angles = np.array([-0.2, -0.1, 0.1, 0.2])
    x, y = np.cos(angles), np.sin(angles)
    span = unlikeness.span(torch.from_numpy(5 * np.stack([x, y], axis=1)))
    near, far = unlikeness.measure([span], [torch.tensor([[2.0, 0.0], [0.0, 1.0]])])
    assert near == pytest.approx((1 - x.mean()) ** 2 / x.var(), rel=1e-3)
    assert far == pytest.approx(1 / y.var() + x.mean() ** 2 / x.var(), rel=1e-3)


def test_a_thousand_distances_are_enough(fitted):
    _, spans, _ = fitted
    distances = np.random.default_rng(0).random(5000)
    kept = unlikeness.fit(spans, distances)["distances"]
    assert len(kept) == 1000
    assert np.quantile(kept, 0.995) == pytest.approx(np.quantile(distances, 0.995), abs=1e-3)


def test_photographs_that_are_all_the_same_are_no_division_by_nothing():
    same = unlikeness.span(torch.ones(8, 5))
    assert np.isfinite(unlikeness.measure([same], [torch.rand(3, 5)])).all()
    assert np.isfinite(unlikeness.measure([unlikeness.span(torch.rand(1, 5))], [torch.rand(3, 5)])).all()


def test_the_artefact_has_it_and_says_the_same(classifier, tmp_path):
    golden = png(photos(1)[0])
    artefact.write(tmp_path, classifier, ["a", "b"], {}, golden, {}, {})
    served = inference.model_fn(str(tmp_path))
    for image in (*photos(5, seed=4), np.zeros((32, 32, 3), np.uint8)):
        answered = inference.predict_fn(inference.input_fn(png(image), "image/png"), served)
        assert answered.unlikeness == pytest.approx(ask(classifier, image[None])[0], abs=0.01)
    assert set(json.loads((tmp_path / "golden.json").read_text())) == {"image", "probabilities"}


def test_for_three_networks_of_the_largest_kind_it_takes_less_than_500_kb(tmp_path):
    width = inference.Lite0(2).look(torch.zeros(1, 3, 32, 32))[1].shape[1]
    spans = [unlikeness.span(torch.rand(60, width)) for _ in range(3)]
    kept = Unlikeness(unlikeness.fit(spans, np.random.default_rng(0).random(5000)))
    artefact.save(artefact.portable(kept), tmp_path / "kept.pt")
    assert (tmp_path / "kept.pt").stat().st_size < 500_000


def test_networks_that_have_seen_few_photographs_and_not_as_many_each_are_joined():
    few = photos(61)
    networks = [inference.Network(2).eval() for _ in range(2)]
    known, distances = unlikeness.learn(networks, 2, [few[:48], few[:49]], [few[48:], few[49:]])
    assert len(distances) == 13 + 12
    assert np.isfinite(ask(inference.Classifier(networks, unlikeness=known).eval(), few)).all()
