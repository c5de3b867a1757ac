"""Batch as Step Functions calls it: a real S3 and a real table (moto), and an endpoint that answers as scripted."""

import json
import re
import time
import uuid
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import boto3
import pytest
from botocore.config import Config
from tests.builders import REGISTER

from core.contract.bulk_errors import NotReached
from core.contract.errors import (
    EndpointNotFound,
    EndpointThrottled,
    InvalidEvent,
    StorageUnavailable,
)
from core.contract.events import Pointer
from core.contract.shapes import InvalidSetting
from lambdas import batch, in_flight

BUCKET = "scones-test-123456789012"
PNG = b"\x89PNG\r\n\x1a\n"
LONG, SHORT = 240, 20  # seconds that the function has left


def made(keys, run="r", ago=0):
    """The event of a batch that began so many seconds ago."""
    started = (datetime.now(UTC) - timedelta(seconds=ago)).isoformat()
    return {
        "BatchInput": {"run": run},
        "Items": [{"Index": n, "Item": {"Key": key, "Size": 1}} for n, key in enumerate(keys)],
        "started": started,
    }


@pytest.fixture(autouse=True)
def table(monkeypatch, bucket, endpoint):  # noqa: ARG001
    name = f"photos-{uuid.uuid4()}"
    boto3.client("dynamodb").create_table(TableName=name, **REGISTER)
    for setting, value in {
        "BUCKET": BUCKET,
        "MODEL": "0123456789abcdef",
        "RESULTS": "results/bulk",
        "RETENTION_DAYS": "90",
        "TABLE": name,
        "THRESHOLD": "0.93",
    }.items():
        monkeypatch.setenv(setting, value)
    monkeypatch.setattr(batch, "WAITS", (0.01, 0.01, 0.01))
    batch.settings.cache_clear()
    batch.dynamodb.cache_clear()
    return name


@pytest.fixture
def run(put, bucket, photo):
    """Classify these objects: by key their content; None for one that is gone. The answer, and the lines by key."""

    def classified(contents, seconds=LONG, ago=0):
        for key, content in contents.items():
            if content is not None:
                put(key, photo if content == "photo" else content)
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: seconds * 1000)
        counts = batch.handler(made(contents, ago=ago), context)["body"]
        (part,) = bucket.objects.filter(Prefix="results/bulk/r/parts/")
        lines = [json.loads(line) for line in part.get()["Body"].read().splitlines()]
        part.delete()
        return counts, {line["s3_key"]: line for line in lines}, part.key

    return classified


@pytest.fixture
def registered(table):
    """What the register has: by key the item, each value as text."""

    def registered():
        items = boto3.client("dynamodb").scan(TableName=table)["Items"]
        plain = [{name: next(iter(value.values())) for name, value in item.items()} for item in items]
        return {item["s3_key"]: item for item in plain}

    return registered


def test_a_sure_answer_is_a_line_with_all_that_is_known(bucket, run):
    bucket.Versioning().enable()
    key = "archive/Fahrrad Straße 🚲 +%2B.png"
    counts, lines, _ = run({key: "photo"})
    version = bucket.Object(key).version_id
    bucket.Versioning().suspend()
    assert counts == {"accepted": 1, "review": 0, "failed": 0}
    assert lines[key] == {
        "s3_key": key,
        "version": version,
        "label": "bicycle",
        "confidence": 0.9969,
        "inferences": [0.9969, 0.0031],
        "outcome": "accepted",
        "error": None,
        "model": "0123456789abcdef",
    }


def test_what_the_model_is_not_sure_of_waits_in_the_register_behind_all_drivers(endpoint, run, registered):
    endpoint.answer(b"[0.6, 0.4]")
    keys = [f"archive/{number}.png" for number in range(12)]
    counts, lines, _ = run(dict.fromkeys(keys, "photo"))
    assert counts == {"accepted": 0, "review": 12, "failed": 0}
    line = lines[keys[0]]
    assert (line["outcome"], line["label"], line["confidence"]) == ("review", None, 0.6)
    found = registered()
    assert sorted(found) == sorted(keys)
    item = found[keys[0]]
    now, expires = item.pop("waiting_at"), item.pop("expires")
    assert datetime.now(UTC) - datetime.fromisoformat(now) < timedelta(minutes=1)
    assert abs(time.time() + 90 * 86_400 - int(expires)) < 60
    assert item == {
        "id": Pointer(BUCKET, keys[0]).id,
        "state": "waiting",
        "open": "waiting",
        "since": f"archive {now}",
        "first_at": now,
        "s3_bucket": BUCKET,
        "s3_key": keys[0],
        "version_id": "",
        "inferences": "[0.6, 0.4]",
        "reason": "ThresholdConfidenceNotMet",
        "run": "r",
        "model": "0123456789abcdef",
        "classes": "bicycle,motorcycle",
    }


