"""From a staged data set to a gated artefact, as a user runs it, on few drawings and for few epochs."""

import base64
import dataclasses
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tarfile
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.contract import guideline
from core.figures import baseline, scores
from training import artefact, dataset, evaluate, train
from training.augment import augment
from training.inference import Classifier, Network
from training.model import rate

QUICK = ("--epochs", "15", "--members", "1", "--folds", "1", "--min-accuracy", "0.4")
FIGURES = {
    "test_accuracy", "n_test", "validation_accuracy", "temperature", "expected_calibration_error", "threshold",
    "coverage", "selective_accuracy", "classes", "confusion", "parameters", "recipe", "seed", "dataset_id",
    "coverage_curve", "folds", "members", "n_calibration",
}  # fmt: skip


def command(*arguments, preexec_fn=None, **environment) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        capture_output=True,
        text=True,
        preexec_fn=preexec_fn,
        env=os.environ | {"OMP_NUM_THREADS": "2"} | environment,
    )


@pytest.fixture(scope="module")
def trained(staged_sample, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    result = command("training.train", "--data", staged_sample, "--out", folder, *QUICK)
    assert result.returncode == 0, result.stderr
    return folder


def test_training_leaves_the_artefact_its_metrics_and_pictures(trained):
    pictures = {path.name for path in trained.glob("*.png")}
    assert pictures == {"learning.png", "confusion.png", "reliability.png", "coverage.png", "mistakes.png"}
    metrics = json.loads((trained / "metrics.json").read_text())
    assert metrics.keys() >= FIGURES | {"train_seconds"}
    with tarfile.open(trained / "model.tar.gz") as tar:
        assert sorted(tar.getnames()) == sorted(artefact.MEMBERS)
        files = {name: tar.extractfile(name) for name in ("metrics.json", "labels.json")}
        packed, labels = [json.load(file) for file in files.values() if file is not None]
        assert labels == ["bicycle", "motorcycle"]
    assert packed == {key: value for key, value in metrics.items() if key != "train_seconds"}


def test_the_artefact_answers_its_golden_photo_as_it_says(trained, tmp_path):
    artefact.unpack(trained / "model.tar.gz", tmp_path)
    golden = json.loads((tmp_path / "golden.json").read_text())
    answered = evaluate.answers(tmp_path, [base64.b64decode(golden["image"])])[0]
    np.testing.assert_allclose(answered, golden["probabilities"], atol=1e-5)


def test_the_artefact_shows_photographs_of_each_class(trained, tmp_path):
    artefact.unpack(trained / "model.tar.gz", tmp_path)
    shown = json.loads((tmp_path / "guideline.json").read_text())
    assert guideline.is_one(shown)
    assert {name: [*map(len, shown["classes"][name].values())] for name in shown["classes"]} == {
        "bicycle": [2, 2],
        "motorcycle": [2, 2],
    }


def test_the_artefact_holds_what_it_answered_on_its_validation_split_and_how_all_its_photos_are(trained):
    reference = baseline.from_artefact(trained / "model.tar.gz")
    assert reference is not None
    metrics = json.loads((trained / "metrics.json").read_text())
    assert reference.classes == ["bicycle", "motorcycle"]
    assert reference.threshold == 0.93
    assert reference.accuracy == metrics["validation_accuracy"]
    assert reference.tally.records == 16
    answered = {name: sum(counts) for name, counts in reference.tally.histograms.items()}
    assert answered.pop("confidence") == answered.pop("unlikeness") == 16
    assert {*answered.values()} == {144 + 16}
    assert reference.tally.sums["width"] == [160, 160 * 32]


def test_the_same_seed_and_data_give_the_same_bytes(trained, staged_sample, tmp_path):
    again = command("training.train", "--data", staged_sample, "--out", tmp_path, *QUICK)
    assert again.returncode == 0, again.stderr
    digests = {hashlib.sha256((f / "model.tar.gz").read_bytes()).hexdigest() for f in (trained, tmp_path)}
    assert len(digests) == 1


def test_the_machine_s_threads_and_the_way_to_sagemaker_change_no_byte(trained, staged_sample, tmp_path):
    """A sum that more threads share is rounded otherwise, and after some epochs it is another model."""
    job = {"SM_CHANNEL_TRAINING": str(staged_sample), "SM_MODEL_DIR": str(tmp_path / "job")}
    done = command("training.train", *QUICK, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="3", **job)
    assert done.returncode == 0, done.stderr
    artefact.unpack(trained / "model.tar.gz", tmp_path / "here")
    here, there = contents(tmp_path / "here"), contents(tmp_path / "job")
    assert [name for name in here if there[name] != here[name]] == []
    assert len(here) == len(artefact.MEMBERS) - 1  # a folder is among them


def test_evaluating_the_artefact_gives_the_figures_it_was_judged_by(trained, staged_sample, tmp_path):
    model = trained / "model.tar.gz"
    result = command(
        "training.evaluate", "--model", model, "--data", staged_sample, "--out", tmp_path / "new"
    )
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout[result.stdout.index("{") :])
    judged = json.loads((trained / "metrics.json").read_text())
    for figure in ("test_accuracy", "n_test", "confusion", "dataset_id", "classes"):
        assert found[figure] == judged[figure]
    assert found["expected_calibration_error"] == pytest.approx(
        judged["expected_calibration_error"], abs=1e-3
    )
    assert (tmp_path / "new" / "mistakes.png").exists()


