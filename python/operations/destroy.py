"""Take an environment down: `python -m operations.destroy ENV [--confirm ENV]`.

Training jobs end, the bucket is emptied, register and user pool are no longer protected, Terraform destroys what it
made, then what `bootstrap` made goes as well, and anything that still carries our tags is listed. It takes an
administrator, as bootstrap does, and may be run again wherever it ended before. An environment that is not `local`
holds data that cannot be had back, so its name has to be given twice; the bucket with the history of its state is kept.
"""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from core import arguments, environment
from core.console import UserError, out, run
from operations import photo_register, roles
from operations.terraform import data_bucket, exists, read_prefix, state_bucket

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient

PROJECT = "scones-unlimited"
TRAINING_JOB = ":training-job/"
# A KMS key is deleted after its waiting period; until then it is disabled and costs nothing. The tagging API names a
# job for some time after it is gone.
DELETED = re.compile(f":key/|{TRAINING_JOB}")
# Goes with its queue. Terraform's provider would take it off first, and look for 25 seconds whether it stays off.
GOES_ALONG = "module.workflow.aws_sqs_queue_redrive_policy.review"
ROUNDS = 3  # of emptying the bucket: an endpoint's last captures come when it is gone already
MOST_LISTED = 60  # user pools in one answer
POLL_SECONDS = 2


def empty(bucket: str) -> None:
    """Delete every version of every object."""
    if exists(bucket):
        boto3.resource("s3").Bucket(bucket).object_versions.delete()


def is_filled(bucket: str) -> bool:
    return exists(bucket) and any(boto3.resource("s3").Bucket(bucket).object_versions.limit(1))


def list_tagged(env: str) -> Iterator[str]:
    """The ARNs of what carries the environment's tags."""
    tags = [{"Key": "Project", "Values": [PROJECT]}, {"Key": "Environment", "Values": [env]}]
    pages = boto3.client("resourcegroupstaggingapi").get_paginator("get_resources").paginate(TagFilters=tags)
    yield from (found["ResourceARN"] for page in pages for found in page["ResourceTagMappingList"])


def delete_training_jobs(env: str) -> None:
    """They keep their tags after their end, and one that goes on would write into the bucket."""
    sagemaker: SageMakerClient = boto3.client("sagemaker")
    for name in [arn.rsplit("/", 1)[1] for arn in list_tagged(env) if TRAINING_JOB in arn]:
        try:
            if read_status(sagemaker, name) == "InProgress":
                out.print(f"stopping the training job {name}")
                sagemaker.stop_training_job(TrainingJobName=name)
            while read_status(sagemaker, name) in ("InProgress", "Stopping"):
                time.sleep(POLL_SECONDS)
            sagemaker.delete_training_job(TrainingJobName=name)
        except ClientError as error:
            if not is_gone(error):
                raise UserError(f"the training job {name} cannot be deleted: {error}") from error


def read_status(sagemaker: "SageMakerClient", name: str) -> str:
    return sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"]


def is_gone(error: ClientError) -> bool:
    """SageMaker has no code of its own for a training job that is not there."""
    return "Requested resource not found" in error.response["Error"]["Message"]


def destroy_stack(env: str) -> int:
    """Have Terraform destroy what it made; its status. It goes again if the bucket has been filled meanwhile."""
    bucket = data_bucket(env)
    lift_protection(photo_register.name_of(env))
    lift_protection_of_people(f"{read_prefix(env)}-people")
    status = call(env, "init")
    forget(env, GOES_ALONG)
    for _ in range(ROUNDS if not status else 0):
        empty(bucket)
        status = call(env, "destroy", "-auto-approve", "-input=false")
        if not (status and is_filled(bucket)):
            break
        out.print(f"something arrived in {bucket} meanwhile, so that it could not be deleted")
    return status


def lift_protection(table: str) -> None:
    """Let Terraform delete the register: who takes an environment down has said its name twice."""
    dynamodb: Any = boto3.client("dynamodb")
    found = photo_register.describe(dynamodb, table)
    if found and found.get("DeletionProtectionEnabled"):
        out.print(f"lifting the protection of the table {table}")
        dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
        dynamodb.get_waiter("table_exists").wait(TableName=table)  # which is until it is active again


def lift_protection_of_people(name: str) -> None:
    """The same of the pool of those who may sign in. What the request does not name, Cognito sets to its default."""
    cognito: Any = boto3.client("cognito-idp")
    pages = cognito.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": MOST_LISTED})
    for pool in [it["Id"] for page in pages for it in page["UserPools"] if it["Name"] == name]:
        if cognito.describe_user_pool(UserPoolId=pool)["UserPool"].get("DeletionProtection") == "ACTIVE":
            out.print(f"lifting the protection of the user pool {name}")
            cognito.update_user_pool(UserPoolId=pool, DeletionProtection="INACTIVE")


def forget(env: str, address: str) -> None:
    """Let Terraform leave this alone, if it is there; of a state that is locked `destroy` says so."""
    command = [sys.executable, "-m", "operations.terraform", env, "state", "rm", address]
    subprocess.run(command, capture_output=True)


def call(env: str, *arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", "operations.terraform", env, *arguments]).returncode


def main() -> int:
    parser = arguments.Parser("operations.destroy", __doc__)
    parser.add_argument("env")
    parser.add_argument("--confirm", default="", help="the environment's name again, unless it is local")
    options = parser.parse_args()
    environment.check(options.env)
    if options.env != "local" and options.confirm != options.env:
        raise UserError(
            f"{options.env} holds photos, models and captures that cannot be had back: "
            f"say so with make destroy ENV={options.env} CONFIRM={options.env}"
        )
    bucket = state_bucket(options.env)
    delete_training_jobs(options.env)
    if exists(bucket):
        roles.check_provider(options.env)
        if status := destroy_stack(options.env):
            return status
        roles.destroy(options.env, bucket)
        if options.env == "local":
            empty(bucket)
            boto3.client("s3").delete_bucket(Bucket=bucket)
    remaining = sorted(arn for arn in list_tagged(options.env) if not DELETED.search(arn))
    for arn in remaining:
        out.print(f"left: {arn}")
    out.print(f"{len(remaining)} resources tagged as ours are left in {options.env}")
    return 1 if remaining else 0


if __name__ == "__main__":
    run(main)
