"""An endpoint answers with its artefact's own code, fails as SageMaker fails, and captures what it answers."""

import base64
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import ANY

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError
from tests.builders import document, make_role

from monitoring.record import read_record

IMAGE = b"\x89PNG\r\n\x1a\n\xff\xfe\x00\x80"  # not UTF-8
MODEL = """
import json, os
from sagemaker_inference.errors import BaseInferenceToolkitError
class UnacceptableImage(BaseInferenceToolkitError):
    def __init__(self, message):
        super().__init__(400, message, "Bad Request")
def model_fn(model_dir):
    return [0.9969, 0.0031]
def input_fn(body, content_type):
    if body == b"exit":
        os._exit(3)
    if body == b"bug":
        raise RuntimeError("a bug")
    if not body.startswith(b"\\x89PNG"):
        raise UnacceptableImage("not a picture")
    return body
def predict_fn(data, model):
    return model
def output_fn(prediction, accept):
    return json.dumps(prediction)
"""
TELLING = MODEL.replace(
    """(prediction, accept):
    return json.dumps(prediction)""",
    """(prediction, accept, context):
    context.set_response_header(0, "X-Amzn-SageMaker-Custom-Attributes", "unlikeness=0.9412")
    return json.dumps(prediction), accept + "; unlikeness=0.9412\"""",
)
CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
}


@pytest.fixture
def ask(aws):
    """Invoke an endpoint; answer the model's JSON."""

    def call(name, body=IMAGE, **more):
        answer = aws("sagemaker-runtime").invoke_endpoint(
            EndpointName=name, Body=body, ContentType="image/png", **more
        )
        assert answer["InvokedProductionVariant"] == "AllTraffic"
        assert answer["ContentType"] == "application/json"
        return json.loads(answer["Body"].read())

    return call


def test_an_endpoint_answers_with_the_artefact_s_own_code(endpoint, ask):
    name = endpoint(MODEL)
    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(lambda _: ask(name), range(40))) == [[0.9969, 0.0031]] * 40


def test_an_unknown_endpoint_is_a_validation_error(ask, aws):
    with pytest.raises(aws("sagemaker-runtime").exceptions.ValidationError) as caught:
        ask("nobody")
    assert caught.value.response["Error"]["Message"] == "Endpoint nobody of account 123456789012 not found."


def test_a_broken_image_is_a_model_error_with_the_model_s_own_words(endpoint, ask, aws):
    name = endpoint(MODEL)
    for body, status, words in ((b"text", 400, "not a picture"), (b"bug", 500, "a bug")):
        with pytest.raises(aws("sagemaker-runtime").exceptions.ModelError) as caught:
            ask(name, body)
        answer = caught.value.response
        first, *trace = answer["OriginalMessage"].splitlines()
        assert (answer["OriginalStatusCode"], first) == (status, words)
        assert trace[0] == "Traceback (most recent call last):"
        assert words in trace[-1]
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 424


def test_a_model_that_dies_fails_one_request_and_comes_back(endpoint, ask, aws):
    name = endpoint(MODEL)
    with pytest.raises(aws("sagemaker-runtime").exceptions.ModelError):
        ask(name, b"exit")
    assert ask(name) == [0.9969, 0.0031]


def test_more_than_six_megabytes_are_refused(endpoint, ask, aws):
    with pytest.raises(aws("sagemaker-runtime").exceptions.ClientError) as caught:
        ask(endpoint(MODEL), IMAGE * 700_000)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


@pytest.mark.parametrize("updated", [False, True])
def test_a_model_that_does_not_load_is_in_service_and_answers_nothing(endpoint, cloud, aws, until, updated):
    name = endpoint(MODEL) if updated else ""
    name = endpoint("def model_fn(model_dir): raise RuntimeError('weights are broken')\n", name=name)
    described = aws("sagemaker").describe_endpoint(EndpointName=name)
    assert described["EndpointStatus"] == "InService"
    assert "FailureReason" not in described
    impatient = boto3.client(
        "sagemaker-runtime",
        endpoint_url=cloud,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(read_timeout=0.5, retries={"total_max_attempts": 1}),
    )
    with pytest.raises(ReadTimeoutError):
        impatient.invoke_endpoint(EndpointName=name, Body=IMAGE, ContentType="image/png")

    def read_log():
        events = aws("logs").filter_log_events(logGroupName=f"/aws/sagemaker/Endpoints/{name}")["events"]
        return [event["message"] for event in events]

    assert "RuntimeError: weights are broken" in until(read_log, lambda lines: "RuntimeError" in str(lines))