def test_a_model_below_the_gate_leaves_no_artefact(staged_sample, tmp_path):
    result = command("training.train", "--data", staged_sample, "--out", tmp_path, *QUICK[:-1], "1.0")
    assert result.returncode == 1
    assert "is below --min-accuracy 1.0" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "model.tar.gz").exists()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}


def test_a_model_below_the_gate_leaves_what_was_there_and_its_pictures_beside(
    trained, staged_sample, tmp_path
):
    folder = tmp_path / "model"
    shutil.copytree(trained, folder)
    result = command("training.train", "--data", staged_sample, "--out", folder, *QUICK[:-1], "1.0")
    assert result.returncode == 1
    assert contents(folder) == contents(trained)
    assert f"To look at it: {folder}.refused" in result.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"model", "model.refused"}
    assert (tmp_path / "model.refused/mistakes.png").is_file()
    assert not (tmp_path / "model.refused/model.tar.gz").exists()


@pytest.mark.parametrize("room", [500_000, 30_000], ids=["for the pictures", "for nothing"])
def test_a_full_disk_is_said_in_a_line_and_leaves_what_was_there(trained, staged_sample, tmp_path, room):
    """A limit on the size of a file ends a write as a full disk does."""
    folder = tmp_path / "model"
    shutil.copytree(trained, folder)
    (folder / "notes.txt").write_text("mine")
    before = contents(folder)
    result = command(
        "training.train", "--data", staged_sample, "--out", folder, *QUICK,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )  # fmt: skip
    assert result.returncode == 1
    assert result.stderr == (
        f"error: {folder} cannot be written (File too large): what was there is as it was\n"
    )
    assert contents(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_model_that_passes_takes_the_place_of_the_one_before_and_of_nothing_else(
    trained, staged_sample, tmp_path
):
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("model.tar.gz", "metrics.json", "notes.txt"):
        (folder / name).write_text("before")
    assert command("training.train", "--data", staged_sample, "--out", folder, *QUICK).returncode == 0
    assert contents(folder).keys() == contents(trained).keys() | {"notes.txt"}
    assert (folder / "model.tar.gz").read_bytes() == (trained / "model.tar.gz").read_bytes()
    assert (folder / "notes.txt").read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_as_a_sagemaker_job_it_reads_and_writes_the_jobs_folders(staged_sample, tmp_path):
    model, report, kept = tmp_path / "model", tmp_path / "output", tmp_path / "checkpoints"
    job = {
        "SM_CHANNEL_TRAINING": str(staged_sample), "SM_MODEL_DIR": str(model), "SM_OUTPUT_DATA_DIR": str(report),
    }  # fmt: skip
    result = command("training.train", *QUICK, "--checkpoints", kept, **job)
    assert result.returncode == 0, result.stderr
    assert {p.name for p in model.iterdir()} == {
        "baseline.json",
        "code",
        "golden.json",
        "guideline.json",
        "labels.json",
        "metrics.json",
        "model.pt",
    }
    assert {p.name for p in report.iterdir()} >= {"metrics.json", "mistakes.png"}

    weights = (model / "model.pt").read_bytes()
    resumed = command("training.train", *QUICK, "--checkpoints", kept, **job)
    assert f"taken from {kept}" in resumed.stdout
    assert (model / "model.pt").read_bytes() == weights


def test_a_sagemaker_job_that_fails_the_gate_leaves_the_reason_where_sagemaker_reads_it(
    staged_sample, tmp_path
):
    folders = {"SM_CHANNEL_TRAINING": str(staged_sample), "SM_MODEL_DIR": str(tmp_path / "model")}
    reason = tmp_path / "failure"
    result = command("training.train", *QUICK[:-1], "1.0", SM_OUTPUT_FAILURE=str(reason), **folders)
    assert result.returncode == 1
    assert "is below --min-accuracy 1.0" in reason.read_text()
    assert not (tmp_path / "model" / "model.pt").exists()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--data", "nowhere", "--out", "x"), "nowhere is not a staged data set"),
        (("--out", "x"), "--data is missing"),
        (("--data", "x"), "--out is missing"),
        (("--data", "x", "--out", "/dev/null/y"), "/dev/null/y cannot be made (Not a directory)"),
        (("--data", "x", "--out", "y", "--epochs", "0"), "--epochs 0 is too small"),
        (("--data", "x", "--out", "y", "--folds", "0"), "--folds 0 is too small"),
        (
            ("--data", "x", "--out", "y", "--folds", "2", "--members", "3"),
            "--members 3 are more than --folds 2",
        ),
        (("--data", "x", "--out", "y", "--recipe", "large"), "argument --recipe: invalid choice: 'large'"),
        (("--data", "x", "--out", "y", "--threshold", "93"), "--threshold 93.0 is not a share"),
        (("--data", "x", "--out", "y", "--min-accuracy", "nan"), "--min-accuracy nan is not a share"),
    ],
)
def test_a_mistake_is_answered_in_one_line(tmp_path, flags, said):
    result = subprocess.run(
        [sys.executable, "-m", "training.train", *flags], capture_output=True, text=True, cwd=tmp_path
    )
    assert result.returncode == 1
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.rglob("*.*"))


