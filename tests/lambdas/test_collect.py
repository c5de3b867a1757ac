"""Collect as Step Functions calls it: a real S3 (moto), and map runs that are counted as told."""

import json
from datetime import UTC, datetime

import pytest

from core.contract.bulk_errors import ResultsDisagree
from core.contract.errors import InvalidEvent, StorageUnavailable
from core.contract.lines import Line, join
from lambdas import collect, line_ranges, write_once
from lambdas.bulk_parts import Part

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

    def say(total, succeeded, status="SUCCEEDED"):
        found = {
            "mapRuns": [{"mapRunArn": RUN, "startDate": datetime.now(UTC).timestamp()}],
            "mapRunArn": RUN,
            "status": status,
            "itemCounts": {"total": total, "succeeded": succeeded},
        }
        scripted.answer(json.dumps(found).encode())

    return say


def items(keys, first=0):
    """As the state machine's ItemSelector makes them; a key that is none is the item itself."""
    return [
        {"Index": first + number, "Item": {"Key": key} if isinstance(key, str) else key}
        for number, key in enumerate(keys)
    ]


@pytest.fixture
def write(bucket):
    """Leave an attempt's result files, as the map's ResultWriter does: keys and statuses of batches, by file."""
    successes: list[dict] = []

    def entry(keys, status, error=None):
        batch = json.dumps({"BatchInput": {"run": "r"}, "Items": items(keys)})
        return {"Input": batch, "Status": status} | ({"Error": error} if error else {})

    def put(folder="", **files):
        named = {"FAILED": [], "PENDING": [], "SUCCEEDED": successes}
        for kind, entries in files.items():
            body = "\n".join(json.dumps(entry(*it)) for it in entries).encode()
            key = f"{MAP}/{folder}{kind}_0.jsonl"
            bucket.put_object(Key=key, Body=body)
            named[kind].append({"Key": key, "Size": len(body)})
        bucket.put_object(
            Key=f"{MAP}/{folder}manifest.json", Body=json.dumps({"ResultFiles": named}).encode()
        )

    return put


@pytest.fixture
def part(bucket):
    """Leave a batch's part: what became of its images, by key."""

    def put(outcomes, keys=None, first=0):
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
        bucket.put_object(
            Key=Part.of(items(keys or outcomes, first)).name("results/bulk/r"), Body=join(lines).encode()
        )

    return put


@pytest.fixture
def collected(bucket, context):
    """Go the three steps, as the state machine does; the summary."""

    def go():
        collect.handler(EVENT | {"step": "list"}, context)
        ranges = json.loads(read(bucket, "ranges.json"))
        for asked in reversed(ranges):
            collect.handler({"step": "gather", "run": "r", "range": asked}, context)
        return collect.handler(EVENT | {"step": "sum"}, context)["body"]

    return go


def read(bucket, name):
    return bucket.Object(f"results/bulk/r/{name}").get()["Body"].read().decode()


def outcomes(bucket):
    """Of all parts: each line's key, outcome and error."""
    parts = [item.get()["Body"].read() for item in bucket.objects.filter(Prefix="results/bulk/r/parts/")]
    lines = [json.loads(line) for part in parts for line in part.splitlines()]
    return sorted((line["s3_key"], line["outcome"], line["error"]) for line in lines)


def test_every_object_that_was_listed_is_in_one_part_and_counted(bucket, write, part, counted, collected):
    write(
        SUCCEEDED=[(["ü b", "a"], "SUCCEEDED")],
        FAILED=[(["d"], "FAILED", "Runtime.ExitError"), (["c"], "ABORTED")],
        PENDING=[(["e\n\u2028f"], "PENDING")],
    )
    part({"ü b": "accepted", "a": "review"})
    counted(5, 2)
    summary = {
        "run": "r",
        "images": 5,
        "accepted": 1,
        "review": 1,
        "failed": 3,
        "labels": {"bicycle": 1},
        "errors": {"NotReached": 2, "Runtime.ExitError": 1},
        "parts": 4,
    }
    assert collected() == summary
    assert json.loads(read(bucket, "summary.json")) == summary
    assert outcomes(bucket) == [
        ("a", "review", "ThresholdConfidenceNotMet"),
        ("c", "failed", "NotReached"),
        ("d", "failed", "Runtime.ExitError"),
        ("e\n\u2028f", "failed", "NotReached"),
        ("ü b", "accepted", None),
    ]
    failed = json.loads(read(bucket, "failed.json"))
    assert sorted(item["Key"] for item in failed) == ["c", "d", "e\n\u2028f"]


