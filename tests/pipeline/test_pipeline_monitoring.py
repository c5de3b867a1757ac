"""Watching the deployed environment: the monitor function and the report, as make runs them."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.builders import make_label, put_label

from core.contract import register
from monitoring.capture import Capture
from training import dataset

CAPTURED_SECONDS = 30


@pytest.fixture(scope="module")
def evaluated(deployed, staged_sample, tmp_path_factory) -> dict:
    """The test set has gone through the workflow, and all of it is captured; the figures of that."""
    figures = tmp_path_factory.mktemp("evaluation") / "figures.json"
    deployed.project.run("operations.evaluation", "local", "--data", staged_sample, "--out", figures)
    truth = [json.loads(line) for line in figures.with_suffix(".truth.jsonl").read_text().splitlines()]
    assert len(truth) == len(dataset.load(staged_sample, "test").names)
    wanted = {row["id"] for row in truth}
    deadline = time.monotonic() + CAPTURED_SECONDS
    while not wanted <= captured(deployed):
        assert time.monotonic() < deadline, "not every photo was captured"
        time.sleep(0.5)
    return json.loads(figures.read_text()) | {"truth": figures.with_suffix(".truth.jsonl")}


def captured(deployed) -> set[str]:
    """What the capture says of the photos' places, read as the monitor reads it."""
    folder = deployed.project.root / "captured"
    model, bucket = deployed.outputs["model"]["id"], deployed.bucket
    pages = deployed.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"captures/{model}/")
    for key in (item["Key"] for page in pages for item in page.get("Contents", [])):
        path = folder / key
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            deployed.s3.download_file(bucket, key, str(path))
    return {record.key for record in Capture(folder) if record.key}


def test_the_monitor_counts_what_was_captured_and_publishes_it(deployed, evaluated, aws):
    printed = deployed.project.run("operations.monitor_now", "local")
    assert deployed.outputs["model"]["id"] in printed
    published = {
        metric["MetricName"]
        for metric in aws("cloudwatch").list_metrics(Namespace=deployed.outputs["metrics_namespace"])[
            "Metrics"
        ]
        if {"Name": "Model", "Value": deployed.outputs["model"]["id"]} in metric["Dimensions"]
    }
    assert {"Records", "Unreadable", "UndecodableImages", "Coverage", "EstimatedAccuracy"} <= published
    now = datetime.now(UTC)
    counted = aws("cloudwatch").get_metric_statistics(
        Namespace=deployed.outputs["metrics_namespace"],
        MetricName="Records",
        Dimensions=[
            {"Name": "EndpointName", "Value": deployed.outputs["endpoint_name"]},
            {"Name": "Model", "Value": deployed.outputs["model"]["id"]},
        ],
        StartTime=now - timedelta(hours=2),
        EndTime=now + timedelta(hours=1),
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    assert sum(point["Sum"] for point in counted) >= evaluated["photos"]


@pytest.fixture
def judged_wrong(deployed, aws) -> Iterator[str]:
    """Yesterday the model routed 40 photos as bicycles that people, who did not know it, call motorcycles; that day."""
    now, table = datetime.now(UTC), aws("dynamodb")
    day, model = f"{now - timedelta(days=1):%Y-%m-%d}", deployed.outputs["model"]["id"]
    labels = []
    for number in range(40):
        photo = f"{number:064x}"
        item = {"id": photo, "day": f"{day} model", "s3_key": f"incoming/api/{photo}", "state": "routed"}
        written = {name: {"S": value} for name, value in item.items()}
        table.put_item(TableName=deployed.outputs["register_table"], Item=written)
        said = make_label(photo, at=register.write_time(now), label="motorcycle", routed_day=day, model=model)
        labels.append(put_label(deployed.s3, deployed.bucket, said))
    yield day
    for label in labels:
        key = {"id": {"S": label.photo}}
        table.delete_item(TableName=deployed.outputs["register_table"], Key=key)
        deployed.s3.delete_object(Bucket=deployed.bucket, Key=label.key)


def test_people_who_find_that_the_model_is_wrong_ring_low_accuracy(deployed, judged_wrong):
    printed = deployed.project.run("operations.monitor_now", "local")
    said = "true accuracy of what was accepted"
    assert said in printed and f"to {judged_wrong}: 0.0%, surely between 0.0% and" in printed
    rang = deployed.notified.about(AlarmName="scones-local-low-accuracy", NewStateValue="ALARM")
    assert rang[0]["Trigger"]["MetricName"] == "AccuracyFallLowerBound"


def test_the_report_agrees_with_the_evaluation(deployed, evaluated, tmp_path):
    printed = deployed.project.run(
        *("report", "--env", "local", "--truth", evaluated["truth"], "--out", tmp_path),
        *("--kinds", "live,evaluation"),
    )
    assert f"see {tmp_path}/report-local.html" in printed
    figures = json.loads((tmp_path / "report.json").read_text())
    (model,) = [model for model in figures["models"] if model["model"] == deployed.outputs["model"]["id"]]
    assert model["records"] >= evaluated["photos"]
    assert model["labelled"]["records"] == evaluated["photos"]
    names = {path.stem for path in (tmp_path / "charts").glob("*.png")}
    assert {"executions", "states", "trace-accepted", "trace-failed", "latency", "reliability"} <= names
    page = (tmp_path / "report-local.html").read_text()
    assert "FilterInferences" in page
    assert "<title>How the classifier is doing in local</title>" in page
    assert figures["environment"] == "local"


def test_what_goes_wrong_rings_and_make_alarms_says_where_the_runbook_has_it(deployed):
    deployed.route("no-picture.png", b"not a picture")
    rang = {"AlarmName": "scones-local-workflow-unexpected", "NewStateValue": "ALARM"}
    assert deployed.notified.about(**rang)[0]["Trigger"]["MetricName"] == "UnexpectedFailures"
    letters = {"AlarmName": "scones-local-uploads-dead-letters"}
    url = deployed.outputs["dead_letter_queue_urls"]["uploads"]
    deployed.sqs.send_message(QueueUrl=url, MessageBody="an event that could start nothing")
    deployed.notified.about(**letters, NewStateValue="ALARM")
    said = deployed.project.run("operations.alarms_now", "local", status=1, key="local")
    assert "scones-local-uploads-dead-letters rings since" in said
    assert "docs/runbook.md#uploads-dead-letters" in said
    deployed.sqs.purge_queue(QueueUrl=url)
    deployed.notified.about(**letters, NewStateValue="OK", OldStateValue="ALARM")
