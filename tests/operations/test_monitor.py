"""`make monitor`: the monitor's own zip runs in the local cloud, and a person reads what it came to."""

import io
import os
import re
import uuid
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from rich.console import Console
from tests.builders import captured, make_role

from core.console import UserError
from operations import monitor_now, package, zips

BUCKET = "scones-run-monitor"
NAME = "e"
MODEL = "0123456789abcdef"


@pytest.fixture(scope="module")
def packed():
    """For Lambda's own processor and Python, as it is deployed."""
    return zips.pack(package.contents("monitor", package.ARCHITECTURE))


@pytest.fixture
def deployed(aws, packed, monkeypatch, cloud_variables):
    """Deploy the monitor with these settings; answer its name."""
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    role = make_role(aws("iam"), f"monitor-{uuid.uuid4()}")

    def deploy(**settings: str) -> str:
        made = aws("lambda").create_function(
            FunctionName=f"monitor-{uuid.uuid4()}",
            Role=role,
            Runtime="python3.13",
            Architectures=["arm64"],
            Handler="lambdas.monitor.handler",
            Code={"ZipFile": packed},
            Timeout=300,
            MemorySize=512,
            Environment={"Variables": settings},
        )
        return made["FunctionName"]

    return deploy


def read(drawn) -> str:
    printed = io.StringIO()
    Console(file=printed, width=160).print(drawn)
    return printed.getvalue()


def test_the_deployed_zip_says_what_came_to_the_endpoint(deployed, aws):
    now = datetime.now(UTC) - timedelta(seconds=1)
    aws("s3").create_bucket(Bucket=BUCKET)
    key = f"captures/{MODEL}/{NAME}/AllTraffic/{now:%Y/%m/%d/%H}/00-00-000-1.jsonl"
    lines = captured(now.isoformat(), "[0.98, 0.02]", image=None) * 3
    aws("s3").put_object(Bucket=BUCKET, Key=key, Body=lines + b"half a li")
    name = deployed(BUCKET=BUCKET, ENDPOINT_NAME=NAME, MODEL=MODEL, NAMESPACE="Scones/run")

    text = read(monitor_now.table(monitor_now.invoke(name)))
    (row,) = [line for line in text.splitlines() if MODEL in line]
    assert re.split(r" {2,}", row.strip()) == [
        f"{now:%m-%d %H}:00",
        MODEL,
        *("3", "0", "0", "1", "1.000", "-", "no baseline"),
    ]
    assert "24 hours without traffic" in text


def test_a_monitor_that_fails_says_why(deployed):
    name = deployed(BUCKET=BUCKET)
    with pytest.raises(
        UserError, match=rf"^{name} failed: InvalidSetting: ENDPOINT_NAME, NAMESPACE must be set$"
    ):
        monitor_now.invoke(name)


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({}, "You must specify a region"),
        ({"AWS_DEFAULT_REGION": "us-east-1"}, "Unable to locate credentials"),
        (
            {
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "local",
                "AWS_SECRET_ACCESS_KEY": "local",
                "AWS_ENDPOINT_URL": "http://localhost:9",
            },
            "Could not connect",
        ),
    ],
)
def test_a_function_that_cannot_be_reached_is_named_in_one_line(monkeypatch, tmp_path, variables, problem):
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # which keeps the keys of earlier tests
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    nowhere = {
        "AWS_CONFIG_FILE": tmp_path / "config",
        "AWS_SHARED_CREDENTIALS_FILE": tmp_path / "credentials",
    }
    for name, value in {**nowhere, "AWS_EC2_METADATA_DISABLED": "true", **variables}.items():
        monkeypatch.setenv(name, str(value))
    with pytest.raises(UserError, match=f"^the function scones-monitor cannot be run: {problem}.*$"):
        monitor_now.invoke("scones-monitor")