def test_an_artefact_that_is_no_archive_fails_the_endpoint_with_the_reason(endpoint, aws):
    described = aws("sagemaker").describe_endpoint(EndpointName=endpoint(b"no archive"))
    assert described["EndpointStatus"] == "Failed"
    assert described["FailureReason"].startswith("Failed to extract model data archive for container")


def test_an_update_that_fails_is_rolled_back(endpoint, ask, aws):
    name = endpoint(MODEL)
    before = aws("sagemaker").describe_endpoint(EndpointName=name)["EndpointConfigName"]
    endpoint(b"no archive", name=name)
    after = aws("sagemaker").describe_endpoint(EndpointName=name)
    assert (after["EndpointConfigName"], after["EndpointStatus"]) == (before, "InService")
    assert "valid tar.gz archive" in after["FailureReason"]
    assert ask(name) == [0.9969, 0.0031]
    endpoint(MODEL.replace("0.9969", "0.5"), name=name)
    assert ask(name) == [0.5, 0.0031]


def test_a_model_or_a_configuration_of_a_name_that_there_is_already_is_refused(aws, endpoint, model):
    sagemaker = aws("sagemaker")
    name = sagemaker.describe_endpoint(EndpointName=endpoint(MODEL))["EndpointConfigName"]
    made = sagemaker.describe_model(ModelName=name)
    with pytest.raises(sagemaker.exceptions.ClientError, match="ValidationException") as caught:
        sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=made["ExecutionRoleArn"],
            PrimaryContainer={"Image": "another", "ModelDataUrl": "s3://another"},
        )
    said = caught.value.response["Error"]["Message"]
    assert said == f'Cannot create already existing model "{made["ModelArn"]}".'
    assert sagemaker.describe_model(ModelName=name) == made | {"ResponseMetadata": ANY}
    configured = sagemaker.describe_endpoint_config(EndpointConfigName=name)
    variants = [{**configured["ProductionVariants"][0], "ModelName": model(MODEL)}]
    with pytest.raises(sagemaker.exceptions.ClientError, match="ValidationException") as caught:
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)
    said = caught.value.response["Error"]["Message"]
    assert (
        said == f'Cannot create already existing endpoint configuration "{configured["EndpointConfigArn"]}".'
    )
    assert sagemaker.describe_endpoint_config(EndpointConfigName=name) == configured | {
        "ResponseMetadata": ANY
    }


def test_a_live_configuration_can_be_deleted_and_then_the_endpoint_cannot_be_updated(aws, endpoint):
    sagemaker, name = aws("sagemaker"), endpoint(MODEL)
    live = sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
    sagemaker.delete_endpoint_config(EndpointConfigName=live)
    with pytest.raises(
        sagemaker.exceptions.ClientError, match="Could not find endpoint configuration"
    ) as caught:
        endpoint(MODEL, name=name)
    assert live in caught.value.response["Error"]["Message"]


