"""`make monitor`: the monitor's own zip runs in the local cloud, and a person reads what it came to."""

import io
import os
import re
import uuid
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from rich.console import Console
from tests.builders import captured, make_label, make_role

from core.console import UserError
from core.figures import true_accuracy
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
        *("3", "0", "0", "1", "1.000", "-", "-", "no baseline"),
    ]
    assert "24 hours without traffic" in text


def test_people_read_how_right_the_model_is_by_people_beside_its_own_estimate():
    labels = [make_label(f"{n}", label="bicycle" if n < 80 else "motorcycle") for n in range(100)]
    truth = true_accuracy.find(labels, {"2026-11-26": 300}, MODEL, 0.98)
    assert truth
    hour = {
        "since": "2026-11-27T09:00:00+00:00",
        "until": "2026-11-27T10:00:00+00:00",
        "model": MODEL,
        "records": 40,
        "unreadable": 0,
        "coverage": 0.9,
        "estimated_accuracy": 0.97,
        "drift": "steady",
    }
    found = {"results": [hour | {"truth": asdict(truth)}], "until": hour["until"]}
    (row,) = [line for line in read(monitor_now.table(found)).splitlines() if MODEL in line]
    assert re.split(r" {2,}", row.strip())[-3:] == ["0.970", "0.800", "steady"]
    (said,) = monitor_now.say_truths(found)
    assert said.startswith(f"{MODEL}: true accuracy of what was accepted, 2026-11-26 to 2026-11-26: 80.0%")
    before = {"results": [hour], "until": hour["until"]}
    assert not list(monitor_now.say_truths(before)), "the function of an earlier release does not know"
    assert "-" in read(monitor_now.table(before))


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
