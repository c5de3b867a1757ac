"""A Distributed Map runs each object of a prefix exactly once, counts while it goes, and leaves its results in S3."""

import json
from datetime import timedelta
from unittest.mock import create_autospec

import pytest
from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.eval.environment import Environment

from localcloud.states.map_children import Child, now
from localcloud.states.map_runs import EXPRESS_SECONDS

COUNT = "def handler(event, context): return len(event['Items'])\n"
ITEMS = [{"Key": f"ü {number}"} for number in range(4)]
ECHO = "def handler(event, context): return event\n"
POISON = (
    "def handler(event, context):\n"
    "    if any('poison' in item['Key'] for item in event['Items']): raise ValueError('poison')\n"
    "    return len(event['Items'])\n"
)
SLOW = "import time\ndef handler(event, context): time.sleep(0.3); return len(event['Items'])\n"


def test_every_object_of_a_prefix_is_in_one_batch_and_one_result(
    function, bulk, prefix, start, ended, map_run, results
):
    names = [f"{number:04} näh & fern.png" for number in range(1_005)]
    folder = prefix(names)
    execution = start(bulk(function(COUNT), batch=100), folder)
    done = ended(execution)
    assert done["status"] == "SUCCEEDED"
    run = map_run(execution)
    assert run["status"] == "SUCCEEDED"
    assert (run["itemCounts"]["succeeded"], run["itemCounts"]["resultsWritten"]) == (1_005, 1_005)
    assert (run["executionCounts"]["total"], run["executionCounts"]["pending"]) == (11, 0)
    assert done["output"]["MapRunArn"] == run["mapRunArn"]
    files = results(done["output"]["ResultWriterDetails"]["Key"])
    assert [key for entry in files["SUCCEEDED"] for key in entry["keys"]] == [folder + name for name in names]
    assert (files["FAILED"], files["PENDING"]) == ([], [])
    first = files["SUCCEEDED"][0]
    assert first["Output"] == "100"
    assert ":express:" in first["ExecutionArn"]
    content = json.loads(first["Input"])
    assert content["BatchInput"]["run"] == json.loads(done["input"])["run"]
    assert set(content["Items"][0]) == {"Etag", "Key", "LastModified", "Size", "StorageClass"}


def test_results_are_json_lines_where_they_are_asked_for(function, bulk, prefix, start, ended, aws, archive):
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": archive, "Prefix": "lines"},
        "WriterConfig": {"OutputType": "JSONL", "Transformation": "NONE"},
    }
    folder = prefix(f"{number}.png" for number in range(5))
    done = ended(start(bulk(function(COUNT), batch=2, ResultWriter=writer), folder))
    read = lambda key: aws("s3").get_object(Bucket=archive, Key=key)["Body"].read()  # noqa: E731
    (file,) = json.loads(read(done["output"]["ResultWriterDetails"]["Key"]))["ResultFiles"]["SUCCEEDED"]
    assert file["Key"].endswith("/SUCCEEDED_0.jsonl")
    lines = [json.loads(line) for line in read(file["Key"]).splitlines()]
    assert [line["Output"] for line in lines] == ["2", "2", "1"]


def test_an_empty_prefix_ends_well(function, bulk, start, ended, map_run, results):
    execution = start(bulk(function(COUNT)), "bulk/nothing/")
    done = ended(execution)
    assert done["status"] == "SUCCEEDED"
    assert map_run(execution)["itemCounts"]["total"] == 0
    files = results(done["output"]["ResultWriterDetails"]["Key"])
    assert files == {"FAILED": [], "PENDING": [], "SUCCEEDED": []}


@pytest.mark.parametrize(
    ("config", "body"),
    [
        ({"InputType": "JSON"}, json.dumps(ITEMS)),
        ({"InputType": "JSONL"}, "\n".join(map(json.dumps, ITEMS))),
        ({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}, "Key\nü 0\nü 1\nü 2\nü 3\n"),
    ],
)
def test_items_come_from_a_file_up_to_the_most_asked_for(
    function, bulk, start, ended, aws, archive, config, body
):
    aws("s3").put_object(Bucket=archive, Key="retry/items", Body=body.encode())
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {**config, "MaxItemsPath": "$.most"},
        "Parameters": {"Bucket": archive, "Key": "retry/items"},
    }
    selector = {"name.$": "$$.Map.Item.Value.Key", "index.$": "$$.Map.Item.Index", "run.$": "$.run"}
    arn = bulk(function(ECHO), ItemReader=reader, ItemSelector=selector, ItemBatcher=None, ResultWriter=None)
    expected = [{"name": f"ü {number}", "index": number, "run": "r"} for number in range(3)]
    assert ended(start(arn, run="r", most=3))["output"] == expected


def test_items_come_from_the_state_s_input(function, bulk, start, ended):
    arn = bulk(
        function(ECHO),
        ItemReader=None,
        ItemsPath="$.items",
        ItemBatcher=None,
        ResultWriter=None,
        MaxConcurrency=0,
    )
    assert ended(start(arn, items=[1, "two", {"three": 3}]))["output"] == [1, "two", {"three": 3}]