def test_it_waits_in_the_version_that_was_classified(bucket, endpoint, run, registered):
    bucket.Versioning().enable()
    endpoint.answer(b"[0.6, 0.4]")
    _, lines, _ = run({"archive/a.png": "photo"})
    version = bucket.Object("archive/a.png").version_id
    bucket.Versioning().suspend()
    item = registered()["archive/a.png"]
    assert item["version_id"] == lines["archive/a.png"]["version"] == version
    assert item["id"] == Pointer(BUCKET, "archive/a.png", version).id


def test_photos_unlike_training_s_wait_too_by_that_name(endpoint, run, registered):
    endpoint.answer(b"[0.99, 0.01]", **{"X-Amzn-SageMaker-Custom-Attributes": "kind=bulk,unlikeness=1.0000"})
    counts, lines, _ = run({"archive/blank.png": "photo"})
    assert counts == {"accepted": 0, "review": 1, "failed": 0}
    line = lines["archive/blank.png"]
    assert (line["outcome"], line["label"], line["confidence"], line["error"]) == (
        "review",
        None,
        0.99,
        "UnlikeTraining",
    )
    assert registered()["archive/blank.png"]["reason"] == "UnlikeTraining"


@pytest.mark.parametrize("state", ["claimed", "routed", "waiting", "failed", "decided"])
def test_what_the_register_has_of_a_photo_stays(endpoint, run, registered, table, state):
    """A driver's photo, whose folder somebody has classified once more, and a batch that is done again."""
    endpoint.answer(b"[0.6, 0.4]")
    item = {"id": Pointer(BUCKET, "archive/a.png").id, "s3_key": "archive/a.png", "state": state}
    boto3.client("dynamodb").put_item(TableName=table, Item={name: {"S": it} for name, it in item.items()})
    counts, _, _ = run({"archive/a.png": "photo", "archive/b.png": "photo"})
    assert counts["review"] == 2
    found = registered()
    assert (found["archive/a.png"], found["archive/b.png"]["state"]) == (item, "waiting")
    assert run({"archive/a.png": "photo", "archive/b.png": "photo"})[0]["review"] == 2
    assert registered() == found


def test_poison_fails_by_name_in_its_own_line_only(run, registered):
    poison = {
        "archive/gone.png": (None, "ImageNotFound"),
        "archive/empty.png": (b"", "NotAnImage"),
        "archive/list.png": (b"scones, butter, jam", "NotAnImage"),
        "archive/huge.png": (PNG + bytes(7_000_000), "ImageTooLarge"),
        "archive/folder/": (b"", "NotAnImage"),
        "a" * 1025: (None, "InvalidEvent"),
    }
    good = {f"archive/{number}.png": "photo" for number in range(20)}
    counts, lines, _ = run({key: content for key, (content, _) in poison.items()} | good)
    assert counts == {"accepted": 20, "review": 0, "failed": len(poison)}
    assert {key: line["error"] for key, line in lines.items() if line["outcome"] == "failed"} == {
        key: error for key, (_, error) in poison.items()
    }
    assert registered() == {}


@pytest.mark.parametrize("answer", [b"[0.5, 0.2, 0.3]", b"[NaN, 1]", b"bicycle, I think"])
def test_the_gate_is_that_of_the_single_path(endpoint, run, answer):
    endpoint.answer(answer)
    _, lines, _ = run({"archive/a.png": "photo"})
    assert lines["archive/a.png"]["error"] == "UnexpectedInference"


def test_an_endpoint_that_throttles_is_asked_again_later(endpoint, run, monkeypatch):
    throttled = {"code": "ThrottlingException", "status": 429, "message": "Rate exceeded"}
    endpoint.refuse(**throttled)

    def work_again(_seconds):
        endpoint.answer(b"[0.9969, 0.0031]")

    monkeypatch.setattr(batch.time, "sleep", work_again)
    counts, _, _ = run({f"archive/{number}.png": "photo" for number in range(10)})
    assert counts["accepted"] == 10


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        ({"code": "ThrottlingException", "status": 429, "message": "Rate exceeded"}, EndpointThrottled),
        ({"code": "ValidationError", "status": 400, "message": "Endpoint x not found."}, EndpointNotFound),
    ],
)
def test_a_batch_that_comes_to_nothing_for_want_of_an_endpoint_fails_as_a_whole(
    endpoint, run, refusal, error
):
    endpoint.refuse(**refusal)
    with pytest.raises(error):
        run({"archive/a.png": "photo", "archive/b.png": "photo"})
    counts, lines, _ = run({"archive/a.png": "photo", "archive/list.png": b"no picture"})
    assert counts["failed"] == 2
    assert lines["archive/a.png"]["error"] == error.__name__


