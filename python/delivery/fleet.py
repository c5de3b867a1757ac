"""What an update of the endpoint meets that is live: a fleet that has grown, or another update.

AWS gives every variant the number of instances that its configuration begins with, unless the update asks to retain it,
which the provider cannot say. So a fleet that scaling had made larger is as small as at night when the update ends.
"""

from typing import TYPE_CHECKING, Any

import boto3

from core import escape
from delivery.plan import ResourceChange
from operations import settling

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient


def warn(env: str, changes: list[ResourceChange]) -> list[str]:
    """A sentence for each thing that whoever applies the plan has to know of the live endpoint."""
    return [
        sentence
        for change in changes
        if change["type"] == "aws_sagemaker_endpoint" and change["actions"] == ["update"]
        for sentence in look(env, change, changes)
    ]


def look(env: str, change: ResourceChange, changes: list[ResourceChange]) -> list[str]:
    sagemaker: SageMakerClient = boto3.client("sagemaker")
    after: Any = change["after"]
    endpoint = sagemaker.describe_endpoint(EndpointName=after["name"])
    planned = read_counts(changes) or {
        variant["VariantName"]: variant["InitialInstanceCount"]
        for variant in sagemaker.describe_endpoint_config(EndpointConfigName=after["endpoint_config_name"])[
            "ProductionVariants"
        ]
    }
    moving = settling.explain(dict(endpoint))
    return [
        *([moving] if moving else []),
        *(
            say(env, change, live, planned[name])
            for name, live in count_live(endpoint["ProductionVariants"]).items()
            if live > planned.get(name, live)
        ),
    ]


def say(env: str, change: ResourceChange, live: int, planned: int) -> str:
    return (
        f"{escape.code(change['address'])} is updated, and its fleet of {live} instances begins again with {planned}: "
        f"apply when few photos arrive, or set fleet.min_instances = {live} in terraform/envs/{env}.tfvars and "
        f"plan again."
    )


def read_counts(changes: list[ResourceChange]) -> dict[str, int]:
    """How many instances each variant begins with, in a configuration that the plan makes."""
    made: list[Any] = [
        change["after"]
        for change in changes
        if change["type"] == "aws_sagemaker_endpoint_configuration" and change["after"]
    ]
    return {
        variant["variant_name"]: variant["initial_instance_count"]
        for configuration in made
        for variant in configuration["production_variants"]
    }


def count_live(variants: list[Any]) -> dict[str, int]:
    """How many instances each variant has, or is about to have."""
    return {
        variant["VariantName"]: max(
            variant.get("CurrentInstanceCount", 0), variant.get("DesiredInstanceCount", 0)
        )
        for variant in variants
    }
