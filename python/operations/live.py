"""What an environment serves at this moment, and how to go back to what it served before."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from core.contract.shapes import Json

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient
    from types_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef


@dataclass(frozen=True)
class Live:
    """The endpoint as it is; there is none if it has no status."""

    endpoint: str
    status: str | None = None
    configuration: str | None = None
    artefact: str | None = None
    changed: datetime | None = None


def look(outputs: Json) -> Live:
    """The endpoint's state, its configuration and the artefact of its model."""
    name = outputs["endpoint_name"]
    endpoint = read_endpoint(name)
    if endpoint is None:
        return Live(name)
    sagemaker: SageMakerClient = boto3.client("sagemaker")
    config = endpoint["EndpointConfigName"]
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    model = sagemaker.describe_model(ModelName=variants[0]["ModelName"])
    artefact = model["PrimaryContainer"]["ModelDataUrl"]
    return Live(name, endpoint["EndpointStatus"], config, artefact, endpoint["LastModifiedTime"])


def read_endpoint(name: str) -> "DescribeEndpointOutputTypeDef | None":
    """What SageMaker says of it, if it is there."""
    sagemaker: SageMakerClient = boto3.client("sagemaker")
    try:
        return sagemaker.describe_endpoint(EndpointName=name)
    except ClientError as error:
        if "Could not find" in error.response["Error"]["Message"]:
            return None
        raise


def describe(outputs: Json) -> str:
    """The same in a sentence."""
    found = look(outputs)
    if found.status is None:
        return f"Live now: no endpoint {found.endpoint}, {why_none(outputs)}"
    return f"Live now: endpoint {found.endpoint} is {found.status} with {found.configuration}, model {found.artefact}"


def why_none(outputs: Json) -> str:
    """Why Terraform has made no endpoint, or where it should be."""
    if outputs["endpoint_live"]:
        return "which should be there"
    if not outputs.get("model"):  # Terraform leaves out what is null
        return "there is no model yet"
    return "the endpoint is switched off (endpoint_enabled = false)"


def way_back(env: str) -> str:
    return f"To go back: make rollback ENV={env} proposes the model that was live before, git revert any other change"
