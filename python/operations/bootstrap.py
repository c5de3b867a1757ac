"""Make what an environment needs before Terraform can be run on it: `python -m operations.bootstrap ENV`, once.

The bucket that holds Terraform's state, then the roles by which GitHub Actions deploys (terraform/bootstrap). It shows
which of the account's quotas the environment needs, and how to ask for more. It takes an administrator. Running it
again changes nothing.
"""

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from core import arguments, environment
from core.console import UserError, out, run
from operations import quotas, roles
from operations.terraform import REGION, check_installed, exists, state_bucket, unsaved

BLOCK_ALL = {
    "BlockPublicAcls": True,
    "BlockPublicPolicy": True,
    "IgnorePublicAcls": True,
    "RestrictPublicBuckets": True,
}
ENCRYPT_ALL = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}


def bootstrap(bucket: str) -> None:
    """Make the bucket: private, encrypted and versioned."""
    s3 = boto3.client("s3", region_name=REGION)
    try:
        s3.create_bucket(Bucket=bucket)
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=BLOCK_ALL)
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=ENCRYPT_ALL)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"the state's bucket {bucket} cannot be made: {error}") from error


def forget_before(env: str) -> None:
    """A new local cloud has neither the model that was promoted in the one before, nor what a state knew of that."""
    if env == "local":
        environment.model_file("local").unlink(missing_ok=True)
        unsaved(env).unlink(missing_ok=True)


def main() -> None:
    env = arguments.read_env("operations.bootstrap", __doc__)
    environment.check(env)
    check_installed()
    repository = roles.repository(env)
    if not exists(bucket := state_bucket(env)):
        bootstrap(bucket)
        forget_before(env)
    arns = roles.apply(env, bucket, repository)
    out.print(f"the state of {env} lives in s3://{bucket}")
    out.print(f"tokens of GitHub's repository {repository} may take its roles")
    if "@" not in repository:
        out.print(
            "  (if it was made or renamed after July 2026, they name it owner@id/name@id: see docs/deploy.md)"
        )
    out.print("GitHub Actions need these variables:")
    out.print(f"  of the repository: PLAN_ROLE_{env.upper()}={arns['plan']}")
    out.print(f"  of its environment {env}: APPLY_ROLE={arns['apply']}")
    out.print(f"  of its environment retrain, if {env} is retrained: RETRAIN_ROLE={arns['retrain']}")
    out.print(
        f"The environments {env}, retrain and propose must take deployments from the branch main alone."
    )
    quotas.show(env)


if __name__ == "__main__":
    run(main)
