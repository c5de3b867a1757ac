"""A data set of a bucket, brought here."""

import boto3
import pytest

from core.console import UserError
from training import dataset, fetched
from training.upload import upload


@pytest.fixture
def sent(staged_sample, bucket):
    upload(staged_sample, f"s3://{bucket}/data")
    return dataset.read_info(staged_sample)["dataset_id"]


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def fetch(bucket, sent, tmp_path):
    """Bring it here, and say which objects were asked for."""
    client = boto3.client("s3")
    asked = []
    client.meta.events.register(
        "provide-client-params.s3.GetObject", lambda params, **_: asked.append(params["Key"])
    )

    def run(dataset_id=sent):
        asked.clear()
        fetched.fetch(client, bucket, dataset_id, tmp_path / "here")
        return [key.removeprefix(f"data/{sent}/") for key in asked]

    return run


def test_all_of_it_comes_once(fetch, staged_sample, tmp_path):
    assert len(fetch()) == 224
    assert content(tmp_path / "here") == content(staged_sample)
    assert fetch() == ["dataset.json"]


def test_what_was_forgotten_there_goes_here_too(fetch, bucket, sent, staged_sample, tmp_path):
    fetch()
    lost = dataset.load(staged_sample, "train").names[3]
    boto3.client("s3").delete_object(Bucket=bucket, Key=f"data/{sent}/train/{lost}")
    assert fetch() == ["dataset.json"]
    assert not (tmp_path / "here/train" / lost).exists()


def test_what_broke_off_is_whole_afterwards(fetch, staged_sample, tmp_path):
    fetch()
    (tmp_path / "here/dataset.json").unlink()
    some = dataset.load(staged_sample, "test").names[0]
    (tmp_path / "here/test" / some).write_bytes(b"half")
    fetch()
    assert content(tmp_path / "here") == content(staged_sample)


def test_another_data_set_in_its_place_is_not_taken_for_it(fetch, staged_sample, tmp_path):
    fetch()
    for path in (tmp_path / "here").rglob("*.*"):
        if path.is_file():
            path.write_bytes(bytes(path.stat().st_size))  # as long, and something else
    assert len(fetch()) == 224
    assert content(tmp_path / "here") == content(staged_sample)


@pytest.mark.usefixtures("sent")
def test_one_that_is_not_there_is_named(fetch, bucket):
    with pytest.raises(UserError, match=f"s3://{bucket}/data/0123/ is not a data set"):
        fetch("0123")
    assert not fetched.is_there(boto3.client("s3"), bucket, "0123")
