"""Labels in a bucket: each is read as it was written, day by day, and what was withdrawn counts no more."""

import json
import uuid
from datetime import date

import pytest
from botocore.exceptions import ClientError
from tests.builders import IMAGE, make_label, put_label

from core import label_store
from core.contract.labels import Label


@pytest.fixture
def s3(aws):
    return aws("s3")


@pytest.fixture
def bucket(s3):
    name = f"scones-labels-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name


def test_a_label_lies_under_its_day_with_its_picture_beside_it(s3, bucket):
    label = put_label(s3, bucket, make_label("ab" * 32, 3), IMAGE)
    assert label.key == f"labels/2026/11/27/{'ab' * 32}-3.json"
    assert label.picture == f"labels/2026/11/27/{'ab' * 32}-3.jpg"
    assert s3.get_object(Bucket=bucket, Key=label.picture)["Body"].read() == IMAGE
    assert label_store.read(s3, bucket).all == [label]


def test_labels_are_read_of_the_days_that_are_asked_for_the_oldest_first(s3, bucket):
    days = [f"2026-11-{day}T23:59:59.999Z" for day in (29, 27, 28, 30)]
    for at in days:
        put_label(s3, bucket, make_label(uuid.uuid4().hex * 2, at=at))

    def read(*between: date) -> list[str]:
        return [it.at for it in label_store.read(s3, bucket, *between).all]

    assert read() == sorted(days)
    assert read(date(2026, 11, 28), date(2026, 11, 29)) == sorted(days)[1:3]
    assert read(date(2026, 12, 1), date(2026, 12, 3)) == []


def test_of_years_the_labels_are_read_in_one_list(s3, bucket):
    ats = [f"{day}T09:00:00.000Z" for day in ("2025-11-27", "2026-09-28", "2026-11-27")]
    for at in ats:
        put_label(s3, bucket, make_label(uuid.uuid4().hex * 2, at=at))
    asked = []
    s3.meta.events.register("before-call.s3.ListObjectsV2", lambda **_: asked.append(1))

    def read(since: date | None, until: date | None) -> list[str]:
        asked.clear()
        return [it.at for it in label_store.read(s3, bucket, since, until).all]

    assert read(date(2020, 1, 1), date(2026, 11, 27)) == ats
    assert len(asked) == 1
    assert read(date(2025, 11, 28), date(2026, 11, 26)) == ats[1:2]
    assert read(date(2026, 9, 28), None) == ats[1:]
    assert read(None, date(2026, 9, 27)) == ats[:1]
    assert read(date(2026, 9, 27), date(2026, 9, 28)) == ats[1:2]
    assert len(asked) == 2


def test_a_label_that_was_withdrawn_is_there_and_stands_no_more(s3, bucket):
    first = put_label(s3, bucket, make_label(number=1), withdrawn="the wrong vehicle")
    second = put_label(s3, bucket, make_label(number=2, label="motorcycle"))
    found = label_store.read(s3, bucket)
    assert found.all == [first, second]
    assert found.standing == [second]
    assert found.withdrawn == {first.name: "the wrong vehicle"}


def test_more_labels_than_one_answer_of_s3_has_are_read_all(s3, bucket):
    s3.meta.events.register(
        "provide-client-params.s3.ListObjectsV2", lambda params, **_: {**params, "MaxKeys": 2}
    )
    made = [put_label(s3, bucket, make_label(number=number)) for number in range(1, 6)]
    assert label_store.read(s3, bucket).all == made


def test_a_label_is_never_written_over(s3, bucket):
    put_label(s3, bucket, make_label())
    with pytest.raises(ClientError, match="PreconditionFailed"):
        put_label(s3, bucket, make_label(label="motorcycle"))
    assert [it.label for it in label_store.read(s3, bucket).all] == ["bicycle"]


def test_what_a_later_release_adds_to_a_label_does_no_harm():
    label = make_label()
    later = json.loads(label.write()) | {"mood": "sure"}
    assert Label.read(later) == label


@pytest.mark.parametrize("label", ["other", "unusable", "cannot_tell"])
def test_what_is_no_class_says_so(label):
    assert not make_label(label=label).is_class
    assert make_label().is_class