def test_batches_are_no_larger_than_asked_in_bytes(function, bulk, prefix, start, ended):
    batcher = {"MaxInputBytesPerBatch": 500}
    arn = bulk(function(ECHO), ItemBatcher=batcher, ResultWriter=None)
    batches = ended(start(arn, prefix(f"{number}.png" for number in range(8))))["output"]
    sizes = [len(json.dumps(batch, separators=(",", ":"))) for batch in batches]
    assert sum(len(batch["Items"]) for batch in batches) == 8
    assert max(sizes) <= 500 < 2 * max(sizes)


def test_failed_batches_are_tolerated_up_to_the_share_asked_for(
    function, bulk, prefix, start, ended, map_run, results
):
    names = [f"{number:02}.png" for number in range(38)] + ["98 poison.png", "99 poison.png"]
    folder, poison = prefix(names), function(POISON)
    arn = bulk(poison, batch=2, ToleratedFailurePercentage=5)
    execution = start(arn, folder)
    done = ended(execution)
    assert done["status"] == "SUCCEEDED"
    run = map_run(execution)
    assert (run["itemCounts"]["succeeded"], run["itemCounts"]["failed"]) == (38, 2)
    failed = results(done["output"]["ResultWriterDetails"]["Key"])["FAILED"]
    assert [entry["Error"] for entry in failed] == ["ValueError"]
    assert [key for entry in failed for key in entry["keys"]] == [folder + name for name in names[-2:]]

    execution = start(bulk(poison, batch=2, ToleratedFailureCount=1), folder)
    assert ended(execution)["error"] == "States.ExceedToleratedFailureThreshold"
    assert map_run(execution)["status"] == "FAILED"


def test_a_function_that_is_killed_fails_its_own_batch_only(function, bulk, prefix, start, ended, results):
    code = (
        "import os\ndef handler(event, context):\n"
        "    if event['Items'][0]['Key'].endswith('/3'): os.kill(os.getpid(), 9)\n"
        "    return event['Items'][0]['Key']\n"
    )
    done = ended(start(bulk(function(code), batch=1, ToleratedFailurePercentage=50), prefix("0123456789")))
    files = results(done["output"]["ResultWriterDetails"]["Key"])
    assert len(files["SUCCEEDED"]) == 9
    assert [entry["Error"] for entry in files["FAILED"]] == ["Runtime.ExitError"]


def test_two_runs_at_once_do_not_mix(function, bulk, prefix, start, ended):
    arn = bulk(function(ECHO), batch=5, ResultWriter=None)
    folders = [prefix(f"{run}-{number}" for number in range(40)) for run in range(2)]
    executions = [start(arn, folder) for folder in folders]
    for folder, execution in zip(folders, executions, strict=True):
        found = [item["Key"] for batch in ended(execution)["output"] for item in batch["Items"]]
        assert len(found) == 40
        assert all(key.startswith(folder) for key in found)


def test_the_counts_move_and_concurrency_can_be_changed_while_it_runs(
    function, bulk, prefix, start, ended, map_run, aws, until
):
    execution = start(bulk(function(SLOW), batch=1, MaxConcurrency=1), prefix(map(str, range(12))))
    run = until(lambda: map_run(execution), lambda it: it["itemCounts"]["succeeded"] >= 1)
    counts = run["executionCounts"]
    assert (run["status"], counts["running"], counts["total"]) == ("RUNNING", 1, 12)
    assert counts["pending"] + counts["succeeded"] == 11
    aws("stepfunctions").update_map_run(mapRunArn=run["mapRunArn"], maxConcurrency=6)
    run = until(lambda: map_run(execution), lambda it: it["executionCounts"]["running"] == 6)
    assert run["maxConcurrency"] == 6
    assert ended(execution)["status"] == "SUCCEEDED"


def test_what_cannot_be_read_or_written_fails_by_name(function, bulk, start, ended):
    arn, here = function(COUNT), {"Bucket": "no-such-archive", "Prefix": "x"}
    reader = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": here}
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": here}
    assert ended(start(bulk(arn, ItemReader=reader)))["error"] == "States.ItemReaderFailed"
    assert ended(start(bulk(arn, ResultWriter=writer), "none/"))["error"] == "States.ResultWriterFailed"


@pytest.mark.parametrize(
    "more",
    [
        {"ItemBatcher": {"MaxItems": 3}},
        {"ResultWriter": {"WriterConfig": {"OutputType": "JSONL", "Transformation": "FLATTEN"}}},
        {
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:getObject",
                "Parameters": {},
                "ReaderConfig": {"InputType": "PARQUET"},
            }
        },
    ],
)
def test_what_the_local_cloud_does_not_know_is_refused_when_the_machine_is_made(bulk, more):
    with pytest.raises(ClientError, match="the local cloud"):
        bulk("arn", **more)


@pytest.mark.parametrize(
    ("express", "seconds", "over"), [(True, 301, True), (True, 299, False), (False, 301, False)]
)
def test_only_an_express_child_has_no_more_than_five_minutes(express, seconds, over):
    child = Child({}, 1, "arn:aws:states:us-east-1:123456789012:stateMachine:m", express)
    assert not child.overdue(EXPRESS_SECONDS)
    child.env, child.started = create_autospec(Environment, instance=True), now() - timedelta(seconds=seconds)
    assert child.overdue(EXPRESS_SECONDS) is over
