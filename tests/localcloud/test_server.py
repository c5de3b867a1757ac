"""The server itself: several at once, and gone without a trace."""

import io
import os
import re
import signal
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import boto3
import pytest

from localcloud import server

SLEEPS = "import time\ndef handler(event, context):\n    time.sleep(60)\n"


def start(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """A local cloud whose temporary files go to the folder."""
    command = [sys.executable, "-m", "localcloud", "--port", "0"]
    environment = {**os.environ, "TMPDIR": str(folder)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    return process, re.fullmatch(
        r"local cloud ready at (http://127\.0\.0\.1:\d+)\n", process.stdout.readline()
    )[1]


def children_of(parent: int) -> set[int]:
    found = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    return {int(pid) for pid, ppid in (line.split() for line in found.splitlines()) if int(ppid) == parent}


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_with_every_process_and_file_that_it_made(how, tmp_path):
    process, url = start(tmp_path)
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "us-east-1"}
    role = boto3.client("iam", endpoint_url=url, **keys).create_role(
        RoleName="r", AssumeRolePolicyDocument="{}"
    )
    accepted = invoke_sleeper(boto3.client("lambda", endpoint_url=url, **keys), role["Role"]["Arn"])
    assert accepted == 202
    workers = wait_for(lambda: children_of(process.pid))
    assert list(tmp_path.iterdir())
    process.send_signal(how)
    assert process.wait(10) == 0
    process.stdout.close()
    assert workers
    assert not [pid for pid in workers if alive(pid)]
    assert not list(tmp_path.iterdir())


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


def test_what_it_cannot_do_is_said_at_once_and_the_server_lives(aws):
    budgets = aws("budgets")
    with pytest.raises(budgets.exceptions.ClientError, match="describe_budget_performance_history") as caught:
        budgets.describe_budget_performance_history(AccountId="123456789012", BudgetName="any")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert aws("sts").get_caller_identity()["Account"] == "123456789012"
