"""A request that breaks its service's model is refused as AWS refuses it, before anything else is looked at."""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::123456789012:role/any"


@pytest.fixture
def send(cloud):
    """Send a request as Go's SDK does, which checks less than botocore; answer the error's code and its message."""
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "us-east-1"}

    def call(service: str, operation: str, **asked: object) -> tuple[str, str]:
        client = boto3.client(service, endpoint_url=cloud, config=Config(parameter_validation=False), **keys)
        with pytest.raises(ClientError) as refused:
            getattr(client, operation)(**asked)
        error = refused.value.response["Error"]
        return error["Code"], error["Message"]

    return call


def test_a_name_of_another_form_is_refused_in_aws_s_words(send):
    code, said = send("sagemaker", "delete_model", ModelName="a_model")
    assert code == "ValidationException"
    assert said == (
        "1 validation error detected: Value 'a_model' at 'modelName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9]([\\-a-zA-Z0-9]*[a-zA-Z0-9])?"
    )


def test_all_that_is_wrong_is_named_with_its_place(send):
    variant = {"VariantName": "all", "ModelName": "m", "InitialInstanceCount": 0, "InstanceType": "ml.big"}
    _, said = send(
        "sagemaker", "create_endpoint_config", EndpointConfigName="x" * 64, ProductionVariants=[variant]
    )
    assert said.startswith("4 validation errors detected: ")
    # Of the name both the length and the form.
    assert (
        "at 'endpointConfigName' failed to satisfy constraint: Member must have length less than or equal to 63"
        in said
    )
    assert "Value '0' at 'productionVariants.1.member.initialInstanceCount'" in said
    assert "Value 'ml.big' at 'productionVariants.1.member.instanceType'" in said
    assert "Member must satisfy enum value set: [" in said


def test_what_is_missing_is_refused(send):
    _, said = send("events", "put_targets", Rule="some", Targets=[{"Id": "1"}])
    assert said == (
        "1 validation error detected: Value null at 'targets.1.member.arn' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_services_of_the_query_protocol_name_the_error_their_own_way(send):
    code, said = send("iam", "create_role", RoleName="r" * 65, AssumeRolePolicyDocument="{}")
    assert code == "ValidationError"
    assert (
        "at 'roleName' failed to satisfy constraint: Member must have length less than or equal to 64" in said
    )


def test_keys_of_a_map_are_looked_at_too(send, function):
    code, said = send(
        "lambda",
        "update_function_configuration",
        FunctionName=function("def handler(event, context): pass"),
        Environment={"Variables": {"X": "too short a name"}},
    )
    assert code == "ValidationException"
    assert "Value 'X' at 'environment.variables.key'" in said


def test_what_is_as_the_model_says_passes(aws):
    made = aws("iam").create_role(RoleName="r" * 64, AssumeRolePolicyDocument="{}")
    assert made["Role"]["RoleName"] == "r" * 64


def test_a_key_that_is_too_long_for_s3_is_refused(send, aws, bucket):
    aws("s3").put_object(Bucket=bucket, Key="ä" * 512, Body=b"")
    code, said = send("s3", "put_object", Bucket=bucket, Key="ä" * 512 + "b", Body=b"")
    assert (code, said) == ("KeyTooLongError", "Your key is too long")
