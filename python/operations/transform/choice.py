"""Which model classifies an archive: the live one, or another of the environment's in the live one's container."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3

from core import artefacts
from core.console import UserError
from core.contract.model_id import artefact_key
from core.contract.shapes import Json
from training.recipes import drop_none

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient


@dataclass(frozen=True)
class Chosen:
    id: str
    labels: list[str]
    container: Json


def choose(env: str, outputs: Json, wanted: str | None) -> Chosen:
    """Terraform keeps the live model's configuration while the endpoint is off."""
    live = outputs.get("model")
    if not live:
        raise UserError(f"{env} has no model yet: promote one with `make promote ENV={env}` and apply")
    sagemaker: SageMakerClient = boto3.client("sagemaker")
    config = sagemaker.describe_endpoint_config(EndpointConfigName=outputs["endpoint_configuration_name"])
    described = sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
    container = described["PrimaryContainer"]
    artefact, labels = container["ModelDataUrl"], live["labels"]
    if wanted and wanted != live["id"]:
        artefact = f"s3://{outputs['bucket']}/{artefact_key(wanted)}"
        labels = artefacts.read_member(artefacts.read(artefact), "labels.json", artefact)
    return Chosen(
        id=wanted or live["id"],
        labels=labels,
        container=drop_none(
            image=container["Image"], model_data_url=artefact, environment=container.get("Environment")
        ),
    )
