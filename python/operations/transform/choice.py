"""Which model classifies an archive: the live one, or another of the environment's in the live one's container."""

from dataclasses import dataclass
from typing import Any

import boto3

from core import artefacts
from core.console import UserError
from core.contract.model_id import artefact_key
from training.recipes import given


@dataclass(frozen=True)
class Chosen:
    id: str
    labels: list[str]
    container: dict[str, Any]


def choose(env: str, outputs: dict[str, Any], wanted: str | None) -> Chosen:
    """Terraform keeps the live model's configuration while the endpoint is off."""
    live = outputs.get("model")
    if not live:
        raise UserError(f"{env} has no model yet: promote one with `make promote ENV={env}` and apply")
    sagemaker = boto3.client("sagemaker")
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
        container=given(
            image=container["Image"], model_data_url=artefact, environment=container.get("Environment")
        ),
    )
