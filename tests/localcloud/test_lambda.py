"""A function fails in the local cloud as it fails in AWS, and the local cloud survives it."""

import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest


def test_a_warm_process_serves_one_request_after_another(function, invoke):
    counter = function("n = 0\ndef handler(event, context):\n    global n\n    n += 1\n    return n\n")
    assert [invoke(counter), invoke(counter), invoke(counter)] == [1, 2, 3]


def test_new_settings_take_new_processes(function, invoke, aws):
    code = "import os\nn = 0\ndef handler(e, c):\n    global n\n    n += 1\n    return [os.environ.get('MODE'), n]\n"
    arn = function(code)
    assert invoke(arn) == [None, 1]
    aws("lambda").update_function_configuration(FunctionName=arn, Environment={"Variables": {"MODE": "new"}})
    assert invoke(arn) == ["new", 1]


def test_the_handler_knows_its_request_and_its_time(function, invoke):
    arn = function(
        "def handler(event, context):\n"
        "    return [event, context.function_name, context.memory_limit_in_mb, context.invoked_function_arn,\n"
        "            len(context.aws_request_id), context.get_remaining_time_in_millis(), context.log_group_name]\n"
    )
    name = arn.rsplit(":", 1)[1]
    event, *answer, left, group = invoke(arn, {"key": "é"})
    assert (event, answer) == ({"key": "é"}, [name, "128", arn, 36])
    assert 9000 < left <= 10000
    assert group == f"/aws/lambda/{name}"


def test_a_zip_cannot_import_the_project_but_boto3(function, invoke):
    arn = function("import boto3\nimport core\ndef handler(event, context):\n    pass\n")
    answer = invoke(arn)
    assert answer["errorType"] == "Runtime.ImportModuleError"
    assert "No module named 'core'" in answer["errorMessage"]


def test_a_function_that_takes_too_long_is_ended(function, invoke):
    arn = function(
        "import time\ndef handler(event, context):\n    time.sleep(event)\n    return 1\n", Timeout=1
    )
    answer = invoke(arn, 30)
    assert answer["errorType"] == "Sandbox.Timedout"
    assert answer["errorMessage"].endswith("Task timed out after 1.00 seconds")
    assert invoke(arn, 0) == 1


@pytest.mark.parametrize(
    ("code", "reason"), [(3, "with error: exit status 3"), (0, "without providing a reason")]
)
def test_a_function_that_exits_is_an_exit_error(function, invoke, code, reason):
    answer = invoke(function("import sys\ndef handler(event, context):\n    sys.exit(event)\n"), code)
    assert answer["failed"] == "Unhandled"
    assert answer["errorType"] == "Runtime.ExitError"
    assert answer["errorMessage"].endswith(f"Error: Runtime exited {reason}")


def test_garbage_on_standard_output_is_only_log(function, invoke):
    arn = function(
        "import os, sys\n"
        "def handler(event, context):\n"
        "    sys.stdout.buffer.write(os.urandom(300_000) + b'\\0\\n{}')\n"
        '    os.write(1, b\'{"result": "wrong"\')\n'
        "    return 'right'\n"
    )
    assert [invoke(arn), invoke(arn)] == ["right", "right"]


def test_a_function_that_needs_too_much_memory_is_killed(function, invoke):
    arn = function(
        "def handler(event, context):\n    return len(bytearray(event * 1024 * 1024))\n", MemorySize=128
    )
    answer = invoke(arn, 300)
    assert answer["errorType"] == "Runtime.ExitError"
    assert answer["errorMessage"].endswith("signal: killed")
    assert invoke(arn, 1) == 1024 * 1024


def test_an_exception_has_the_shape_of_the_real_runtime(function, invoke):
    answer = invoke(function("def handler(event, context):\n    raise KeyError('gone')\n"))
    assert (answer["errorType"], answer["errorMessage"], answer["failed"]) == (
        "KeyError",
        "'gone'",
        "Unhandled",
    )
    assert len(answer["stackTrace"]) == 1
    assert "line 2, in handler" in answer["stackTrace"][0]


