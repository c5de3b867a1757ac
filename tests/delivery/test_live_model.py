"""Which model a plan is compared with: the one that was applied, whatever git knows of it."""

import json
import uuid

import pytest
from tests.builders import pack

from core import environment
from delivery import live_model


@pytest.fixture
def bucket(own_aws, own_variables, monkeypatch) -> str:
    for name, value in own_variables.items():
        monkeypatch.setenv(name, value)
    name = f"models-{uuid.uuid4()}"
    own_aws("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def file(tmp_path, monkeypatch):
    """The model's file of an environment, in no clone at all."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / environment.model_file("staging")
    path.parent.mkdir(parents=True)
    return path


def planned(address: str | None) -> dict:
    value = {"id": "1", "artefact": address, "labels": []} if address else None
    return {"prior_state": {"values": {"outputs": {"model": {"value": value}}}}}


@pytest.mark.usefixtures("file")
@pytest.mark.parametrize("shown", [{}, {"prior_state": {}}, planned(None)])
def test_before_the_first_model_there_is_none(shown):
    assert live_model.find("staging", shown) is None


def test_a_model_whose_file_is_there_is_known_by_it(file):
    address = "s3://b/models/1/model.tar.gz"
    model = {"artefact": address, "metrics": {"test_accuracy": 0.9}, "run": "r"}
    file.write_text(json.dumps({"model": model}))
    assert live_model.find("staging", planned(address)) == model


def test_a_model_that_another_has_taken_the_place_of_is_known_by_its_artefact(file, bucket, own_aws):
    """As in an environment whose file git ignores: the file has the next model, and the bucket the one that is live."""
    metrics = {"test_accuracy": 0.9, "coverage": 0.8, "classes": {}}
    body = pack({"metrics.json": json.dumps(metrics).encode()})
    own_aws("s3").put_object(Bucket=bucket, Key="models/1/model.tar.gz", Body=body)
    address = f"s3://{bucket}/models/1/model.tar.gz"
    file.write_text(json.dumps({"model": {"artefact": "s3://b/models/2/model.tar.gz", "metrics": {}}}))
    figures = {"test_accuracy": 0.9, "coverage": 0.8}
    assert live_model.find("staging", planned(address)) == {"artefact": address, "metrics": figures}


@pytest.mark.usefixtures("file")
def test_a_model_that_says_nothing_of_itself_stops_no_plan(bucket):
    address = f"s3://{bucket}/models/gone/model.tar.gz"
    assert live_model.find("staging", planned(address)) == {"artefact": address, "metrics": {}}
