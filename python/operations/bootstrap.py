"""Make the bucket that holds an environment's Terraform state: `python -m operations.bootstrap ENV`, once.

Everything else is Terraform's. Running it again changes nothing.
"""

import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from console import UserError, out, run
from operations import environment
from operations.terraform import state_bucket

BLOCK_ALL = {
    "BlockPublicAcls": True,
    "BlockPublicPolicy": True,
    "IgnorePublicAcls": True,
    "RestrictPublicBuckets": True,
}
ENCRYPT_ALL = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}


def bootstrap(env: str) -> str:
    """The name of the state's bucket, which exists afterwards: private, encrypted and versioned."""
    bucket = state_bucket(env)
    s3 = boto3.client("s3", region_name="us-east-1")  # the region of the backend files
    try:
        s3.create_bucket(Bucket=bucket)
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=BLOCK_ALL)
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=ENCRYPT_ALL)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"the state's bucket {bucket} cannot be made: {error}") from error
    return bucket


def main() -> None:
    env = sys.argv[1]
    environment.check(env)
    out.print(f"the state of {env} lives in s3://{bootstrap(env)}")


if __name__ == "__main__":
    run(main)