@pytest.mark.parametrize(
    ("code", "handler", "error"),
    [
        ("def other(): pass", "code_of_it.handler", "Runtime.HandlerNotFound"),
        ("", "missing.handler", "Runtime.ImportModuleError"),
        ("def handler(", "code_of_it.handler", "Runtime.UserCodeSyntaxError"),
        ("", "handler", "Runtime.MalformedHandlerName"),
        ("handler = lambda event, context: {1}", "code_of_it.handler", "Runtime.MarshalError"),
        (
            "handler = lambda event, context: 'x' * 7_000_000",
            "code_of_it.handler",
            "Function.ResponseSizeTooLarge",
        ),
    ],
)
def test_each_mistake_has_the_name_that_aws_gives_it(function, invoke, code, handler, error):
    assert invoke(function(code, Handler=handler))["errorType"] == error


def test_more_requests_than_reserved_are_throttled(function, aws):
    client = aws("lambda")
    arn = function("import time\ndef handler(event, context):\n    time.sleep(0.5)\n")
    client.put_function_concurrency(FunctionName=arn, ReservedConcurrentExecutions=2)

    def attempt(_):
        try:
            return client.invoke(FunctionName=arn)["StatusCode"]
        except client.exceptions.TooManyRequestsException as error:
            return error.response["ResponseMetadata"]["HTTPStatusCode"]

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(attempt, range(6))) == [200, 200, 429, 429, 429, 429]
    client.put_function_concurrency(FunctionName=arn, ReservedConcurrentExecutions=0)
    assert attempt(0) == 429


def test_as_many_requests_as_reserved_run_at_once(function, aws):
    """Each request waits until four are there, so that fewer than four processes never answer."""
    client = aws("lambda")
    code = (
        "import os, pathlib, tempfile, time\n"
        "def handler(event, context):\n"
        "    room = pathlib.Path(tempfile.gettempdir(), context.function_name)\n"
        "    room.mkdir(exist_ok=True)\n"
        "    (room / str(os.getpid())).touch()\n"
        "    while len(list(room.iterdir())) < 4: time.sleep(0.01)\n"
        "    time.sleep(0.5)\n"
        "    return os.getpid()\n"
    )
    arn = function(code, Timeout=20)
    client.put_function_concurrency(FunctionName=arn, ReservedConcurrentExecutions=4)

    def attempt(_):
        try:
            return json.loads(client.invoke(FunctionName=arn)["Payload"].read())
        except client.exceptions.TooManyRequestsException:
            return "throttled"

    with ThreadPoolExecutor(5) as pool:
        answers = set(pool.map(attempt, range(5)))
    assert "throttled" in answers
    assert len(answers) == 5


def test_many_requests_at_once_are_all_answered(function, invoke):
    arn = function("def handler(event, context):\n    return event\n")
    with ThreadPoolExecutor(30) as pool:
        assert list(pool.map(lambda number: invoke(arn, number), range(60))) == list(range(60))


def test_what_a_function_says_is_in_its_log(function, aws):
    arn = function(
        "import logging, json\n"
        "def handler(event, context):\n"
        "    print('half a line', end='')\n"
        "    logging.getLogger().warning('careful', extra={'key': 'incoming/x.png'})\n",
        LoggingConfig={"LogFormat": "JSON"},
    )
    answer = aws("lambda").invoke(FunctionName=arn, LogType="Tail")
    assert "REPORT RequestId:" in base64.b64decode(answer["LogResult"]).decode()
    found = aws("logs").filter_log_events(logGroupName=f"/aws/lambda/{arn.rsplit(':', 1)[1]}")["events"]
    start, line, printed, end, report = (event["message"] for event in found)
    assert start.startswith("START RequestId:")
    assert printed == "half a line"
    said = json.loads(line)
    assert (said["level"], said["message"], said["key"]) == ("WARNING", "careful", "incoming/x.png")
    assert end.startswith("END RequestId:")
    assert "Max Memory Used" in report


def test_a_record_of_several_lines_is_one_event_of_the_log(function, aws):
    arn = function(
        "import logging\ndef handler(event, context):\n    logging.error('one\\ntwo')\n    raise KeyError(1)\n"
    )
    aws("lambda").invoke(FunctionName=arn)
    found = aws("logs").filter_log_events(logGroupName=f"/aws/lambda/{arn.rsplit(':', 1)[1]}")["events"]
    _, record, error, _, _ = (event["message"] for event in found)
    assert record.endswith("one\ntwo")
    assert error.startswith("[ERROR] KeyError: 1\nTraceback (most recent call last):\n")


