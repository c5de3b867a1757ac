"""Uploading to S3 as moto serves it."""

import boto3
import pytest

from core.console import UserError
from training import dataset
from training.upload import upload


def stored(bucket):
    pages = boto3.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {item["Key"]: item for page in pages for item in page.get("Contents", [])}


def test_staging_with_upload_sends_the_whole_data_set(command, bucket, cifar, project):
    (project / "photos.tar.gz").write_bytes(cifar())
    flags = ["--source", "photos.tar.gz", "--out", "data", "--upload", f"s3://{bucket}/data/"]
    flags += ["--classes", "bicycle,motorcycle"]
    first = command("stage", *flags)
    assert first.returncode == 0, first.stderr
    assert "84 files sent, 0 were there" in first.stdout
    root = f"data/{dataset.read_info(project / 'data')['dataset_id']}/"
    assert f"s3://{bucket}/{root}" in first.stdout
    files = [path for path in (project / "data").rglob("*") if path.is_file()]
    assert set(stored(bucket)) == {root + path.relative_to(project / "data").as_posix() for path in files}
    picture = boto3.client("s3").get_object(Bucket=bucket, Key=root + "train/bike_s_000004.png")
    assert picture["ContentType"] == "image/png"
    assert picture["Body"].read() == (project / "data/train/bike_s_000004.png").read_bytes()
    again = command("stage", *flags)
    assert "0 files sent, 84 were there with the same content" in again.stdout


def test_only_what_differs_is_sent_again(staged_sample, bucket, capsys):
    root = upload(staged_sample, f"s3://{bucket}").removeprefix(f"s3://{bucket}/")
    client = boto3.client("s3")
    client.put_object(Bucket=bucket, Key=root + "test.lst", Body=b"something else")
    name = dataset.load(staged_sample, "test").names[0]
    client.delete_object(Bucket=bucket, Key=f"{root}test/{name}")
    capsys.readouterr()
    upload(staged_sample, f"s3://{bucket}/")
    assert "2 files sent, 222 were there with the same content" in capsys.readouterr().out
    assert f"{root}test/{name}" in stored(bucket)
    assert client.get_object(Bucket=bucket, Key=root + "test.lst")["Body"].read().startswith(b"0\t")


def test_a_bucket_that_is_not_there_is_named(staged_sample, bucket):
    with pytest.raises(UserError, match=r"cannot upload to s3://no-such-bucket/data/.*bucket"):
        upload(staged_sample, "s3://no-such-bucket/data")
    assert stored(bucket) == {}


@pytest.mark.parametrize(
    "address", ["bucket/data", "s3://", "s3://B/data", "https://bucket/data", "s3:/bucket/data"]
)
def test_an_address_that_is_none_of_s3_is_refused(staged_sample, address):
    with pytest.raises(UserError, match="is not an S3 address"):
        upload(staged_sample, address)