def test_done_twice_it_is_the_same(bucket, write, part, counted, collected):
    write(SUCCEEDED=[(["a"], "SUCCEEDED")], FAILED=[(["b"], "FAILED", "Sandbox.Timedout")])
    part({"a": "accepted"})
    counted(2, 1)
    first, found = collected(), outcomes(bucket)
    assert (collected(), outcomes(bucket)) == (first, found)


@pytest.mark.parametrize("length", [40, 131, 10_000])
def test_however_the_files_are_cut_each_batch_is_counted_once(
    write, part, counted, collected, monkeypatch, length
):
    monkeypatch.setattr(line_ranges, "BYTES", length)
    batches = [[f"{'ü' * number}{number}"] for number in range(9)]
    write(SUCCEEDED=[(keys, "SUCCEEDED") for keys in batches])
    for keys in batches:
        part({keys[0]: "accepted"})
    counted(9, 9)
    summary = collected()
    assert (summary["images"], summary["parts"], summary["failed"]) == (9, 9, 0)


def test_a_redrive_s_files_replace_what_the_first_attempt_said(bucket, write, part, counted, collected):
    write(SUCCEEDED=[(["a"], "SUCCEEDED")], FAILED=[(["b"], "ABORTED"), (["c"], "ABORTED")])
    write(
        "Redrive-1/",
        SUCCEEDED=[(["b"], "SUCCEEDED")],
        FAILED=[(["c"], "FAILED", "Sandbox.Timedout")],
    )
    part({"a": "accepted"})
    part({"b": "accepted"})
    counted(3, 2)
    collected()
    assert [error for _, _, error in outcomes(bucket)] == [None, None, "Sandbox.Timedout"]


def test_the_tenth_redrive_comes_after_the_ninth(write, part, counted, bucket, collected):
    write("Redrive-9/", FAILED=[(["a"], "FAILED", "Sandbox.Timedout")])
    write("Redrive-10/", SUCCEEDED=[(["a"], "SUCCEEDED")])
    part({"a": "accepted"})
    counted(1, 1)
    assert collected()["images"] == 1
    assert outcomes(bucket) == [("a", "accepted", None)]


def test_storage_that_does_not_answer_is_called_so(scripted, monkeypatch, context):
    monkeypatch.setattr(collect, "ATTEMPTS", 1)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", scripted.url)
    scripted.answer(b"", 503)
    with pytest.raises(StorageUnavailable, match="SUCCEEDED_0"):
        asked = {"key": f"{MAP}/SUCCEEDED_0.jsonl", "start": 0, "end": 9}
        collect.handler({"step": "gather", "run": "r", "range": asked}, context)
    collect.s3.cache_clear()
    collect.stepfunctions.cache_clear()


def test_a_line_stands_even_if_its_batch_failed_after_it_was_written(bucket, write, part, counted, collected):
    write(FAILED=[(["a", "b"], "ABORTED")])
    part({"a": "accepted", "b": "failed"})
    counted(2, 0)
    collected()
    assert outcomes(bucket) == [("a", "accepted", None), ("b", "failed", "NotAnImage")]


def test_a_batch_that_is_late_finds_its_part_written_and_leaves_it(bucket, write, counted, collected):
    write(FAILED=[(["a"], "ABORTED")])
    counted(1, 0)
    collected()
    name = Part.of(items(["a"])).name("results/bulk/r")
    late = [Line("a", outcome="accepted", label="bicycle")]
    assert not write_once.write(collect.s3(), bucket.name, name, join(late).encode())
    assert outcomes(bucket) == [("a", "failed", "NotReached")]


def test_nothing_listed_is_an_empty_result(bucket, counted, collected):
    counted(0, 0)
    assert collected()["images"] == 0
    assert json.loads(read(bucket, "failed.json")) == []


@pytest.mark.parametrize("counts", [(2, 1), (1, 0)])
def test_results_that_are_not_of_what_was_listed_are_refused(bucket, write, part, counted, counts, collected):
    write(SUCCEEDED=[(["a"], "SUCCEEDED")])
    part({"a": "accepted"})
    counted(*counts)
    with pytest.raises(ResultsDisagree, match="the map run counts"):
        collected()
    assert [item.key for item in bucket.objects.filter(Prefix="results/bulk/r/summary")] == []


