"""A role that was taken, what its policies allow it, and how it is refused."""

import uuid

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.builders import make_role


def allow(action, resource, **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


class Session:
    """A role that was taken: `session("s3")` makes a client that signs as it."""

    def __init__(self, aws, cloud, statements, more):
        self.cloud, self.name = cloud, f"r-{uuid.uuid4().hex[:8]}"
        role = make_role(aws("iam"), self.name, *statements, **more)
        self.arn = f"arn:aws:sts::123456789012:assumed-role/{self.name}/tested"
        self.given = aws("sts").assume_role(RoleArn=role, RoleSessionName="tested")["Credentials"]

    def __call__(self, service):
        return boto3.client(
            service,
            endpoint_url=self.cloud,
            region_name="us-east-1",
            config=Config(retries={"total_max_attempts": 1}),
            aws_access_key_id=self.given["AccessKeyId"],
            aws_secret_access_key=self.given["SecretAccessKey"],
            aws_session_token=self.given["SessionToken"],
        )


def refusal(call, **asked):
    """The error's name, its status and its message."""
    with pytest.raises(ClientError) as caught:
        call(**asked)
    error, answer = caught.value.response["Error"], caught.value.response["ResponseMetadata"]
    return error["Code"], answer["HTTPStatusCode"], error["Message"]
