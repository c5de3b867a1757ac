"""AWS's side of an environment's delivery: the bucket of the state, and the roles that GitHub's tokens may take."""

from typing import Any

import boto3
from botocore.exceptions import ClientError

from delivery import role_trust
from delivery.checklist import Point
from operations import bootstrap, terraform

ROLES = ("plan", "apply", "retrain")


def arns(env: str) -> dict[str, str]:
    """The environment's roles, as far as they are there."""
    return {name: it["Arn"] for name in ROLES if (it := read_role(env, name))}


def read_role(env: str, name: str) -> Any:
    iam = boto3.client("iam")
    try:
        return iam.get_role(RoleName=f"{terraform.read_prefix(env)}-{name}")["Role"]
    except iam.exceptions.NoSuchEntityException:
        return None


def points(env: str, prefix: str) -> list[Point]:
    """`prefix` is how the subjects of the repository's tokens begin: repo:owner/name, perhaps with numbers."""
    advice = f"as an administrator of the account: make bootstrap ENV={env}"
    bucket = terraform.state_bucket(env)
    result = [
        Point(
            f"AWS: s3://{bucket} keeps the state, privately and each version of it",
            wrong_bucket(bucket),
            "without it nothing can be planned; without versions a lost state stays lost",
            advice=advice,
        )
    ]
    for name in ROLES:
        role = read_role(env, name)
        result.append(
            Point(
                f"AWS: the role {terraform.read_prefix(env)}-{name} trusts this repository and no other",
                role_trust.wrong(role, name, env, prefix) if role else "there is no such role",
                "no job can take a role that does not trust it, and a role that trusts more can be taken by others",
                advice=f"{advice}, with GITHUB_REPOSITORY={prefix.removeprefix('repo:')}",
            )
        )
    return result


def wrong_bucket(bucket: str) -> str | None:
    if not terraform.exists(bucket):
        return "there is no such bucket"
    s3 = boto3.client("s3")
    if s3.get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled":
        return "it keeps no versions"
    try:
        private = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    except ClientError:
        private = {}
    return None if private == bootstrap.BLOCK_ALL else "it may be made public"
