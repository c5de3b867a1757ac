"""make retrain: from a staged data set to a proposed model, or to why there is none."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.told_models import DATASET, pack_model, stage_photos

from core import environment
from core.console import UserError
from operations import retrain

LIVE: dict[str, Any] = {
    "image": "111122223333.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312",
    "environment": {},
    "labels": ["bicycle", "motorcycle"],
    "dataset_id": "fedcba9876543210",
    "metrics": {},
    "run": "earlier",
    "override_reason": None,
    "recipe": "small",
}
FLAGS = ("--members", "1", "--folds", "1", "--epochs", "12", "--min-accuracy", "0")


class Project:
    def __init__(self, root: Path, s3, bucket: str) -> None:
        self.root, self.s3, self.bucket = root, s3, bucket
        self.file = root / "terraform/envs/local.model.tfvars.json"
        self.out = root / "build/retrain/local"

    def go_live(self, path: Path, **fields) -> None:
        content = path.read_bytes()
        self.s3.put_object(Bucket=self.bucket, Key="models/live/model.tar.gz", Body=content)
        model = LIVE | {"artefact": f"s3://{self.bucket}/models/live/model.tar.gz"}
        model |= {"sha256": hashlib.sha256(content).hexdigest(), **fields}
        self.file.write_text(json.dumps({"model": model}))

    def model(self) -> dict:
        return json.loads(self.file.read_text())["model"]

    def comparison(self) -> dict:
        return json.loads((self.out / "comparison.json").read_text())


@pytest.fixture
def project(tmp_path, monkeypatch, aws, cloud_variables, bucket):
    """A project's root where a model is live that is right on easy photos alone."""
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "terraform/envs").mkdir(parents=True)
    (tmp_path / "terraform/envs/local.tfvars").touch()
    monkeypatch.setattr(environment, "outputs", lambda _: {"bucket": bucket, "threshold": 0.93})
    made = Project(tmp_path, aws("s3"), bucket)
    made.go_live(pack_model(tmp_path / "live.tar.gz", 50))
    return made


@pytest.fixture
def ask(monkeypatch):
    def run(*flags) -> int:
        monkeypatch.setattr(sys, "argv", ["retrain", "local", *map(str, flags)])
        return retrain.main()

    return run


@pytest.fixture
def trained(project, monkeypatch):
    """Instead of minutes of training: what comes of it, and which flags it was given."""

    def make(easy: int, **more) -> list[str]:
        path = pack_model(project.root / "new.tar.gz", easy, **more)
        given: list[str] = []

        def train(env, data, bucket, flags):  # noqa: ARG001
            given.extend(flags)
            return retrain.Candidate(str(path), path.read_bytes())

        monkeypatch.setattr(retrain, "train_here", train)
        return given

    return make


def test_a_candidate_that_is_trained_here_and_surely_better_becomes_the_model_file(project, ask, capfd):
    """All of it, on drawings; the live model knows colours, of which these have many, and accepts none."""
    project.go_live(pack_model(project.root / "unsure.tar.gz", 50, sure=0.6))
    data = project.root / "drawings"
    stage = [sys.executable, "-m", "training.stage", "--source", "sample", "--out", str(data)]
    subprocess.run(stage, check=True, capture_output=True)
    assert ask("--data", data, *FLAGS) == 0
    assert project.comparison()["verdict"] == "surely better"
    sha256 = hashlib.sha256((project.root / "build/candidates/local/model.tar.gz").read_bytes()).hexdigest()
    assert project.model()["sha256"] == sha256
    assert project.model()["override_reason"] is None
    assert (project.out / "local.model.tfvars.json").read_text() == project.file.read_text()
    assert "python -m training.train" in capfd.readouterr().out.replace("\n", " ")


def test_what_make_dataset_has_made_is_taken_and_the_live_model_s_recipe(project, ask, trained):
    stage_photos(project.root / "build/data/local", [0] * 80 + [100] * 20)
    flags = trained(200, test_accuracy=1.0)
    assert ask("--epochs", 3) == 0
    assert flags == ["--recipe=small", "--epochs", "3"]
    assert project.model()["dataset_id"] == DATASET


def test_a_candidate_that_is_not_surely_better_changes_nothing(project, ask, trained, capsys):
    data = stage_photos(project.root / "data", [0] * 80 + [100] * 20)
    before = project.file.read_text()
    trained(60)
    assert ask("--data", data) == 0
    assert project.file.read_text() == before
    assert {it.name for it in project.out.iterdir()} == {"comparison.json", "comparison.md"}
    said = " ".join(capsys.readouterr().out.split())
    assert (
        "It is not surely better. local keeps its model. The comparison: build/retrain/local/comparison.md"
        in said
    )


