"""The reader against S3: it lists and opens what the time window needs, and no more."""

import gzip
from datetime import UTC, datetime

import boto3
import pytest
from tests.builders import captured

from monitoring import places
from monitoring.capture import Capture, SourceError

MODEL = "0123456789abcdef"
ROOT = f"captures/{MODEL}/ep/AllTraffic/"


@pytest.fixture
def bucket(aws):
    name = "scones-captures"
    aws("s3").create_bucket(Bucket=name)
    yield name
    stored = boto3.resource("s3", endpoint_url=aws("s3").meta.endpoint_url).Bucket(name)
    stored.objects.delete()
    stored.delete()


@pytest.fixture
def asked(monkeypatch, cloud_variables):
    """What the reader asks of S3, as it asks: the operation, and the prefix or key."""
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    session, seen = boto3.Session(), []
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
    session.events.register(
        "provide-client-params.s3.*",
        lambda params, model, **_: seen.append((model.name, params.get("Key", params.get("Prefix")))),
    )
    return seen


def test_in_s3_only_the_hours_of_the_window_are_listed_and_opened(asked, aws, bucket):
    for day, hour in [(day, hour) for day in (14, 15, 16) for hour in (0, 8, 9, 10, 11, 23)]:
        key = f"{ROOT}2024/10/{day}/{hour:02}/00-00-000.jsonl"
        aws("s3").put_object(Bucket=bucket, Key=key, Body=captured(f"2024-10-{day}T{hour:02}:05:00Z"))
    window = datetime(2024, 10, 16, 9, tzinfo=UTC), datetime(2024, 10, 16, 10, tzinfo=UTC)
    [record] = Capture(f"s3://{bucket}/captures", *window)
    assert (record.time, record.model) == (datetime(2024, 10, 16, 9, 5, tzinfo=UTC), MODEL)
    hours = [f"{ROOT}2024/10/16/{hour:02}/" for hour in (8, 9, 10)]
    assert [key for operation, key in asked if operation == "GetObject"] == [
        f"{it}00-00-000.jsonl" for it in hours
    ]
    listed = [prefix for operation, prefix in asked if operation == "ListObjectsV2"]
    parents = ["captures", "captures/", f"captures/{MODEL}/", f"captures/{MODEL}/ep/", ROOT]
    assert listed == [*parents, f"{ROOT}2024/", f"{ROOT}2024/10/", f"{ROOT}2024/10/16/", *hours]


def test_without_a_window_one_list_finds_everything(asked, aws, bucket):
    for name in ("captures/a/b/c.jsonl", "captures/d.jsonl", "captures-of-others/e.jsonl", "captures/empty/"):
        aws("s3").put_object(Bucket=bucket, Key=name, Body=captured())
    records = list(Capture(f"s3://{bucket}/captures/"))
    assert [it.file for it in records] == [
        f"s3://{bucket}/captures/{it}" for it in ("a/b/c.jsonl", "d.jsonl")
    ]
    assert [it for it in asked if it[0] == "ListObjectsV2"] == [("ListObjectsV2", "captures/")]
    assert len(list(Capture(f"s3://{bucket}/captures/d.jsonl"))) == 1
    assert list(Capture(f"s3://{bucket}/no-traffic-yet")) == []


@pytest.mark.usefixtures("asked")
def test_large_and_compressed_objects_are_streamed_from_s3(aws, bucket, monkeypatch):
    monkeypatch.setattr(places, "SMALL", 1000)
    files = {"a.gz": gzip.compress(captured() * 300), "b": captured() * 300, "c": b"junk\n", "d": captured()}
    for name, content in files.items():
        aws("s3").put_object(Bucket=bucket, Key=name, Body=content)
    found = Capture(f"s3://{bucket}")
    assert (len(list(found)), found.files, dict(found.unreadable)) == (601, 4, {"not JSON": 1})


@pytest.mark.usefixtures("asked")
def test_a_bucket_that_is_not_there_is_named():
    with pytest.raises(SourceError, match=r"s3://no-such-bucket-here/captures cannot be read.*NoSuchBucket"):
        list(Capture("s3://no-such-bucket-here/captures"))
