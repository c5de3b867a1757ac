"""The recipe that goes on from ImageNet's weights: the network fits them, and its artefact is one like any other.

The weights come with the tests' packages. One epoch on a few drawings is enough to have a model.
"""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.training.test_train import contents

from core.console import UserError
from training import artefact, dataset, evaluate, pretrained, sample, selection, stage, train, weights
from training.augment import move
from training.inference import (
    LITE0_SCALE,
    LITE0_SHIFT,
    LITE0_SIZE,
    Classifier,
    Lite0,
    Network,
    enlarge,
    normalise,
)
from training.model import AT_ONCE, PRETRAINED, parameter_groups

QUICK = ("--epochs", "1", "--members", "1", "--folds", "1", "--min-accuracy", "0", "--recipe", "pretrained")
# What efficientnet-lite-pytorch 0.1.0, for which the weights were made, answers with them on the picture below.
REFERENCE = [-0.341042, -0.899359, -0.692363, -3.152008, -3.626610]


def command(*arguments, **environment) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "training.train", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ | environment,
    )


@pytest.fixture(scope="module")
def few(tmp_path_factory) -> Path:
    """A staged data set of 36 drawings to train on, 4 to validate on and 20 to test on."""
    folder = tmp_path_factory.mktemp("data") / "few"
    splits, info = selection.select(sample.draw(40, 20, seed=2), ["bicycle", "motorcycle"], 0.1, seed=1)
    stage.write(folder, splits, {**info, "source": "sample"})
    return folder


