"""State machines run the functions, fail by name, and many run at once."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

LOW = "class ThresholdConfidenceNotMet(Exception): pass\ndef handler(e, c): raise ThresholdConfidenceNotMet('LOW')\n"
ECHO = "def handler(event, context): return event\n"
FLAKY = (
    "n = 0\ndef handler(e, c):\n    global n\n    n += 1\n    if n < 3: raise ConnectionError\n    return n\n"
)


def task(function: str, **more) -> dict:
    parameters = {"FunctionName": function, "Payload.$": "$"}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": parameters,
        "ResultSelector": {"answer.$": "$.Payload"},
        "End": True,
        **more,
    }


def test_an_execution_fails_by_the_name_of_the_function_s_error(function, machine, execute):
    for state in (task(function(LOW)), {"Type": "Task", "Resource": function(LOW), "End": True}):
        ended = execute(machine({"Filter": state}))
        assert (ended["status"], ended["error"]) == ("FAILED", "ThresholdConfidenceNotMet")
        assert json.loads(ended["cause"])["errorMessage"] == "LOW"


def test_sqs_send_message_takes_what_was_caught_and_the_execution_s_name(function, machine, execute, aws):
    queue = aws("sqs").create_queue(QueueName="caught")["QueueUrl"]
    catch = [{"ErrorEquals": ["ThresholdConfidenceNotMet"], "ResultPath": "$.problem", "Next": "Send"}]
    body = {"key.$": "$.key", "reason.$": "$.problem.Error", "execution.$": "$$.Execution.Name"}
    send = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": queue, "MessageBody": body},
        "ResultPath": None,
        "Next": "Fail",
    }
    fail = {"Type": "Fail", "ErrorPath": "$.problem.Error", "CausePath": "$.problem.Cause"}
    arn = machine({"Filter": task(function(LOW), Catch=catch), "Send": send, "Fail": fail})
    ended = execute(arn, {"key": "incoming/x.png"})
    assert (ended["status"], ended["error"]) == ("FAILED", "ThresholdConfidenceNotMet")
    sent = json.loads(aws("sqs").receive_message(QueueUrl=queue)["Messages"][0]["Body"])
    expected = {"key": "incoming/x.png", "reason": "ThresholdConfidenceNotMet", "execution": ended["name"]}
    assert sent == expected


def test_transient_errors_are_retried(function, machine, execute):
    retry = {"ErrorEquals": ["ConnectionError"], "IntervalSeconds": 1, "MaxAttempts": 4, "BackoffRate": 1.5}
    retry |= {"MaxDelaySeconds": 1, "JitterStrategy": "FULL"}
    ended = execute(machine({"Classify": task(function(FLAKY), Retry=[retry])}))
    assert json.loads(ended["output"]) == {"answer": 3}


@pytest.mark.parametrize(
    ("code", "more", "error"),
    [
        ("import time\ndef handler(e, c): time.sleep(9)\n", {"TimeoutSeconds": 1}, "States.Timeout"),
        ("def handler(e, c): return 'x' * 300_000\n", {}, "States.DataLimitExceeded"),
        ("import os\ndef handler(e, c): os._exit(1)\n", {}, "Runtime.ExitError"),
    ],
)
def test_what_goes_wrong_has_the_name_that_aws_gives_it(function, machine, execute, code, more, error):
    assert execute(machine({"Classify": task(function(code), **more)}))["error"] == error


def test_a_throttled_function_has_the_name_to_retry(function, machine, execute, aws):
    arn = function(ECHO)
    aws("lambda").put_function_concurrency(FunctionName=arn, ReservedConcurrentExecutions=0)
    for state in (task(arn), {"Type": "Task", "Resource": arn, "End": True}):
        assert execute(machine({"Classify": state}))["error"] == "Lambda.TooManyRequestsException"


def test_an_execution_that_runs_out_of_time_says_so(machine, execute, aws):
    states = {"Wait": {"Type": "Wait", "Seconds": 9, "End": True}}
    definition = {"StartAt": "Wait", "TimeoutSeconds": 1, "States": states}
    arn = machine(states)
    aws("stepfunctions").update_state_machine(stateMachineArn=arn, definition=json.dumps(definition))
    ended = execute(arn)
    assert (ended["status"], ended["error"]) == ("TIMED_OUT", "States.Timeout")
    assert ended["stopDate"]


def test_the_history_names_the_states_from_either_end(function, machine, execute, aws):
    ended = execute(machine({"Serialize": task(function(ECHO))}))
    steps = aws("stepfunctions")
    arn = ended["executionArn"]
    last = steps.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=2)
    assert [event["type"] for event in last["events"]] == ["ExecutionSucceeded", "TaskStateExited"]
    assert last["events"][1]["stateExitedEventDetails"]["name"] == "Serialize"
    rest = steps.get_execution_history(executionArn=arn, reverseOrder=True, nextToken=last["nextToken"])
    assert rest["events"][-1]["type"] == "ExecutionStarted"


def test_a_list_of_executions_says_of_each_what_its_description_says(machine, execute, aws):
    steps = aws("stepfunctions")
    arn = machine({"Wait": {"Type": "Pass", "End": True}})
    assert steps.list_executions(stateMachineArn=arn)["executions"] == []
    ended = [execute(arn, {"number": number}) for number in range(3)]
    first = steps.list_executions(stateMachineArn=arn, maxResults=2)
    second = steps.list_executions(stateMachineArn=arn, nextToken=first["nextToken"])
    assert "nextToken" not in second
    fields = ("executionArn", "name", "startDate", "stateMachineArn", "status", "stopDate")
    wanted = [{name: one[name] for name in fields} for one in reversed(ended)]
    assert first["executions"] + second["executions"] == wanted


def test_what_one_execution_writes_into_a_result_no_other_sees(machine, execute):
    arn = machine(
        {
            "Assign": {"Type": "Pass", "Result": {"bay": "A"}, "ResultPath": "$.assignment", "Next": "Late"},
            "Late": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.late", "IsPresent": True, "Next": "Note"}],
                "Default": "Done",
            },
            "Note": {"Type": "Pass", "Result": True, "ResultPath": "$.assignment.late", "Next": "Done"},
            "Done": {"Type": "Succeed"},
        }
    )
    late, other = (json.loads(execute(arn, event)["output"]) for event in ({"late": 1}, {}))
    assert (late["assignment"], other["assignment"]) == ({"bay": "A", "late": True}, {"bay": "A"})


def test_each_execution_counts_its_own_retries(function, machine, execute, aws):
    code = "def handler(event, context): raise ValueError(event['number'])\n"
    again = [{"ErrorEquals": ["ValueError"], "MaxAttempts": 2, "IntervalSeconds": 1, "BackoffRate": 1}]
    arn = machine({"Fail": task(function(code), Retry=again)})
    with ThreadPoolExecutor(6) as pool:
        ended = list(pool.map(lambda number: execute(arn, {"number": number}), range(6)))
    for one in ended:
        events = aws("stepfunctions").get_execution_history(executionArn=one["executionArn"])["events"]
        tries = [event["type"] for event in events if event["type"] in ("LambdaFunctionFailed", "TaskFailed")]
        assert len(tries) == 3


def test_fifty_executions_at_once_without_a_name_all_end(function, machine, execute):
    echo = function(ECHO)
    first = task(echo, Next="Two")
    del first["End"]
    arn = machine({"One": first, "Two": task(echo)})
    with ThreadPoolExecutor(50) as pool:
        ended = list(pool.map(lambda number: execute(arn, {"number": number}), range(50)))
    assert [one["status"] for one in ended] == ["SUCCEEDED"] * 50
    assert [json.loads(one["output"])["answer"]["answer"]["number"] for one in ended] == list(range(50))


def test_a_definition_is_validated(aws):
    steps = aws("stepfunctions")
    good = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
    assert steps.validate_state_machine_definition(definition=good)["result"] == "OK"
    bad = steps.validate_state_machine_definition(definition='{"StartAt": "Done"}')
    assert bad["result"] == "FAIL"
    assert bad["diagnostics"][0]["severity"] == "ERROR"


@pytest.mark.parametrize(
    ("rule", "event", "outcome"),
    [
        ({"Variable": "$.version", "IsString": True}, {}, "States.Runtime"),
        ({"Variable": "$.version", "StringEquals": "v1"}, {}, "States.Runtime"),
        ({"Variable": "$nobody", "StringEquals": "v1"}, {}, "States.Runtime"),
        ({"Variable": "$.version", "IsPresent": True}, {}, "no"),
        ({"Variable": "$.version", "IsString": True}, {"version": None}, "no"),
        (
            {
                "And": [
                    {"Variable": "$.version", "IsPresent": True},
                    {"Variable": "$.version", "IsString": True},
                ]
            },
            {},
            "no",
        ),
    ],
)
def test_only_whether_it_is_there_may_be_asked_of_what_is_not(machine, execute, rule, event, outcome):
    choice = {"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No"}
    ends = {name: {"Type": "Fail", "Error": name.lower()} for name in ("Yes", "No")}
    assert execute(machine({"Choose": choice, **ends}), event)["error"] == outcome
