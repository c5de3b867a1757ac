"""Collect as Step Functions calls it: a real S3 (moto), and map runs that are counted as told."""

import json
from datetime import UTC, datetime

import pytest

from core.contract.errors import InvalidEvent, ResultsDisagree, StorageUnavailable
from core.contract.lines import Line, join
from lambdas import collect

MAP = "results/bulk/r/map/11111111-2222"
RUN = "arn:aws:states:us-east-1:123456789012:mapRun:scones-bulk/ClassifyPrefix:11111111-2222"
EVENT = {"run": "r", "execution_id": "arn:aws:states:us-east-1:123456789012:execution:scones-bulk:r"}


@pytest.fixture(autouse=True)
def settings(monkeypatch, bucket, scripted):
    for name, value in {"BUCKET": bucket.name, "MODEL": "m", "RESULTS": "results/bulk"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SFN", scripted.url)
    collect.settings.cache_clear()
    collect.s3.cache_clear()
    collect.stepfunctions.cache_clear()
    yield
    bucket.objects.filter(Prefix="results/").delete()


@pytest.fixture
def counted(scripted):
    """Let Step Functions say so many items in all, and so many that succeeded."""

    def say(total, succeeded):
        found = {
            "mapRuns": [{"mapRunArn": RUN, "startDate": datetime.now(UTC).timestamp()}],
            "itemCounts": {"total": total, "succeeded": succeeded},
        }
        scripted.answer(json.dumps(found).encode())

    return say


@pytest.fixture
def write(bucket):
    def entry(keys, status, error=None):
        batch = json.dumps({"BatchInput": {"run": "r"}, "Items": [{"Key": key} for key in keys]})
        return {"Input": batch, "Status": status} | ({"Error": error} if error else {})

    def put(name, entries):
        body = json.dumps([entry(*it) for it in entries])
        bucket.put_object(Key=f"{MAP}/{name}", Body=body.encode())

    return put


@pytest.fixture
def part(bucket):
    def put(name, outcomes):
        errors = {"review": "ThresholdConfidenceNotMet", "failed": "NotAnImage"}
        lines = [
            Line(
                key,
                label="bicycle" if outcome == "accepted" else None,
                outcome=outcome,
                error=errors.get(outcome),
                model="m",
            )
            for key, outcome in outcomes.items()
        ]
        bucket.put_object(Key=f"results/bulk/r/parts/{name}.jsonl", Body=join(lines).encode())

    return put


def read(bucket, name):
    return bucket.Object(f"results/bulk/r/{name}").get()["Body"].read().decode()


def outcomes(bucket):
    lines = [json.loads(line) for line in read(bucket, "results.jsonl").splitlines()]
    return [(line["s3_key"], line["outcome"], line["error"]) for line in lines]


def test_every_object_that_was_listed_is_there_once_sorted_and_counted(bucket, write, part, counted, context):
    write("SUCCEEDED_0.json", [(["ü b", "a"], "SUCCEEDED")])
    write("FAILED_0.json", [(["d"], "FAILED", "Runtime.ExitError"), (["c"], "ABORTED")])
    write("PENDING_0.json", [(["e\n\u2028f"], "PENDING")])
    write("manifest.json", [])
    part("1", {"ü b": "accepted", "a": "review"})
    counted(5, 2)
    summary = {
        "run": "r",
        "images": 5,
        "accepted": 1,
        "review": 1,
        "failed": 3,
        "labels": {"bicycle": 1},
        "errors": {"NotReached": 2, "Runtime.ExitError": 1},
    }
    assert collect.handler(EVENT, context)["body"] == summary
    assert json.loads(read(bucket, "summary.json")) == summary
    assert outcomes(bucket) == [
        ("a", "review", "ThresholdConfidenceNotMet"),
        ("c", "failed", "NotReached"),
        ("d", "failed", "Runtime.ExitError"),
        ("e\n\u2028f", "failed", "NotReached"),
        ("ü b", "accepted", None),
    ]
    assert json.loads(read(bucket, "failed.json")) == [{"Key": "c"}, {"Key": "d"}, {"Key": "e\n\u2028f"}]


def test_a_redrive_s_files_replace_what_the_first_attempt_said(bucket, write, part, counted, context):
    write("SUCCEEDED_0.json", [(["a"], "SUCCEEDED")])
    write("FAILED_0.json", [(["b"], "ABORTED"), (["c"], "ABORTED")])
    write("Redrive-1/SUCCEEDED_0.json", [(["b"], "SUCCEEDED")])
    write("Redrive-1/FAILED_0.json", [(["c"], "FAILED", "Sandbox.Timedout")])
    part("1", {"a": "accepted"})
    part("2", {"b": "accepted"})
    counted(3, 2)
    collect.handler(EVENT, context)
    assert [error for _, _, error in outcomes(bucket)] == [None, None, "Sandbox.Timedout"]


def test_the_tenth_redrive_comes_after_the_ninth(write, part, counted, bucket, context):
    write("Redrive-9/FAILED_0.json", [(["a"], "FAILED", "Sandbox.Timedout")])
    write("Redrive-10/SUCCEEDED_0.json", [(["a"], "SUCCEEDED")])
    part("1", {"a": "accepted"})
    counted(1, 1)
    collect.handler(EVENT, context)
    assert outcomes(bucket) == [("a", "accepted", None)]


def test_storage_that_does_not_answer_is_called_so(scripted, monkeypatch, context):
    monkeypatch.setattr(collect, "ATTEMPTS", 1)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", scripted.url)
    scripted.answer(b"", 503)
    with pytest.raises(StorageUnavailable, match="results/bulk/r/map/"):
        collect.handler(EVENT, context)
    collect.s3.cache_clear()
    collect.stepfunctions.cache_clear()


def test_a_line_stands_even_if_its_batch_failed_after_it_was_written(bucket, write, part, counted, context):
    write("FAILED_0.json", [(["a", "b"], "ABORTED")])
    part("1", {"a": "accepted", "b": "failed"})
    counted(2, 0)
    collect.handler(EVENT, context)
    assert outcomes(bucket) == [("a", "accepted", None), ("b", "failed", "NotAnImage")]


def test_nothing_listed_is_an_empty_result(bucket, counted, context):
    counted(0, 0)
    assert collect.handler(EVENT, context)["body"]["images"] == 0
    assert (read(bucket, "results.jsonl"), json.loads(read(bucket, "failed.json"))) == ("", [])


@pytest.mark.parametrize("counts", [(2, 1), (1, 0)])
def test_results_that_are_not_of_what_was_listed_are_refused(bucket, write, part, counted, counts, context):
    write("SUCCEEDED_0.json", [(["a"], "SUCCEEDED")])
    part("1", {"a": "accepted"})
    counted(*counts)
    with pytest.raises(ResultsDisagree, match="the map run counts"):
        collect.handler(EVENT, context)
    assert [item.key for item in bucket.objects.filter(Prefix="results/bulk/r/results")] == []


def test_a_part_that_is_lost_is_not_passed_over(write, counted, context):
    write("SUCCEEDED_0.json", [(["a"], "SUCCEEDED")])
    counted(1, 1)
    with pytest.raises(ResultsDisagree, match="have no line, one is 'a'"):
        collect.handler(EVENT, context)


def test_an_execution_without_a_map_run_is_refused(scripted, context):
    scripted.answer(b'{"mapRuns": []}')
    with pytest.raises(InvalidEvent, match="has no map run"):
        collect.handler(EVENT, context)