def test_an_update_with_alarms_needs_a_role_that_may_look_at_them(aws, endpoint):
    sagemaker, iam, name = aws("sagemaker"), aws("iam"), endpoint(MODEL)
    live = sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
    container = sagemaker.describe_model(ModelName=live)["PrimaryContainer"]
    role = make_role(iam, "looks-at-alarms", {"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    sagemaker.create_model(ModelName="watched", ExecutionRoleArn=role, PrimaryContainer=container)
    variant = {"VariantName": "AllTraffic", "ModelName": "watched", "InstanceType": "ml.c7i.large"}
    sagemaker.create_endpoint_config(
        EndpointConfigName="watched", ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
    )
    routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    asked = {
        "EndpointName": name,
        "EndpointConfigName": "watched",
        "DeploymentConfig": {
            "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing},
            "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
        },
    }
    with pytest.raises(
        sagemaker.exceptions.ClientError,
        match="no identity-based policy allows the cloudwatch:DescribeAlarms",
    ):
        sagemaker.update_endpoint(**asked)
    assert sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"] == live
    allow = {"Effect": "Allow", "Action": "cloudwatch:DescribeAlarms", "Resource": "*"}
    iam.put_role_policy(RoleName="looks-at-alarms", PolicyName="look", PolicyDocument=document(allow))
    sagemaker.update_endpoint(**asked)
    assert sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"] == "watched"


def test_what_was_asked_for_is_described(aws, endpoint):
    sagemaker = aws("sagemaker")
    config = sagemaker.describe_endpoint(EndpointName=endpoint(MODEL))["EndpointConfigName"]
    assert "VpcConfig" not in sagemaker.describe_model(ModelName=config)
    routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    policy = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}
    sagemaker.create_endpoint(EndpointName="described", EndpointConfigName=config, DeploymentConfig=policy)
    assert sagemaker.describe_endpoint(EndpointName="described")["LastDeploymentConfig"] == policy


def test_each_answer_is_captured_as_the_configuration_asks(endpoint, ask, aws, bucket, until):
    name = endpoint(MODEL, capture={**CAPTURE, "DestinationS3Uri": f"s3://{bucket}/captures"})
    ask(name, InferenceId="photo-1", CustomAttributes="trace=1")
    for _ in range(4):
        ask(name)
    with pytest.raises(aws("sagemaker-runtime").exceptions.ModelError):
        ask(name, b"text")
    s3 = aws("s3")

    def records():
        found = s3.list_objects_v2(Bucket=bucket, Prefix=f"captures/{name}/AllTraffic/").get("Contents", [])
        texts = [s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read().decode() for one in found]
        return [one["Key"] for one in found], [
            json.loads(line) for text in texts for line in text.splitlines()
        ]

    keys, lines = until(records, lambda it: len(it[1]) >= 5)
    time.sleep(1.2)  # for a sixth, which must not come
    assert len(records()[1]) == len(lines) == 5
    assert all(re.search(r"/\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl$", key) for key in keys)
    assert lines[0]["captureData"] == {
        "endpointInput": {
            "observedContentType": "image/png",
            "mode": "INPUT",
            "data": base64.b64encode(IMAGE).decode(),
            "encoding": "BASE64",
        },
        "endpointOutput": {
            "observedContentType": "application/json",
            "mode": "OUTPUT",
            "data": "[0.9969, 0.0031]",
            "encoding": "JSON",
        },
    }
    assert lines[0]["eventVersion"] == "0"
    assert lines[0]["eventMetadata"]["inferenceId"] == "photo-1"
    assert lines[0]["eventMetadata"]["customAttributes"] == ["trace=1"]
    assert set(lines[1]["eventMetadata"]) == {"eventId", "inferenceTime"}


def test_what_the_code_says_beside_its_answer_is_answered_and_its_type_is_captured(
    endpoint, aws, bucket, until
):
    name = endpoint(TELLING, capture={**CAPTURE, "DestinationS3Uri": f"s3://{bucket}/telling"})
    answer = aws("sagemaker-runtime").invoke_endpoint(
        EndpointName=name, Body=IMAGE, ContentType="image/png", CustomAttributes="kind=live"
    )
    assert answer["CustomAttributes"] == "unlikeness=0.9412"
    look = lambda: aws("s3").list_objects_v2(Bucket=bucket, Prefix=f"telling/{name}/")  # noqa: E731
    key = until(look, lambda it: "Contents" in it)["Contents"][0]["Key"]
    content = aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    output = json.loads(content)["captureData"]["endpointOutput"]
    assert output["observedContentType"] == "application/json; unlikeness=0.9412"
    assert (output["encoding"], output["data"]) == ("JSON", "[0.9969, 0.0031]")
    record = read_record(content, key, 1, ("", name, "AllTraffic"))
    assert (record.unlikeness, record.kind) == (0.9412, "live")


def test_without_listed_content_types_everything_is_captured_as_base64(endpoint, ask, aws, bucket, until):
    capture = {
        **CAPTURE,
        "DestinationS3Uri": f"s3://{bucket}/plain",
        "CaptureOptions": [{"CaptureMode": "Output"}],
    }
    del capture["CaptureContentTypeHeader"]
    name = endpoint(MODEL, capture=capture)
    ask(name)
    look = lambda: aws("s3").list_objects_v2(Bucket=bucket, Prefix=f"plain/{name}/")  # noqa: E731
    key = until(look, lambda it: "Contents" in it)["Contents"][0]["Key"]
    line = json.loads(aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    assert list(line["captureData"]) == ["endpointOutput"]
    assert line["captureData"]["endpointOutput"]["encoding"] == "BASE64"
    assert base64.b64decode(line["captureData"]["endpointOutput"]["data"]) == b"[0.9969, 0.0031]"