@pytest.fixture(scope="module")
def trained(few, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pretrained")
    done = command("--data", few, "--out", folder, *QUICK)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def unpacked(trained, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    artefact.unpack(trained / "model.tar.gz", folder)
    return folder


def test_with_the_weights_as_they_are_the_network_answers_as_the_one_they_were_made_for():
    network = Lite0(1000)
    given = pretrained.read(None).values()
    network.load_state_dict(dict(zip(network.state_dict(), given, strict=True)))
    picture = torch.linspace(0, 40, 3 * LITE0_SIZE**2).sin().reshape(1, 3, LITE0_SIZE, LITE0_SIZE)
    with torch.inference_mode():
        answered = network.eval()((picture - LITE0_SHIFT) / LITE0_SCALE)[0]
    np.testing.assert_allclose(answered[: len(REFERENCE)], REFERENCE, atol=1e-4)
    assert answered.argmax() == 767


def test_it_sees_pixels_as_the_weights_were_trained_with():
    pixels = np.array([0, 127, 255], np.uint8)[:, None, None, None].repeat(3, 3)
    seen = normalise(pixels) * LITE0_SCALE + LITE0_SHIFT
    np.testing.assert_allclose(seen[:, 0, 0, 0], [-127 / 128, 0, 1], atol=1e-6)


def test_all_weights_but_the_last_layer_s_are_given():
    network, tensors = Lite0(3), pretrained.read(None)
    head = network.head.weight.clone()
    pretrained.give(tensors, network)
    given = network.state_dict()
    assert torch.equal(given["stem.1.weight"], tensors["_conv_stem.weight"])
    assert torch.equal(given["last.2.running_var"], tensors["_bn1.running_var"])
    assert torch.equal(network.head.weight, head)


def test_the_artefact_tells_its_recipe_and_answers_its_golden_photo_as_it_says(trained, unpacked):
    assert json.loads((trained / "metrics.json").read_text())["recipe"] == "pretrained"
    assert json.loads((unpacked / "metrics.json").read_text())["recipe"] == "pretrained"
    golden = json.loads((unpacked / "golden.json").read_text())
    answered = evaluate.answers(unpacked, [base64.b64decode(golden["image"])])[0]
    np.testing.assert_allclose(answered, golden["probabilities"], atol=1e-5)


def test_evaluated_again_it_has_the_figures_that_it_was_judged_by(trained, few):
    metrics, _, probabilities = evaluate.measure(trained / "model.tar.gz", few, 0.93)
    judged = json.loads((trained / "metrics.json").read_text())
    assert metrics["confusion"] == judged["confusion"]
    assert train.gate(metrics, probabilities, 0) == []


def test_a_job_gets_the_weights_as_a_channel_and_makes_the_same_bytes(unpacked, few, tmp_path):
    (tmp_path / "pretrained").mkdir()
    (tmp_path / "pretrained" / weights.FILE).symlink_to(weights.find())
    job = {
        "SM_CHANNEL_TRAINING": few,
        "SM_CHANNEL_PRETRAINED": tmp_path / "pretrained",
        "SM_MODEL_DIR": tmp_path / "job",
    }
    done = command(*QUICK, **{name: str(path) for name, path in job.items()})
    assert done.returncode == 0, done.stderr
    here, there = contents(unpacked), contents(tmp_path / "job")
    assert [name for name in here if there[name] != here[name]] == []
    assert "model.pt" in here


def test_weights_that_are_not_the_known_file_are_refused_in_one_line(few, tmp_path):
    (tmp_path / "weights.pth").write_bytes(weights.find().read_bytes()[:-1])
    foreign = ("--weights", tmp_path / "weights.pth")
    done = command("--data", few, "--out", tmp_path / "model", *QUICK, *foreign)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    known = "is not the efficientnet-lite0-57934424.pth that is known: its SHA-256 is not 579344248a93"
    assert known in line
    assert not list((tmp_path / "model").iterdir())


def test_weights_that_are_not_there_are_named(tmp_path):
    """A folder has them under their own name."""
    for path in (tmp_path / "weights.pth", tmp_path):
        with pytest.raises(UserError, match=r"\.pth cannot be read \(No such file or directory\)"):
            pretrained.read(path)


def test_without_the_package_a_line_says_what_installs_it(monkeypatch):
    monkeypatch.setattr(weights, "PACKAGE", "not-installed-anywhere")
    with pytest.raises(UserError, match="make train RECIPE=pretrained installs them"):
        weights.find()


def test_photographs_are_trained_from_the_weights_and_drawings_from_nothing():
    assert dataset.choose_recipe({"source": "sample"}) == "small"
    assert dataset.choose_recipe({"source": "cifar100"}) == "pretrained"
    assert dataset.choose_recipe({"source": "photos.tar.gz"}) == "pretrained"


def test_the_last_layer_which_begins_with_nothing_learns_quicker():
    groups = parameter_groups(Lite0(2), PRETRAINED)
    assert sum(len(group["params"]) for group in groups) == len(list(Lite0(2).parameters()))
    heads = [group for group in groups if group["lr"] > PRETRAINED.peak_rate]
    assert sorted(len(parameter) for group in heads for parameter in group["params"]) == [2, 2]


def test_its_views_of_a_picture_are_random_and_repeatable():
    images = torch.randn(8, 3, 32, 32)
    first, again = (move(images, torch.Generator().manual_seed(0)) for _ in range(2))
    other = move(images, torch.Generator().manual_seed(1))
    assert first.shape == (8, 3, LITE0_SIZE, LITE0_SIZE)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_what_is_large_enough_is_not_enlarged_again():
    large = enlarge(torch.randn(2, 3, 32, 32))
    torch.testing.assert_close(enlarge(large), large)


def test_pictures_are_answered_alike_however_many_there_are(staged_sample):
    """Of a large network a whole data set's pictures would take gigabytes at once."""
    torch.manual_seed(0)
    classifier = Classifier([Network(2)])
    test = dataset.load(staged_sample, "test")
    with torch.inference_mode():
        together = classifier.eval()(normalise(test.images)).numpy()
    assert len(test.images) > AT_ONCE
    np.testing.assert_allclose(train.logits_of(classifier, test), together, atol=1e-4)
