"""The server itself: several at once, and gone without a trace."""

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import boto3
import psutil
import pytest
from tests.builders import make_role

from localcloud import defects, server

SLEEPS = "import time\ndef handler(event, context):\n    time.sleep(60)\n"


def start(folder: Path, *options: str | Path) -> tuple[subprocess.Popen[str], str]:
    """A local cloud whose temporary files go to the folder."""
    command = [sys.executable, "-m", "localcloud", "--port", "0", *options]
    environment = {**os.environ, "TMPDIR": str(folder)}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    ready = re.fullmatch(r"local cloud ready at (http://127\.0\.0\.1:\d+)\n", process.stdout.readline())
    assert ready is not None
    return process, ready[1]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_with_every_process_and_file_that_it_made(how, tmp_path):
    process, url = start(tmp_path)
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "us-east-1"}
    role = make_role(boto3.client("iam", endpoint_url=url, **keys), "r")
    accepted = invoke_sleeper(boto3.client("lambda", endpoint_url=url, **keys), role)
    assert accepted == 202
    workers = wait_for(psutil.Process(process.pid).children)
    assert list(tmp_path.iterdir())
    process.send_signal(how)
    assert process.wait(10) == 0
    assert process.communicate()[1] == "", "to be stopped is no defect"
    assert workers
    assert not [worker for worker in workers if worker.is_running()]
    assert not list(tmp_path.iterdir())


def test_it_says_where_an_api_is_that_was_made_in_it_and_where_its_console_is(tmp_path):
    process, url = start(tmp_path)
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "us-east-1"}
    gateway = boto3.client("apigatewayv2", endpoint_url=url, **keys)
    api = gateway.create_api(Name="photos", ProtocolType="HTTP")
    other = gateway.create_api(Name="other", ProtocolType="HTTP")
    for route in ("GET /photos", "GET /", "GET /review"):
        gateway.create_route(ApiId=api["ApiId"], RouteKey=route)
    gateway.create_route(ApiId=other["ApiId"], RouteKey="GET /photos")
    process.send_signal(signal.SIGTERM)
    printed = process.communicate()[0]
    assert f"the API photos is at {api['ApiEndpoint']}\n" in printed
    said = f"its console is at {api['ApiEndpoint']}/: make console opens it, signed in\n"
    assert (said in printed, printed.count("console is at")) == (True, 1)
    assert api["ApiEndpoint"].startswith(url.replace("127.0.0.1", "localhost"))


def test_one_that_somebody_owns_is_not_ended_by_a_ctrl_c_that_reaches_both(tmp_path):
    process, url = start(tmp_path, "--owned")
    process.send_signal(signal.SIGINT)
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "us-east-1"}
    assert boto3.client("s3", endpoint_url=url, **keys).list_buckets()["Buckets"] == []
    process.terminate()
    assert process.wait(10) == 0


def invoke_sleeper(client, role: str) -> int:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("sleeps.py", SLEEPS)
    client.create_function(
        FunctionName="sleeps",
        Role=role,
        Runtime="python3.13",
        Handler="sleeps.handler",
        Timeout=60,
        Code={"ZipFile": packed.getvalue()},
    )
    return client.invoke(FunctionName="sleeps", InvocationType="Event")["StatusCode"]


def wait_for(look):
    for _ in range(100):
        if found := look():
            return found
        time.sleep(0.05)
    return look()


def test_two_at_once_know_nothing_of_each_other(cloud):
    with server.running() as other:
        assert other != cloud
        keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "us-east-1"}
        boto3.client("s3", endpoint_url=other, **keys).create_bucket(Bucket="only-in-the-other")
        here = boto3.client("s3", endpoint_url=cloud, **keys).list_buckets()["Buckets"]
        assert "only-in-the-other" not in [bucket["Name"] for bucket in here]


def test_a_port_that_is_taken_is_one_clear_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "localcloud", "--port", str(port)]
        ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"error: port {port} cannot be had")
    assert ended.stderr.count("\n") == 1


def test_a_pace_that_is_none_is_one_clear_line():
    command = [sys.executable, "-m", "localcloud", "--port", "0", "--pace", "0"]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "error: --pace 0.0 is no pace: give a number above 0, at most 600\n"


def test_what_it_cannot_do_is_said_at_once_and_the_server_lives(aws):
    budgets = aws("budgets")
    with pytest.raises(budgets.exceptions.ClientError, match="describe_budget_performance_history") as caught:
        budgets.describe_budget_performance_history(AccountId="123456789012", BudgetName="any")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert aws("sts").get_caller_identity()["Account"] == "123456789012"


def test_a_defect_of_its_own_is_one_line_with_the_place_of_its_traceback(tmp_path):
    log = tmp_path / "logs/cloud.log"
    process, url = start(tmp_path, "--log", log)
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "us-east-1"}
    budgets = boto3.client("budgets", endpoint_url=url, **keys)
    with pytest.raises(budgets.exceptions.ClientError, match=f"a defect of its own: .* Its log: {log}"):
        budgets.describe_budget_performance_history(AccountId="123456789012", BudgetName="any")
    process.terminate()
    (line,) = process.communicate()[1].splitlines()
    assert line.startswith("the local cloud failed, by a defect of its own: NotImplementedError: ")
    assert line.endswith(f"Its log: {log}")
    assert "Traceback" in log.read_text()
    assert "describe_budget_performance_history" in log.read_text()


def test_a_defect_in_a_thread_is_one_line_too(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    defects.install(tmp_path / "log")
    try:
        thread = threading.Thread(target=lambda: json.loads("no\njson"))
        thread.start()
        thread.join()
    finally:
        defects.stop()
    (line,) = capsys.readouterr().err.splitlines()
    assert "a defect of its own: JSONDecodeError: Expecting value" in line
    assert "Traceback" in (tmp_path / "log").read_text()
