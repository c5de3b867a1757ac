"""What an environment serves at this moment, in a sentence, and how to go back to what it served before."""

from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from core.contract.shapes import Json

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient


def describe(outputs: Json) -> str:
    """The endpoint's state, its configuration and the artefact of its model."""
    name = outputs["endpoint_name"]
    sagemaker: SageMakerClient = boto3.client("sagemaker")
    try:
        endpoint = sagemaker.describe_endpoint(EndpointName=name)
    except ClientError as error:
        if "Could not find" in error.response["Error"]["Message"]:
            return f"Live now: no endpoint {name}"
        raise
    config = endpoint["EndpointConfigName"]
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    model = sagemaker.describe_model(ModelName=variants[0]["ModelName"])
    artefact = model["PrimaryContainer"]["ModelDataUrl"]
    return f"Live now: endpoint {name} is {endpoint['EndpointStatus']} with {config}, model {artefact}"


def way_back(env: str) -> str:
    return f"To go back: make rollback ENV={env} proposes the model that was live before, git revert any other change"