def test_an_artefact_that_is_none_is_refused(tmp_path, staged_sample):
    (tmp_path / "model.tar.gz").write_bytes(b"something else")
    result = command("training.evaluate", "--model", tmp_path / "model.tar.gz", "--data", staged_sample)
    assert result.returncode == 1
    assert "is not a model artefact" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_tar_that_reaches_out_of_its_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "file", arcname="../escaped")
    with pytest.raises(Exception, match="is not a model artefact"):
        artefact.unpack(tmp_path / "model.tar.gz", tmp_path / "into")
    assert not (tmp_path / "escaped").exists()


def metrics_of(probabilities, labels) -> dict:
    return scores.report(probabilities, labels, ["a", "b"], 0.93) | {"labels": ["a", "b"]}


def test_the_gate_stops_what_must_not_be_deployed():
    labels = np.array([0, 1] * 10)
    good = np.array([[0.99, 0.01], [0.01, 0.99]] * 10)
    assert train.gate(metrics_of(good, labels), good, 0.85) == []

    one_sided = np.array([[0.99, 0.01]] * 20)
    assert train.gate(metrics_of(one_sided, labels), one_sided, 0.25) == ["b is never predicted"]

    broken = good.copy()
    broken[0, 0] = np.nan
    assert train.gate(metrics_of(good, labels), broken, 0.5) == ["a probability is not a finite number"]


@pytest.mark.parametrize(("right", "passes"), [(134, False), (135, True)])
def test_accuracy_has_to_be_shown_by_as_many_photos_as_there_are(right, passes):
    """The exact bound of 134 of 150 is 0.8428, and of 135 0.8502: by the share alone 128 would pass."""
    labels = np.array([0, 1] * 75)
    answers = np.eye(2)[np.where(np.arange(150) < right, labels, 1 - labels)]
    said = "test accuracy 0.893 on 150 photos shows 0.843 at least (95% sure), which is below --min-accuracy 0.85"
    assert train.gate(metrics_of(answers, labels), answers, 0.85) == ([] if passes else [said])


def test_selection_never_sees_the_test_split(staged_sample, monkeypatch):
    """Whatever the test split holds, the temperature and the threshold stay as they were."""
    torch.manual_seed(0)
    members = [Network(2)]
    info = dataset.read_info(staged_sample)
    options = Namespace(threshold=0.93, members=1, folds=1, epochs=1, seed=0, size=32)
    validation = dataset.load(staged_sample, "validation")
    unseen = train.Unseen(validation, train.logits_of(Classifier(members), validation))
    honest, *_ = train.judge(Classifier(members), unseen, staged_sample, info, options)

    reads = []
    original = dataset.load

    def load(folder, split, size):
        reads.append(split)
        loaded = original(folder, split, size)
        return dataclasses.replace(loaded, labels=0 * loaded.labels) if split == "test" else loaded

    monkeypatch.setattr(dataset, "load", load)
    swapped, *_ = train.judge(Classifier(members), unseen, staged_sample, info, options)
    assert reads == ["test"]
    for figure in ("temperature", "validation_accuracy", "threshold", "threshold_for_98_percent"):
        assert honest[figure] == swapped[figure]
    assert honest["confusion"] != swapped["confusion"]


def test_views_of_a_picture_are_random_and_repeatable():
    images = torch.randn(8, 3, 32, 32)
    first, again = (augment(images, torch.Generator().manual_seed(0)) for _ in range(2))
    other = augment(images, torch.Generator().manual_seed(1))
    assert first.shape == images.shape
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_rate_rises_and_then_falls_to_nothing():
    rates = [rate(step, 100) for step in range(100)]
    assert rates.index(max(rates)) in (14, 15)
    assert max(rates) == 1
    assert rates[-1] < 0.02


@pytest.mark.photographs
def test_three_members_reach_93_percent_on_the_real_photographs(photographs):
    """The issue's figures: one member's mean over three seeds at least 0.92, three members at least 0.93."""
    assert json.loads((photographs / "model" / "metrics.json").read_text())["test_accuracy"] >= 0.93

    test = dataset.load(photographs / "data", "test")
    accuracies = []
    for path in (photographs / "members").glob("*.pt"):
        network = Network(2)
        network.load_state_dict(torch.load(path, weights_only=True)["weights"])
        accuracies.append(scores.correct(train.logits_of(Classifier([network]), test), test.labels).mean())
    assert len(accuracies) == 3
    assert np.mean(accuracies) >= 0.92