def test_with_a_reason_it_becomes_the_model_file_all_the_same(project, ask, trained):
    data = stage_photos(project.root / "data", [0] * 80 + [100] * 20)
    trained(60)
    assert ask("--data", data, "--override", "the old camera is gone") == 0
    assert project.model()["run"].endswith("new.tar.gz")
    assert project.comparison()["verdict"] == "not surely better"


def test_each_data_set_that_descends_from_the_live_model_s_is_a_look(project, ask, trained):
    """Those of an earlier model, and what is no data set, are none; the one that is asked for is one once."""
    data = stage_photos(project.root / "data", [0] * 80 + [100] * 20)
    for name, parents in {
        "a": [LIVE["dataset_id"]],
        "b": ["a", LIVE["dataset_id"]],
        DATASET: ["b"],
        "c": ["x"],
    }.items():
        body = json.dumps({"parents": parents}).encode()
        project.s3.put_object(Bucket=project.bucket, Key=f"data/{name}/dataset.json", Body=body)
    project.s3.put_object(Bucket=project.bucket, Key="data/d/dataset.json", Body=b"[")
    trained(60)
    assert ask("--data", data) == 0
    assert project.comparison()["look"] == 3


def test_nothing_is_trained_on_a_version_whose_pictures_are_the_live_model_s(project, ask, trained):
    data = stage_photos(project.root / "build/data/local", [0] * 10)
    info = json.loads((data / "dataset.json").read_text())
    (data / "dataset.json").write_text(json.dumps(info | {"same_as": LIVE["dataset_id"]}))
    flags = trained(200)
    assert ask() == 0
    assert (flags, project.out.exists()) == ([], False)


def test_nothing_is_trained_where_nobody_has_said_more(project, ask, trained, capsys):
    stage_photos(project.root / "build/data/local", [0] * 10)
    project.go_live(project.root / "live.tar.gz", dataset_id=DATASET)
    project.out.mkdir(parents=True)
    (project.out / "comparison.json").write_text("{}")  # of an earlier candidate
    flags = trained(200)
    assert ask() == 0
    assert (flags, project.out.exists()) == ([], False)
    assert "there is nothing new to train on" in " ".join(capsys.readouterr().out.split())


def test_a_training_that_fails_ends_it_with_its_status(project, ask):
    data = stage_photos(project.root / "data", [0] * 10)
    with pytest.raises(SystemExit) as ended:
        ask("--data", data, "--epochs", "0")
    assert ended.value.code == 1
    assert not project.out.joinpath("comparison.json").exists()


def test_of_sagemaker_s_training_the_run_record_is_promoted(project, ask, monkeypatch):
    data = stage_photos(project.root / "data", [0] * 80 + [100] * 20)
    (data / "dataset.json").chmod(0o644)
    content = pack_model(project.root / "new.tar.gz", 200).read_bytes()
    project.s3.put_object(Bucket=project.bucket, Key="jobs/j/output/model.tar.gz", Body=content)
    done: list[tuple[str, ...]] = []

    def do(*command: str) -> None:
        done.append(command)
        if command[0] == "training.launch":
            Path("build/runs").mkdir(parents=True)
            artefact = f"s3://{project.bucket}/jobs/j/output/model.tar.gz"
            Path("build/runs/j.json").write_text(json.dumps({"artefact": artefact}))

    monkeypatch.setattr(retrain, "do", do)
    assert ask("--data", data, "--on", "sagemaker", "--epochs", "5") == 0
    launch, promote = done
    assert launch[-4:] == ("--data", str(data), "--recipe=small", "--epochs", "5")[-4:]
    assert promote[promote.index("--run") + 1] == "build/runs/j.json"
    listed = project.s3.list_objects_v2(Bucket=project.bucket, Prefix=f"data/{DATASET}/dataset.json")
    assert listed["KeyCount"] == 1


def test_without_a_live_model_there_is_nothing_to_compare_with(project, ask):
    project.file.unlink()
    with pytest.raises(UserError, match="local has no model to compare with"):
        ask()


def test_a_live_artefact_that_is_another_than_its_file_says_is_no_measure(project, ask, trained):
    data = stage_photos(project.root / "data", [0] * 10)
    trained(200)
    project.s3.put_object(Bucket=project.bucket, Key="models/live/model.tar.gz", Body=b"x")
    with pytest.raises(UserError, match="its SHA-256 is another"):
        ask("--data", data)