def test_what_a_function_printed_before_its_end_is_in_its_log(function, aws):
    arn = function("import os\ndef handler(event, context):\n    print('last words')\n    os._exit(1)\n")
    aws("lambda").invoke(FunctionName=arn)
    found = aws("logs").filter_log_events(logGroupName=f"/aws/lambda/{arn.rsplit(':', 1)[1]}")["events"]
    assert "last words" in [event["message"] for event in found]


@pytest.mark.parametrize("event", ["NaN", '{"inferences": [-Infinity]}', "{", "'text'"])
def test_an_event_that_is_no_json_is_refused_before_the_function_sees_it(function, aws, event):
    client, arn = aws("lambda"), function("def handler(event, context):\n    return event\n")
    with pytest.raises(
        client.exceptions.InvalidRequestContentException, match="Could not parse payload into json"
    ):
        client.invoke(FunctionName=arn, Payload=event)


def test_bytes_are_a_result_as_they_are(function, aws):
    arn = function("def handler(event, context):\n    return bytes(range(256))\n")
    assert aws("lambda").invoke(FunctionName=arn)["Payload"].read() == bytes(range(256))


def test_a_result_that_cannot_be_written_names_its_request(function, invoke):
    answer = invoke(
        function("def handler(event, context):\n    print(context.aws_request_id)\n    return {1}\n")
    )
    assert (answer["errorType"], len(answer["requestId"])) == ("Runtime.MarshalError", 36)


def test_the_handler_knows_its_client_context(function, aws):
    arn = function("def handler(event, context):\n    return context.client_context.custom\n")
    context = base64.b64encode(b'{"custom": {"driver": 7}}').decode()
    assert json.load(aws("lambda").invoke(FunctionName=arn, ClientContext=context)["Payload"]) == {
        "driver": 7
    }


@pytest.mark.parametrize("context", ["no base64", "bm8ganNvbg=="])
def test_a_client_context_that_cannot_be_read_is_refused(function, aws, context):
    client, arn = aws("lambda"), function("def handler(event, context):\n    pass\n")
    with pytest.raises(client.exceptions.InvalidRequestContentException, match="Client context"):
        client.invoke(FunctionName=arn, ClientContext=context)


def test_a_function_that_another_calls_is_in_the_same_trace(function, invoke):
    arn = function(
        "import boto3, json, os\n"
        "def handler(event, context):\n"
        "    trace = [os.environ['_X_AMZN_TRACE_ID']]\n"
        "    if event:\n"
        "        answer = boto3.client('lambda').invoke(FunctionName=context.function_name)\n"
        "        trace += json.load(answer['Payload'])\n"
        "    return trace\n"
    )
    caller, called = invoke(arn, True)
    (root, parent, sampled), other = (trace.split(";") for trace in (caller, called))
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", root)
    assert re.fullmatch(r"Parent=[0-9a-f]{16}", parent)
    assert (other[0], other[2]) == (root, sampled)
    assert other[1] != parent
    assert invoke(arn, False)[0].split(";")[0] != root


def test_an_asynchronous_request_that_fails_ends_in_the_dead_letter_queue(function, aws, until):
    sqs = aws("sqs")
    queue = sqs.create_queue(QueueName="dead-requests")["QueueUrl"]
    target = "arn:aws:sqs:us-east-1:123456789012:dead-requests"
    arn = function(
        "def handler(event, context):\n    raise ValueError('no')\n", DeadLetterConfig={"TargetArn": target}
    )
    aws("lambda").put_function_event_invoke_config(FunctionName=arn, MaximumRetryAttempts=0)
    accepted = aws("lambda").invoke(FunctionName=arn, InvocationType="Event", Payload='{"key": 1}')
    assert accepted["StatusCode"] == 202
    found = until(
        lambda: sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"]),
        lambda it: "Messages" in it,
    )
    message = found["Messages"][0]
    assert message["Body"] == '{"key": 1}'
    assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == "no"