def test_a_part_that_is_lost_is_named(write, part, counted, collected):
    write(SUCCEEDED=[(["a", "b"], "SUCCEEDED"), (["c"], "SUCCEEDED")])
    part({"c": "accepted"})
    counted(3, 3)
    name = Part.of(items(["a", "b"])).name("results/bulk/r")
    with pytest.raises(ResultsDisagree, match=f"{name}, of 2 objects from 'a' on, is missing"):
        collected()


@pytest.mark.parametrize("lines", [{"a": "accepted"}, {"a": "accepted", "c": "accepted"}])
def test_a_part_that_is_not_of_its_batch_is_named(write, part, counted, collected, lines):
    write(SUCCEEDED=[(["a", "b"], "SUCCEEDED")])
    part(lines, keys=["a", "b"])
    counted(2, 2)
    with pytest.raises(ResultsDisagree, match="is not of its 2 objects, 'a' and so on"):
        collected()


def test_many_failures_are_one_list_that_is_written_in_pieces(bucket, write, counted, collected, monkeypatch):
    monkeypatch.setattr(line_ranges, "BYTES", 500_000)
    keys = [f"{'x' * 900}{number:05}" for number in range(12_000)]
    write(FAILED=[(keys[start : start + 200], "ABORTED") for start in range(0, len(keys), 200)])
    counted(len(keys), 0)
    assert collected()["failed"] == len(keys)
    found = bucket.Object("results/bulk/r/failed.json").get()
    assert "-" in found["ETag"]  # of several pieces
    assert sorted(item["Key"] for item in json.loads(found["Body"].read())) == keys


@pytest.mark.parametrize("broken", [None, 7, {"key": "a"}, {"Key": 7}, {"Key": "\ud800"}])
def test_an_item_that_is_none_has_its_line_as_well(bucket, write, counted, collected, broken):
    write(FAILED=[([broken, "b"], "FAILED", "InvalidEvent")])
    counted(2, 0)
    assert collected()["failed"] == 2
    expected = broken["Key"] if broken == {"Key": "\ud800"} else json.dumps(broken)
    assert {key for key, _, _ in outcomes(bucket)} == {expected, "b"}


def test_what_a_list_names_twice_has_two_lines(bucket, part, counted, collected):
    names = ["a", "b"]
    entry = {"Status": "SUCCEEDED"}
    lines = [json.dumps(entry | {"Input": json.dumps({"Items": items(names, first)})}) for first in (0, 2)]
    body = "\n".join(lines).encode()
    bucket.put_object(Key=f"{MAP}/SUCCEEDED_0.jsonl", Body=body)
    files = {"SUCCEEDED": [{"Key": f"{MAP}/SUCCEEDED_0.jsonl", "Size": len(body)}]}
    bucket.put_object(Key=f"{MAP}/manifest.json", Body=json.dumps({"ResultFiles": files}).encode())
    for first in (0, 2):
        part(dict.fromkeys(names, "accepted"), first=first)
    counted(4, 4)
    summary = collected()
    assert (summary["images"], summary["parts"]) == (4, 2)
    assert len(outcomes(bucket)) == 4


def test_names_with_line_ends_in_them_are_told_from_two_names():
    assert Part.of(items(["a", "b"])).name("") != Part.of(items(["a\nb"])).name("")


def test_files_that_are_not_there_yet_are_waited_for(counted, context):
    counted(3, 3)
    with pytest.raises(ResultsDisagree, match="counts 3 items, and no manifest is below"):
        collect.handler(EVENT | {"step": "list"}, context)


def test_batches_that_were_at_work_when_a_run_was_given_up_may_have_ended_since(
    write, part, counted, collected
):
    write(FAILED=[(["a"], "ABORTED"), (["b"], "FAILED", "EndpointNotFound")])
    part({"a": "accepted"})
    counted(2, 1, "FAILED")
    assert collected()["accepted"] == 1


def test_an_execution_without_a_map_run_is_refused(scripted, context):
    scripted.answer(b'{"mapRuns": []}')
    with pytest.raises(InvalidEvent, match="has no map run"):
        collect.handler(EVENT | {"step": "list"}, context)


def test_an_unknown_step_is_refused(context):
    with pytest.raises(InvalidEvent, match="step must be list, gather or sum, not None"):
        collect.handler(EVENT, context)
