"""Take an environment down: `python -m operations.destroy ENV [--confirm ENV]`.

The bucket is emptied, Terraform destroys what it made, then what `bootstrap` made goes as well, and anything that still
carries our tags is listed. It takes an administrator, as bootstrap does. An environment that is not `local` holds data
that cannot be had back, so its name has to be given twice; the bucket with the history of its state is kept.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator

import boto3

from core import environment
from core.console import UserError, out, run
from operations import roles
from operations.terraform import state_bucket

PROJECT = "scones-unlimited"
PENDING = (
    ":key/"  # a KMS key is deleted after its waiting period; until then it is disabled and costs nothing
)


def empty(bucket: str) -> None:
    """Delete every version of every object."""
    boto3.resource("s3").Bucket(bucket).object_versions.delete()


def list_left(env: str) -> Iterator[str]:
    """The ARNs of what still carries the environment's tags."""
    tags = [{"Key": "Project", "Values": [PROJECT]}, {"Key": "Environment", "Values": [env]}]
    pages = boto3.client("resourcegroupstaggingapi").get_paginator("get_resources").paginate(TagFilters=tags)
    yield from (
        found["ResourceARN"]
        for page in pages
        for found in page["ResourceTagMappingList"]
        if PENDING not in found["ResourceARN"]
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="operations.destroy")
    parser.add_argument("env")
    parser.add_argument("--confirm", default="", help="the environment's name again, unless it is local")
    options = parser.parse_args()
    environment.check(options.env)
    if options.env != "local" and options.confirm != options.env:
        raise UserError(
            f"{options.env} holds photos, models and captures that cannot be had back: "
            f"say so with make destroy ENV={options.env} CONFIRM={options.env}"
        )
    roles.check_provider(options.env)
    empty(environment.outputs(options.env)["bucket"])
    command = [
        sys.executable,
        "-m",
        "operations.terraform",
        options.env,
        "destroy",
        "-auto-approve",
        "-input=false",
    ]
    status = subprocess.run(command).returncode
    if status:
        return status
    bucket = state_bucket(options.env)
    roles.destroy(options.env, bucket)
    if options.env == "local":
        empty(bucket)
        boto3.client("s3").delete_bucket(Bucket=bucket)
    remaining = sorted(list_left(options.env))
    for arn in remaining:
        out.print(f"left: {arn}")
    out.print(f"{len(remaining)} resources tagged as ours are left in {options.env}")
    return 1 if remaining else 0


if __name__ == "__main__":
    run(main)
