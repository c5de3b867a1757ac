"""Requests of the stack's roles that no other test here makes: a training job, and photos that are gone meanwhile."""

import contextlib
import json
import time
from typing import Any

from tests.pipeline.conftest import Deployment, until

SCRIPT = "echo trained; cp /opt/ml/input/data/training/photo.png /opt/ml/model/model.pt\n"
GONE = "archive/gone.png"


def train(deployment: Deployment) -> str:
    """Run a small job in the role for training; how it ended."""
    sagemaker, name, bucket = deployment.aws("sagemaker"), f"rare-{time.time_ns()}", deployment.bucket
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
        OutputDataConfig={"S3OutputPath": f"s3://{bucket}/jobs"},
        ResourceConfig={"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5},
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
    role = deployment.outputs["transform_role_arn"]
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer=live["PrimaryContainer"])
    manifest = f"results/transform/{name}/manifest.json"
    content = json.dumps([{"prefix": f"s3://{bucket}/"}, GONE])
    deployment.s3.put_object(Bucket=bucket, Key=manifest, Body=content.encode())
    source = {"S3DataType": "ManifestFile", "S3Uri": f"s3://{bucket}/{manifest}"}
    sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=name,
        TransformInput={"DataSource": {"S3DataSource": source}, "ContentType": "application/x-image"},
        TransformOutput={"S3OutputPath": f"s3://{bucket}/results/transform/{name}"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    return until(lambda: _end(sagemaker.describe_transform_job(TransformJobName=name), "Transform"), name)


def ask_for_gone(deployment: Deployment) -> dict[str, str]:
    """Ask the functions that read photos for one that is gone; what each answers."""
    photo = {"s3_bucket": deployment.bucket, "s3_key": GONE, "image_data": "", "inferences": []}
    batch = {
        "BatchInput": {"run": "rare"},
        "Items": [{"Key": GONE}],
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


def _forget_logs(deployment: Deployment, kind: str) -> None:
    """As if there had been no job before: the role has to make the log group."""
    logs = deployment.aws("logs")
    with contextlib.suppress(logs.exceptions.ResourceNotFoundException):
        logs.delete_log_group(logGroupName=f"/aws/sagemaker/{kind}Jobs")


def _end(job: dict[str, Any], kind: str) -> str:
    status = job[f"{kind}JobStatus"]
    return "" if status == "InProgress" else f"{status} {job.get('FailureReason', '')}".strip()
