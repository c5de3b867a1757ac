"""What `verify` must not let pass, each on the environment that the test run shares, which is put right again."""

import io
import json
import tarfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.pipeline.conftest import until

from core import artefacts


@pytest.fixture
def sagemaker(aws):
    return aws("sagemaker")


@pytest.fixture
def endpoint(deployed) -> dict[str, str]:
    return {"EndpointName": deployed.outputs["endpoint_name"]}


@pytest.fixture
def configuration(deployed, sagemaker) -> dict:
    """What the endpoint's configuration was made with."""
    asked = deployed.outputs["endpoint_configuration_name"]
    described = sagemaker.describe_endpoint_config(EndpointConfigName=asked)
    kept = ("EndpointConfigName", "ProductionVariants", "DataCaptureConfig", "KmsKeyId")
    tags = sagemaker.list_tags(ResourceArn=described["EndpointConfigArn"])["Tags"]
    return {name: described[name] for name in kept} | {"Tags": tags}


def fails(deployed, *options) -> str:
    """What verify says when it fails: always also what is live, and how to go back."""
    patience = ("--capture-seconds", 5, "--answer-seconds", 5, *options)
    printed = deployed.project.run("operations.verify", "local", *patience, status=1)
    error = printed.splitlines()[-1]
    assert error.startswith("error: ")
    assert f"Live now: endpoint {deployed.outputs['endpoint_name']} is InService with" in error
    assert "To go back: make rollback ENV=local" in error
    return error


def test_verify_fails_if_a_model_is_promoted_and_not_applied(deployed):
    path = deployed.project.root / "terraform/envs/local.model.tfvars.json"
    before = path.read_text()
    applied = deployed.outputs["model"]["artefact"]
    path.write_text(before.replace(applied, "s3://b/models/next/model.tar.gz"))
    try:
        said = fails(deployed)
    finally:
        path.write_text(before)
    assert f"s3://b/models/next/model.tar.gz is promoted and not applied, applied is {applied}" in said
    assert ": make plan apply ENV=local (Live now: " in said


def test_verify_fails_if_the_endpoint_serves_the_old_configuration(
    deployed, sagemaker, endpoint, configuration
):
    asked = configuration["EndpointConfigName"]
    old = f"{asked[:-6]}before"  # of the same form, as the roles ask
    sagemaker.create_endpoint_config(**configuration | {"EndpointConfigName": old})
    sagemaker.update_endpoint(EndpointConfigName=old, **endpoint)
    try:
        said = fails(deployed)
    finally:
        sagemaker.update_endpoint(EndpointConfigName=asked, **endpoint)
        sagemaker.delete_endpoint_config(EndpointConfigName=old)
    assert f"serves {old}, asked for was {asked}" in said
    assert f"is InService with {old}, model s3://" in said


def test_verify_fails_if_the_live_model_cannot_load(deployed, sagemaker, endpoint, configuration):
    """Its endpoint is in service all the same, and the workflow would try for minutes."""
    variant = configuration["ProductionVariants"][0]
    model = sagemaker.describe_model(ModelName=variant["ModelName"])
    container = model["PrimaryContainer"]
    bucket, key = container["ModelDataUrl"].removeprefix("s3://").split("/", 1)
    packed = deployed.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    broken = f"{key}.broken"
    code = b"raise RuntimeError('these weights are of another network')\n"
    deployed.s3.put_object(Bucket=bucket, Key=broken, Body=with_another(packed, "code/inference.py", code))
    name = f"{variant['ModelName'][:-6]}broken"
    container = container | {"ModelDataUrl": f"s3://{bucket}/{broken}"}
    sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=model["ExecutionRoleArn"], PrimaryContainer=container
    )
    exchange(sagemaker, endpoint, configuration | {"ProductionVariants": [variant | {"ModelName": name}]})
    began = time.monotonic()
    try:
        said = fails(deployed)
    finally:
        exchange(sagemaker, endpoint, configuration)
        sagemaker.delete_model(ModelName=name)
        deployed.s3.delete_object(Bucket=bucket, Key=broken)
    assert time.monotonic() - began < 60
    assert "is InService, but its model cannot load, or takes longer than 5 s: it answers nothing" in said
    assert f"the log group /aws/sagemaker/Endpoints/{endpoint['EndpointName']} says why" in said


