"""Requests of the stack's roles that no other test here makes.

Jobs with keys, photos that are gone meanwhile, a schedule that fires, and what fails for good without anybody waiting.
"""

import contextlib
import json
import time
from datetime import UTC, datetime
from typing import Any
from urllib.request import Request, urlopen

from tests.pipeline.conftest import Deployment, until

SCRIPT = "echo trained; cp /opt/ml/input/data/training/photo.png /opt/ml/model/model.pt\n"
GONE = "archive/gone.png"
NEVER = "2031-03-01T09:21"  # the minute of a schedule that nothing else fires in


def train(deployment: Deployment) -> str:
    """Run a small job in the role for training; how it ended."""
    sagemaker, name, bucket = deployment.aws("sagemaker"), f"rare-{time.time_ns()}", deployment.bucket
    key = deployment.outputs["kms_key_arn"]
    _forget_logs(deployment, "Training")
    deployment.s3.put_object(Bucket=bucket, Key=f"jobs/{name}/code/train.sh", Body=SCRIPT.encode())
    deployment.s3.put_object(Bucket=bucket, Key=f"data/{name}/photo.png", Body=b"a photo")
    source = {"S3DataType": "S3Prefix", "S3DataDistributionType": "FullyReplicated"}
    channels = [
        {"ChannelName": channel, "DataSource": {"S3DataSource": {**source, "S3Uri": f"s3://{bucket}/{key}"}}}
        for channel, key in {"code": f"jobs/{name}/code/", "training": f"data/{name}/"}.items()
    ]
    sagemaker.create_training_job(
        TrainingJobName=name,
        RoleArn=deployment.outputs["training_role_arn"],
        AlgorithmSpecification={
            "TrainingImage": "pytorch",
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["/bin/bash", "-e", "/opt/ml/input/data/code/train.sh"],
        },
        InputDataConfig=channels,
        OutputDataConfig={"S3OutputPath": f"s3://{bucket}/jobs", "KmsKeyId": key},
        ResourceConfig={
            "InstanceType": "ml.c5.xlarge",
            "InstanceCount": 1,
            "VolumeSizeInGB": 5,
            "VolumeKmsKeyId": key,
        },
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )
    return until(lambda: _end(sagemaker.describe_training_job(TrainingJobName=name), "Training"), name)


def transform_gone(deployment: Deployment) -> str:
    """Run a transform job on a photo that is gone, in the role for it; how it ended."""
    sagemaker, name, bucket = deployment.aws("sagemaker"), f"rare-{time.time_ns()}", deployment.bucket
    _forget_logs(deployment, "Transform")
    config = sagemaker.describe_endpoint_config(
        EndpointConfigName=deployment.outputs["endpoint_configuration_name"]
    )
    live = sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
    role, key = deployment.outputs["transform_role_arn"], deployment.outputs["kms_key_arn"]
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer=live["PrimaryContainer"])
    manifest = f"results/transform/{name}/manifest.json"
    content = json.dumps([{"prefix": f"s3://{bucket}/"}, GONE])
    deployment.s3.put_object(Bucket=bucket, Key=manifest, Body=content.encode())
    source = {"S3DataType": "ManifestFile", "S3Uri": f"s3://{bucket}/{manifest}"}
    sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=name,
        TransformInput={"DataSource": {"S3DataSource": source}, "ContentType": "application/x-image"},
        TransformOutput={"S3OutputPath": f"s3://{bucket}/results/transform/{name}", "KmsKeyId": key},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeKmsKeyId": key},
    )
    return until(lambda: _end(sagemaker.describe_transform_job(TransformJobName=name), "Transform"), name)


def ask_for_gone(deployment: Deployment) -> dict[str, str]:
    """Ask the functions that read photos for one that is gone; what each answers."""
    photo = {"s3_bucket": deployment.bucket, "s3_key": GONE, "image_data": "", "inferences": []}
    batch = {
        "BatchInput": {"run": "rare"},
        "Items": [{"Index": 0, "Item": {"Key": GONE}}],
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    events = {"serialize": photo, "classify": {"statusCode": 200, "body": photo}, "batch": batch}
    names, functions = deployment.outputs["function_names"], deployment.aws("lambda")
    return {
        stage: functions.invoke(FunctionName=names[stage], Payload=json.dumps(event))["Payload"]
        .read()
        .decode()
        for stage, event in events.items()
    }


def fail_monitor(deployment: Deployment) -> dict[str, Any]:
    """Have the monitor fail three times at a request that nobody waits for; the message that is left of it."""
    event = {"scheduled": "never"}
    deployment.aws("lambda").invoke(
        FunctionName=deployment.outputs["function_names"]["monitor"],
        InvocationType="Event",
        Payload=json.dumps(event),
    )
    return _buried(deployment, "monitor-dead-letters", json.dumps(event))


def fire_schedule(deployment: Deployment) -> None:
    """Let the monitor's schedule start it now, as it does each hour."""
    logs, name = deployment.aws("logs"), deployment.outputs["function_names"]["monitor"]

    def count() -> int:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/{name}", filterPattern="REPORT"
        )
        return sum(len(page["events"]) for page in pages)

    before = count()
    minute = deployment.aws("scheduler").get_schedule(Name=name)["ScheduleExpression"][5:7]  # cron(20 * ...
    _fire(deployment, f"{datetime.now(UTC):%Y-%m-%dT%H}:{minute}")
    until(lambda: count() > before, "the monitor's run")


def bury_start(deployment: Deployment) -> dict[str, Any]:
    """Let a schedule like the monitor's send what Lambda does not take; the message that is left of it."""
    scheduler, name = deployment.aws("scheduler"), f"rare-{time.time_ns()}"
    like = scheduler.get_schedule(Name=deployment.outputs["function_names"]["monitor"])
    scheduler.create_schedule(
        Name=name,
        KmsKeyArn=like["KmsKeyArn"],
        ScheduleExpression="cron(21 9 1 3 ? 2031)",
        FlexibleTimeWindow=like["FlexibleTimeWindow"],
        Target=like["Target"] | {"Input": "no JSON"},
    )
    _fire(deployment, NEVER)
    scheduler.delete_schedule(Name=name)
    return _buried(deployment, "schedule-dead-letters", "no JSON")


def _fire(deployment: Deployment, minute: str) -> None:
    url = f"{deployment.project.variables['AWS_ENDPOINT_URL']}/_localcloud/scheduled"
    urlopen(Request(url, data=minute.encode(), method="PUT")).close()


def _buried(deployment: Deployment, queue: str, body: str) -> dict[str, Any]:
    """The message with this body in one of the environment's queues, once it is there."""
    (url,) = [it for it in deployment.sqs.list_queues()["QueueUrls"] if it.endswith(f"scones-local-{queue}")]

    def look() -> dict[str, Any] | None:
        asked = deployment.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return next((it for it in asked.get("Messages", []) if it["Body"] == body), None)

    return until(look, f"{body!r} in {queue}")


def _forget_logs(deployment: Deployment, kind: str) -> None:
    """As if there had been no job before: the role has to make the log group."""
    logs = deployment.aws("logs")
    with contextlib.suppress(logs.exceptions.ResourceNotFoundException):
        logs.delete_log_group(logGroupName=f"/aws/sagemaker/{kind}Jobs")


def _end(job: dict[str, Any], kind: str) -> str:
    status = job[f"{kind}JobStatus"]
    return "" if status == "InProgress" else f"{status} {job.get('FailureReason', '')}".strip()