def test_the_endpoint_has_one_call_at_a_time_until_it_is_known_how_quick_it_is(run, monkeypatch):
    """Drivers wait behind them. How many it has later is in_flight's matter."""
    batch.places.cache_clear()
    classify, seen = batch.classify.classify, []

    def watched(*arguments):
        seen.append(batch.places("r").under_way)
        return classify(*arguments)

    monkeypatch.setattr(batch.classify, "classify", watched)
    run({f"archive/{number}.png": "photo" for number in range(in_flight.ANSWERS)})
    assert seen == [1] * in_flight.ANSWERS
    assert batch.places("r").allowed == 2


def test_what_there_is_no_time_for_is_not_begun_and_says_so(endpoint, run, monkeypatch):
    with pytest.raises(NotReached):
        run({"archive/a.png": "photo"}, seconds=SHORT)
    assert endpoint.asked == []
    clock = iter([LONG] * 6 + [SHORT] * 100)  # asked three times for each that is classified
    monkeypatch.setattr(batch, "CALLS_AT_ONCE", 1)
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: next(clock) * 1000)
    event = made([f"archive/{name}.png" for name in "abcd"], "late")
    run(dict.fromkeys(("archive/a.png", "archive/b.png"), "photo"))
    assert batch.handler(event, context)["body"] == {"accepted": 2, "review": 0, "failed": 2}


def test_a_batch_that_is_done_again_has_what_is_left_of_its_five_minutes(endpoint, run):
    """The express execution that it belongs to ends with them, whatever the function itself has left."""
    with pytest.raises(NotReached):
        run({"archive/a.png": "photo"}, ago=250)
    assert endpoint.asked == []
    assert run({"archive/a.png": "photo"}, ago=200)[0]["accepted"] == 1


def test_a_part_that_s3_does_not_take_is_written_again(put, scripted, monkeypatch):
    faulty = boto3.client("s3", endpoint_url=scripted.url, config=Config(retries={"total_max_attempts": 1}))
    monkeypatch.setattr(batch, "s3", lambda: faulty)
    put("archive/list.png", b"no picture")
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: LONG * 1000)
    scripted.answer(b"", 503)
    with pytest.raises(StorageUnavailable, match="results/bulk/r/parts/"):
        batch.handler(made(["archive/list.png"]), context)
    assert len(scripted.asked) == 1 + len(batch.WAITS)
    scripted.answer(b"", 503)
    monkeypatch.setattr(batch.time, "sleep", lambda _seconds: scripted.answer(b""))
    assert batch.handler(made(["archive/list.png"]), context)["body"]["failed"] == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "ThrottlingException"), (500, "InternalServerError"), (400, "ResourceNotFound")],
)
def test_a_register_that_takes_nothing_fails_the_batch_by_its_name(
    endpoint, run, bucket, registered, faulty_register, monkeypatch, status, code
):
    endpoint.answer(b"[0.6, 0.4]")
    faulty_register.refuse(code, status, __type=code, message="no")
    with pytest.raises(batch.RegisterUnavailable, match=code):
        run({f"archive/{number}.png": "photo" for number in range(40)})
    assert len({json.loads(asked.body)["Item"]["id"]["S"] for asked in faulty_register.asked}) < 40
    assert not list(bucket.objects.filter(Prefix="results/bulk/r/parts/"))

    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB")
    batch.dynamodb.cache_clear()
    run({"archive/1.png": "photo"})
    assert registered()["archive/1.png"]["state"] == "waiting"


def test_the_same_batch_again_writes_the_same_part(run):
    first, second = ({f"archive/{name}.png": "photo" for name in names} for names in ("ab", "ac"))
    assert run(first)[2] == run(first)[2] != run(second)[2]
    assert re.fullmatch(r"results/bulk/r/parts/[0-9a-f]{32}\.jsonl", run(first)[2])


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        {},
        {"BatchInput": {"run": "r"}, "Items": [{"Index": 0, "Item": {"Key": "a"}}]},
        {"BatchInput": {"run": "r"}, "Items": [{"Index": 0, "Item": {"Key": "a"}}], "started": "soon"},
        made([]) | {"Items": [{"key": "a"}]},
        made([], "../r"),
    ],
)
def test_another_event_is_refused(event, context):
    with pytest.raises(InvalidEvent):
        batch.handler(event, context)


def test_a_missing_setting_is_named():
    with pytest.raises(InvalidSetting, match="RESULTS, TABLE must be set"):
        batch.read_settings({"BUCKET": BUCKET})
