"""A stopped or failed execution is redriven: only what did not succeed runs again, and the results are the same."""

import time

import pytest
from botocore.exceptions import ClientError

COUNT = "def handler(event, context): return len(event['Items'])\n"
SLOW = "import time\ndef handler(event, context): time.sleep(0.3); return len(event['Items'])\n"


def test_a_run_that_is_stopped_and_redriven_gives_the_same_results(
    function, bulk, prefix, start, ended, map_run, results, aws, until
):
    steps = aws("stepfunctions")
    names = [f"{number:02}.png" for number in range(60)]
    folder = prefix(names)
    execution = start(bulk(function(SLOW), batch=2, then={"Type": "Succeed"}), folder)
    until(lambda: map_run(execution), lambda it: it["executionCounts"]["succeeded"] >= 4)
    steps.stop_execution(executionArn=execution, error="Enough", cause="a test")
    stopped = steps.describe_execution(executionArn=execution)
    assert (stopped["status"], stopped["error"], stopped["redriveStatus"]) == (
        "ABORTED",
        "Enough",
        "REDRIVABLE",
    )
    run = until(lambda: map_run(execution), lambda it: it["status"] == "ABORTED")
    before = run["executionCounts"]
    assert (before["running"], before["aborted"] > 0, before["pending"] > 0) == (0, True, True)
    time.sleep(0.5)
    assert map_run(execution)["executionCounts"] == before

    assert steps.redrive_execution(executionArn=execution)["redriveDate"] >= stopped["stopDate"]
    done = ended(execution)
    assert (done["status"], done["redriveCount"]) == ("SUCCEEDED", 1)
    again = map_run(execution)
    assert (again["mapRunArn"], again["redriveCount"]) == (run["mapRunArn"], 1)
    assert again["executionCounts"]["succeeded"] == again["executionCounts"]["total"] == 30
    manifest = done["output"]["ResultWriterDetails"]["Key"]
    assert manifest.endswith("/Redrive-1/manifest.json")
    files = results(manifest)
    assert sorted([key for entry in files["SUCCEEDED"] for key in entry["keys"]]) == [
        folder + name for name in names
    ]
    assert (files["FAILED"], files["PENDING"]) == ([], [])
    first = results(manifest.replace("Redrive-1/", ""))
    counted = {kind: len(entries) for kind, entries in first.items()}
    assert counted == {
        "FAILED": before["aborted"],
        "PENDING": before["pending"],
        "SUCCEEDED": before["succeeded"],
    }
    types = [event["type"] for event in steps.get_execution_history(executionArn=execution)["events"]]
    assert types.index("ExecutionAborted") < types.index("ExecutionRedriven") < types.index("MapRunRedriven")
    assert types[-1] == "ExecutionSucceeded"
    with pytest.raises(steps.exceptions.ExecutionNotRedrivable):
        steps.redrive_execution(executionArn=execution)


def test_a_run_that_is_stopped_while_it_selects_its_items_begins_with_the_list_when_it_is_redriven(
    function, bulk, start, ended, aws, until
):
    steps, items = aws("stepfunctions"), [{"Key": f"{number}"} for number in range(3_000)]
    arn = bulk(
        function("def handler(event, context): return [item['Item']['Key'] for item in event['Items']]\n"),
        ItemReader=None,
        ItemsPath="$.items",
        ItemSelector={"Index.$": "$$.Map.Item.Index", "Item.$": "$$.Map.Item.Value"},
        batch=1_500,
        ResultWriter=None,
    )
    execution = start(arn, items=items)
    until(lambda: steps.list_map_runs(executionArn=execution)["mapRuns"], bool)
    steps.stop_execution(executionArn=execution)
    steps.redrive_execution(executionArn=execution)
    done = ended(execution)
    assert done["status"] == "SUCCEEDED", done
    assert [key for batch in done["output"] for key in batch] == [item["Key"] for item in items]


def test_only_what_failed_runs_again_once_the_cause_is_gone(
    function, bulk, prefix, start, ended, map_run, aws, archive
):
    code = (
        "import boto3\ndef handler(event, context):\n"
        "    s3, key = boto3.client('s3'), event['Items'][0]['Key']\n"
        f"    seen = s3.list_objects_v2(Bucket='{archive}', Prefix='seen/' + key).get('KeyCount', 0)\n"
        f"    s3.put_object(Bucket='{archive}', Key=f'seen/{{key}}/{{seen}}')\n"
        f"    if key.endswith('/2'): s3.head_object(Bucket='{archive}', Key='mended')\n"
        "    return key\n"
    )
    folder, steps = prefix("0123"), aws("stepfunctions")
    execution = start(bulk(function(code), batch=1, ResultWriter=None, MaxConcurrency=1), folder)
    assert ended(execution)["error"] == "States.ExceedToleratedFailureThreshold"
    assert map_run(execution)["executionCounts"]["pending"] == 1
    aws("s3").put_object(Bucket=archive, Key="mended")
    steps.redrive_execution(executionArn=execution)
    assert ended(execution)["output"] == [folder + name for name in "0123"]
    seen = aws("s3").list_objects_v2(Bucket=archive, Prefix="seen/" + folder)["Contents"]
    tries = [thing["Key"].removeprefix("seen/" + folder) for thing in seen]
    assert tries == ["0/0", "1/0", "2/0", "2/1", "3/0"]


def test_a_redrive_goes_on_after_the_map_when_that_has_ended(
    function, bulk, prefix, start, ended, map_run, aws
):
    code = "n = 0\ndef handler(e, c):\n    global n\n    n += 1\n    return n // (n - 1)\n"
    then = {"Type": "Task", "Resource": function(code), "End": True}
    execution = start(bulk(function(COUNT), then=then), prefix("0123"))
    assert ended(execution)["error"] == "ZeroDivisionError"
    aws("stepfunctions").redrive_execution(executionArn=execution)
    assert ended(execution)["output"] == 2
    assert map_run(execution)["redriveCount"] == 0


def test_a_redrive_into_a_parallel_is_refused(machine, execute, aws):
    branch = {"StartAt": "Stop", "States": {"Stop": {"Type": "Fail", "Error": "No"}}}
    failed = execute(machine({"Both": {"Type": "Parallel", "Branches": [branch], "End": True}}))
    assert failed["error"] == "No"
    with pytest.raises(ClientError, match="redrives no Parallel"):
        aws("stepfunctions").redrive_execution(executionArn=failed["executionArn"])


def test_who_starts_after_a_redrive_begins_at_the_beginning(machine, execute, ended, aws):
    steps = aws("stepfunctions")
    states = {
        "First": {"Type": "Pass", "Next": "Last"},
        "Last": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.right", "IsPresent": True, "Next": "Done"}],
            "Default": "Wrong",
        },
        "Wrong": {"Type": "Fail", "Error": "Wrong"},
        "Done": {"Type": "Succeed"},
    }
    arn = machine(states)
    wrong = execute(arn, {})
    assert wrong["error"] == "Wrong"
    steps.redrive_execution(executionArn=wrong["executionArn"])
    assert ended(wrong["executionArn"])["error"] == "Wrong"
    right = execute(arn, {"right": 1})
    events = steps.get_execution_history(executionArn=right["executionArn"])["events"]
    entered = [it["stateEnteredEventDetails"]["name"] for it in events if "stateEnteredEventDetails" in it]
    assert entered == ["First", "Last", "Done"]