def test_verify_fails_if_the_golden_photo_is_answered_otherwise_than_in_training(
    deployed, sagemaker, configuration
):
    """The artefact is exchanged below the endpoint, which goes on serving the one that it has loaded."""
    model = sagemaker.describe_model(ModelName=configuration["ProductionVariants"][0]["ModelName"])
    bucket, key = model["PrimaryContainer"]["ModelDataUrl"].removeprefix("s3://").split("/", 1)
    packed = deployed.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    golden = artefacts.read_member(packed, "golden.json", key) | {"probabilities": [0.9999, 0.0001]}
    answer = json.dumps(golden).encode()
    deployed.s3.put_object(Bucket=bucket, Key=key, Body=with_another(packed, "golden.json", answer))
    try:
        said = fails(deployed)
    finally:
        deployed.s3.put_object(Bucket=bucket, Key=key, Body=packed)
    assert "the golden photo" in said
    assert "[0.9999, 0.0001]" in said


def test_verify_fails_if_no_capture_arrives(deployed, sagemaker, endpoint, configuration):
    asked = configuration["EndpointConfigName"]
    capture = configuration["DataCaptureConfig"]
    exchange(sagemaker, endpoint, configuration | {"DataCaptureConfig": capture | {"EnableCapture": False}})
    try:
        said = fails(deployed)
    finally:
        exchange(sagemaker, endpoint, configuration)
    assert "no capture record of the golden photo below s3://" in said
    assert "after 5 s" in said
    assert sagemaker.describe_endpoint(**endpoint)["EndpointConfigName"] == asked


def test_verify_uploads_again_until_the_bucket_s_events_begin(deployed, notification_delay):
    """As after the first apply, when the first photo starts nothing: that takes longer than the capture may."""
    quick = ("--capture-seconds", "2")
    before = set(list_uploads(deployed))
    notification_delay(1e6)
    switch_events_on_again(deployed)
    notification_delay(0)
    with ThreadPoolExecutor(1) as pool:
        verifying = pool.submit(deployed.project.run, "operations.verify", "local", *quick)
        until(lambda: set(list_uploads(deployed)) - before or verifying.done(), "the first upload")
        switch_events_on_again(deployed)
        printed = verifying.result()
    assert (
        "no execution has ended yet. A bucket's events begin about five minutes after its first apply"
        in printed
    )
    assert "its answer is captured in s3://" in printed


def list_uploads(deployed) -> list[str]:
    pages = deployed.s3.get_paginator("list_objects_v2").paginate(Bucket=deployed.bucket, Prefix="incoming/")
    return [it["Key"] for page in pages for it in page.get("Contents", [])]


def test_verify_fails_if_no_upload_starts_anything(deployed, notification_delay):
    notification_delay(1e6)
    switch_events_on_again(deployed)
    notification_delay(0)
    try:
        said = fails(deployed, "--upload-seconds", 2)
    finally:
        switch_events_on_again(deployed)
    assert "ends as lost no execution ended" in said


def switch_events_on_again(deployed) -> None:
    switch: Callable[..., None] = deployed.s3.put_bucket_notification_configuration
    switch(Bucket=deployed.bucket, NotificationConfiguration={})
    switch(Bucket=deployed.bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})


def with_another(packed: bytes, name: str, content_of_it: bytes) -> bytes:
    """The artefact with other content in one of its files."""
    content = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(packed)) as old,
        tarfile.open(fileobj=content, mode="w:gz", compresslevel=1) as new,
    ):
        for member in old.getmembers():
            file = old.extractfile(member)
            body = file.read() if file else b""
            if member.name == name:
                body, member.size = content_of_it, len(content_of_it)
            new.addfile(member, io.BytesIO(body))
    return content.getvalue()


def exchange(sagemaker, endpoint: dict[str, str], configuration: dict) -> None:
    """Give the endpoint another configuration of the same name."""
    name = {"EndpointConfigName": configuration["EndpointConfigName"]}
    sagemaker.delete_endpoint_config(**name)
    sagemaker.create_endpoint_config(**configuration)
    sagemaker.update_endpoint(**name, **endpoint)
