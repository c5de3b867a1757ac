"""Functions, state machines, models and endpoints made in a line."""

import io
import json
import tarfile
import time
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

ROLE = "arn:aws:iam::123456789012:role/any"


@pytest.fixture(scope="session", autouse=True)
def role(aws: Callable[[str], Any]) -> None:
    """The role that everything here has."""
    aws("iam").create_role(RoleName="any", AssumeRolePolicyDocument="{}")


@pytest.fixture
def function(aws: Callable[[str], Any]) -> Callable[..., str]:
    """Make a Lambda function of this code, with the handler `code.handler`; answer its ARN."""

    def make(code: str, **settings: Any) -> str:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("code_of_it.py", code)
        settings = {"Runtime": "python3.13", "Handler": "code_of_it.handler", "Timeout": 10, **settings}
        made = aws("lambda").create_function(
            FunctionName=f"f-{uuid.uuid4()}", Role=ROLE, Code={"ZipFile": packed.getvalue()}, **settings
        )
        return made["FunctionArn"]

    return make


@pytest.fixture
def invoke(aws: Callable[[str], Any]) -> Callable[..., Any]:
    """Invoke a function; answer what it returned, or its error with `failed` in it."""

    def call(name: str, event: Any = None) -> Any:
        answer = aws("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
        payload = json.loads(answer["Payload"].read())
        return payload | {"failed": answer["FunctionError"]} if "FunctionError" in answer else payload

    return call


@pytest.fixture
def machine(aws: Callable[[str], Any]) -> Callable[[dict[str, Any]], str]:
    """Make a state machine of these states, which begins with the first; answer its ARN."""

    def make(states: dict[str, Any]) -> str:
        definition = json.dumps({"StartAt": next(iter(states)), "States": states})
        made = aws("stepfunctions").create_state_machine(
            name=f"m-{uuid.uuid4()}", definition=definition, roleArn=ROLE
        )
        return made["stateMachineArn"]

    return make


@pytest.fixture
def execute(aws: Callable[[str], Any]) -> Callable[..., dict[str, Any]]:
    """Run a state machine to its end; answer its description."""

    def run(arn: str, event: Any = None) -> dict[str, Any]:
        steps = aws("stepfunctions")
        execution = steps.start_execution(stateMachineArn=arn, input=json.dumps(event or {}))["executionArn"]
        return until(
            lambda: steps.describe_execution(executionArn=execution), lambda it: it["status"] != "RUNNING"
        )

    return run


@pytest.fixture(scope="session")
def bucket(aws: Callable[[str], Any]) -> str:
    """A bucket whose events go to EventBridge."""
    s3, name = aws("s3"), "scones-test"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    return name


@pytest.fixture
def endpoint(aws: Callable[[str], Any], bucket: str) -> Callable[..., str]:
    """Make an endpoint that this code/inference.py answers; answer its name. With a name given, update that one."""

    def make(code: str, name: str = "", capture: dict[str, Any] | None = None) -> str:
        version, sagemaker = str(uuid.uuid4()), aws("sagemaker")
        aws("s3").put_object(
            Bucket=bucket, Key=f"models/{version}/model.tar.gz", Body=tar_of({"code/inference.py": code})
        )
        container = {"Image": "pytorch", "ModelDataUrl": f"s3://{bucket}/models/{version}/model.tar.gz"}
        sagemaker.create_model(ModelName=version, ExecutionRoleArn=ROLE, PrimaryContainer=container)
        variant = {"VariantName": "AllTraffic", "ModelName": version, "InstanceType": "ml.c7i.large"}
        sagemaker.create_endpoint_config(
            EndpointConfigName=version,
            ProductionVariants=[{**variant, "InitialInstanceCount": 1}],
            **({"DataCaptureConfig": capture} if capture else {}),
        )
        change = sagemaker.update_endpoint if name else sagemaker.create_endpoint
        name = name or f"e-{version}"
        change(EndpointName=name, EndpointConfigName=version)
        return name

    return make


def tar_of(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


def until(look: Callable[[], Any], good: Callable[[Any], bool], seconds: float = 20) -> Any:
    """Look until it is good; answer what was seen last."""
    deadline = time.monotonic() + seconds
    while not good(seen := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return seen


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., Any]:
    return until
