"""What a model takes along from its validation split."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from tests.builders import pack, png

from core.figures import baseline
from core.figures.drift import assess
from core.figures.pictures import STATISTICS, statistics
from core.figures.tally import count, histogram
from training import sample


@pytest.fixture(scope="module")
def made() -> dict:
    drawn = sample.draw(60, 1, seed=5).train
    first = np.random.default_rng(0).random(60)
    answers, images = np.stack([first, 1 - first], axis=1), list(map(png, drawn.images))
    return baseline.make(answers, drawn.labels, images, ["bicycle", "motorcycle"], 0.93)


def test_bins_are_deciles_that_hold_as_many_values_each(made):
    assert made["edges"].keys() == {"confidence", *STATISTICS}
    for name in ("brightness", "contrast", "sharpness", "noise"):
        assert made["tally"]["histograms"][name] == [6] * 10


def test_bins_of_confidence_are_of_what_the_threshold_stops_and_one_is_for_the_rest():
    sure = np.concatenate([np.linspace(0.5, 0.92, 30), np.linspace(0.95, 0.99, 50)])
    edges = baseline.of_unsure(sure, 0.93)
    assert edges[-1] == 0.93
    assert np.bincount(np.searchsorted(edges, sure, side="right")).tolist() == [3] * 10 + [50]
    assert baseline.of_unsure(np.full(9, 0.97), 0.93) == [0.93]
    assert baseline.of_unsure(np.full(9, 0.6), 0.93)[-1] == 0.93


def test_a_value_that_all_pictures_share_has_a_bin_of_its_own(made):
    edges = made["edges"]["width"]
    assert made["tally"]["histograms"]["width"] == [0, 60, 0]
    assert histogram(np.array([31, 32, 32, 33, 4000]), edges) == [1, 2, 2]


def test_confidence_is_rounded_as_an_endpoint_rounds_it():
    answers, picture = np.tile([1 - 4e-7, 4e-7], (40, 1)), png(np.zeros((32, 32, 3), np.uint8))
    made = baseline.make(answers, np.zeros(40, int), [picture] * 40, ["a", "b"], 0.93)
    assert histogram(np.ones(7), made["edges"]["confidence"])[1] == 7


def test_it_survives_the_artefact(made, tmp_path):
    model = pack({"baseline.json": json.dumps(made).encode(), "labels.json": b"[]"})
    (tmp_path / "model.tar.gz").write_bytes(model)
    from_bytes, from_file = baseline.from_artefact(model), baseline.from_artefact(tmp_path / "model.tar.gz")
    assert from_bytes == from_file
    assert from_bytes is not None
    assert from_bytes.classes == ["bicycle", "motorcycle"]
    assert from_bytes.edges == made["edges"]
    assert asdict(from_bytes.tally) == made["tally"]


def test_a_model_of_the_builtin_algorithm_has_none():
    assert baseline.from_artefact(pack({"model-0000.params": b"weights"})) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no archive", "the model artefact cannot be read"),
        (pack({"baseline.json": b"{"}), "baseline.json is broken"),
        (pack({"baseline.json": b"[]"}), "baseline.json is broken"),
        (pack({"baseline.json": b'{"version": 1}'}), "baseline.json is broken"),
        (pack({"labels.json": b"x" * 9999})[:60], "the model artefact cannot be read"),
    ],
    ids=["no archive", "no JSON", "a list", "a part", "cut off"],
)
def test_a_broken_one_is_refused_in_one_line(content, said):
    with pytest.raises(baseline.BrokenBaseline, match=said) as refused:
        baseline.from_artefact(content)
    assert "\n" not in str(refused.value)


def test_a_baseline_of_another_version_is_refused(made):
    with pytest.raises(
        baseline.BrokenBaseline, match="version 3, this code reads 1 and 2: train the model again"
    ):
        baseline.load(json.dumps(made | {"version": 3}).encode())


def test_a_baseline_of_before_there_were_limits_is_still_read(made):
    new = {"tilt", "warmth", "outside"}
    old = {key: value for key, value in made.items() if key != "limits"} | {"version": 1}
    old["edges"] = {name: edges for name, edges in made["edges"].items() if name not in new}
    old["tally"] = made["tally"] | {
        part: {name: it for name, it in made["tally"][part].items() if name not in new}
        for part in ("histograms", "sums")
    }
    read = baseline.load(json.dumps(old).encode())
    assert read.limits == {}
    measured = statistics(list(map(png, sample.draw(60, 1, seed=6).train.images)))
    answered = np.tile([0.9, 0.1], (60, 1))
    said = assess(count(answered, measured, read.edges, 0.93, read.limits), read)
    found = {row.statistic for row in said.drift}
    assert found == {"class mix", "estimated accuracy", "confidence", *STATISTICS} - new
    assert not new & {*said.untold}


def test_photos_may_be_more_than_the_answers(made):
    drawn = sample.draw(90, 1, seed=5).train
    answers, photos = np.tile([[0.9, 0.1], [0.2, 0.8]], (20, 1)), list(map(png, drawn.images))
    unlike = np.linspace(0, 1, 40)
    more = baseline.make(answers, drawn.labels[:40], photos, ["bicycle", "motorcycle"], 0.93, unlike)
    histograms = more["tally"]["histograms"]
    assert more["tally"]["records"] == sum(histograms["confidence"]) == sum(histograms["unlikeness"]) == 40
    assert sum(histograms["brightness"]) == sum(histograms["outside"]) == 90
    assert "unlikeness" not in made["edges"]
