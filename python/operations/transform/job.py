"""A batch transform job of SageMaker's, by its SDK: an archive is classified without an endpoint."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError
from sagemaker.core.resources import Model, TransformJob
from sagemaker.core.shapes import (
    ContainerDefinition,
    TransformDataSource,
    TransformInput,
    TransformOutput,
    TransformResources,
    TransformS3DataSource,
)

from core.console import UserError
from core.contract.shapes import Json
from training.recipes import drop_none, volume_key

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient

PHOTO = "application/x-image"  # a job has one content type, and every model takes PNG and JPEG as this
PAYLOAD_MB = 6  # as an endpoint takes
CALLS_AT_ONCE = 8  # of an instance; times PAYLOAD_MB it may be 100 at most
LOG_GROUP = "/aws/sagemaker/TransformJobs"


@dataclass(frozen=True)
class Settings:
    """What a job runs with: its container, its machines, its role, the key for all it writes, and its model's tags."""

    container: Json
    instance_type: str
    instances: int
    role: str
    kms_key: str
    tags: dict[str, str]


def start(name: str, manifest: str, answers: str, settings: Settings) -> None:
    """Create the job, and a model of its own: a job has its model's role, and the endpoint's may read no photos."""
    key, instance_type = settings.kms_key, settings.instance_type
    # The model's alone: SageMaker keeps a job's record for ever, and destroy lists whatever has our tags.
    tags: list[Any] = [{"key": tag, "value": value} for tag, value in settings.tags.items()]
    try:
        Model.create(
            model_name=name,
            primary_container=ContainerDefinition(**settings.container),
            execution_role_arn=settings.role,
            enable_network_isolation=True,
            tags=tags,
        )
        TransformJob.create(
            transform_job_name=name,
            model_name=name,
            max_concurrent_transforms=CALLS_AT_ONCE,
            max_payload_in_mb=PAYLOAD_MB,
            transform_input=TransformInput(
                data_source=TransformDataSource(
                    s3_data_source=TransformS3DataSource(s3_data_type="ManifestFile", s3_uri=manifest)
                ),
                content_type=PHOTO,
            ),
            transform_output=TransformOutput(
                s3_output_path=answers, accept="application/json", kms_key_id=key
            ),
            transform_resources=TransformResources(
                instance_type=instance_type,
                instance_count=settings.instances,
                **drop_none(volume_kms_key_id=volume_key(instance_type, key)),
            ),
        )
    except ClientError as error:
        remove_model(name)
        raise UserError(f"SageMaker refuses: {error.response['Error']['Message']}") from error


def find(name: str) -> TransformJob:
    try:
        return TransformJob.get(name)
    except ClientError as error:
        raise UserError(f"SageMaker refuses: {error.response['Error']['Message']}") from error


def remove_model(name: str) -> None:
    """Remove the job's model, if it is still there."""
    sagemaker: SageMakerClient = boto3.client("sagemaker")
    if any(model["ModelName"] == name for model in sagemaker.list_models(NameContains=name)["Models"]):
        sagemaker.delete_model(ModelName=name)
