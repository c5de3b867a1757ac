"""Functions, state machines, models and endpoints made in a line."""

import contextlib
import io
import json
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.builders import make_role, pack
from tests.localcloud.served import Served, serving
from tests.localcloud.sessions import Session
from tests.waiting import until

ROLE = "arn:aws:iam::123456789012:role/any"


@pytest.fixture(scope="session", autouse=True)
def role(aws: Callable[[str], Any]) -> None:
    """The role that everything here has: it may do all."""
    make_role(aws("iam"), "any")


@pytest.fixture
def session(aws: Callable[[str], Any], cloud: str) -> Callable[..., Session]:
    """Take a new role with these statements."""
    return lambda *statements, **more: Session(aws, cloud, statements, more)


@pytest.fixture
def function(aws: Callable[[str], Any]) -> Callable[..., str]:
    """Make a Lambda function of this code and what else its zip brings; answer its ARN."""

    def make(code: str, packages: dict[str, str] | None = None, **settings: Any) -> str:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("code_of_it.py", code)
            for name, text in (packages or {}).items():
                archive.writestr(name, text)
        settings = {
            "Runtime": "python3.13",
            "Handler": "code_of_it.handler",
            "Timeout": 10,
            "Role": ROLE,
        } | settings
        made = aws("lambda").create_function(
            FunctionName=f"f-{uuid.uuid4()}", Code={"ZipFile": packed.getvalue()}, **settings
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

    def make(states: dict[str, Any], role: str = ROLE) -> str:
        definition = json.dumps({"StartAt": next(iter(states)), "States": states})
        made = aws("stepfunctions").create_state_machine(
            name=f"m-{uuid.uuid4()}", definition=definition, roleArn=role
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


@pytest.fixture
def table(aws: Callable[[str], Any]) -> str:
    """Make a table of photos without an index; answer its name."""
    name = f"photos-{uuid.uuid4()}"
    aws("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    return name


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
def model(aws: Callable[[str], Any], bucket: str) -> Callable[..., str]:
    """Make a model that answers with this code/inference.py, or whose artefact these bytes are; answer its name."""

    def make(code: str | bytes, role: str = ROLE, **environment: str) -> str:
        name = str(uuid.uuid4())
        packed = code if isinstance(code, bytes) else pack({"code/inference.py": code.encode()})
        aws("s3").put_object(Bucket=bucket, Key=f"models/{name}/model.tar.gz", Body=packed)
        artefact = f"s3://{bucket}/models/{name}/model.tar.gz"
        container = {"Image": "pytorch", "ModelDataUrl": artefact, "Environment": environment}
        aws("sagemaker").create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer=container)
        return name

    return make


@pytest.fixture
def endpoint(aws: Callable[[str], Any], model: Callable[..., str]) -> Callable[..., str]:
    """Make an endpoint that this code/inference.py answers; answer its name. With a name given, update that one."""

    def make(
        code: str | bytes, name: str = "", capture: dict[str, Any] | None = None, role: str = ROLE
    ) -> str:
        version, sagemaker = model(code, role), aws("sagemaker")
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


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[Path], Callable[..., Served]]]:
    """Start the model server on an unpacked artefact; answer what sends it a request."""
    with contextlib.ExitStack() as running:
        yield lambda directory: running.enter_context(serving(directory))


@pytest.fixture(scope="session")
def archive(aws: Callable[[str], Any]) -> str:
    """A bucket of which nobody is told anything: to fill it is quick."""
    aws("s3").create_bucket(Bucket="scones-bulk")
    return "scones-bulk"


@pytest.fixture
def prefix(aws: Callable[[str], Any], archive: str) -> Callable[..., str]:
    """Put empty objects of these names under a new prefix; answer the prefix."""

    def make(names: Iterable[str]) -> str:
        folder, s3 = f"bulk/{uuid.uuid4()}/", aws("s3")
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda name: s3.put_object(Bucket=archive, Key=folder + name), names))
        return folder

    return make


@pytest.fixture
def bulk(machine: Callable[..., str], archive: str) -> Callable[..., str]:
    """Make a state machine with a Distributed Map that runs this function; answer its ARN."""

    def make(function: str, batch: int = 10, then: dict[str, Any] | None = None, **more: Any) -> str:
        invoke = {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": function, "Payload.$": "$"},
            "OutputPath": "$.Payload",
            "End": True,
        }
        processor = {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
            "StartAt": "Classify",
            "States": {"Classify": invoke},
        }
        state = {
            "Type": "Map",
            "Label": "Images",
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:listObjectsV2",
                "Parameters": {"Bucket": archive, "Prefix.$": "$.prefix"},
            },
            "ItemBatcher": {"MaxItemsPerBatch": batch, "BatchInput": {"run.$": "$.run"}},
            "ItemProcessor": processor,
            "MaxConcurrency": 4,
            "ResultWriter": {
                "Resource": "arn:aws:states:::s3:putObject",
                "Parameters": {"Bucket": archive, "Prefix.$": "States.Format('results/{}', $.run)"},
            },
            **({"Next": "Then"} if then else {"End": True}),
            **more,
        }
        state = {name: value for name, value in state.items() if value is not None}
        return machine({"Map": state, **({"Then": then} if then else {})})

    return make


@pytest.fixture
def start(aws: Callable[[str], Any]) -> Callable[..., str]:
    """Start an execution over a prefix; answer its ARN."""

    def run(arn: str, prefix: str = "", **more: Any) -> str:
        event = json.dumps({"run": str(uuid.uuid4()), "prefix": prefix, **more})
        return aws("stepfunctions").start_execution(stateMachineArn=arn, input=event)["executionArn"]

    return run


@pytest.fixture
def ended(aws: Callable[[str], Any]) -> Callable[[str], dict[str, Any]]:
    """Wait for the execution's end; answer its description, its output decoded."""

    def wait(execution: str) -> dict[str, Any]:
        steps = aws("stepfunctions")
        seen = until(
            lambda: steps.describe_execution(executionArn=execution), lambda it: it["status"] != "RUNNING"
        )
        return seen | ({"output": json.loads(seen["output"])} if "output" in seen else {})

    return wait


@pytest.fixture
def map_run(aws: Callable[[str], Any]) -> Callable[[str], dict[str, Any]]:
    """Describe the execution's map run."""

    def describe(execution: str) -> dict[str, Any]:
        steps = aws("stepfunctions")
        listed = until(lambda: steps.list_map_runs(executionArn=execution)["mapRuns"], bool)
        return steps.describe_map_run(mapRunArn=listed[-1]["mapRunArn"])

    return describe


@pytest.fixture
def results(aws: Callable[[str], Any], archive: str) -> Callable[[str], dict[str, list[dict[str, Any]]]]:
    """Read the result files that the manifest names, by their kind; each entry has its batch's `keys` as well."""

    def load(key: str) -> Any:
        return json.loads(aws("s3").get_object(Bucket=archive, Key=key)["Body"].read())

    def entries(files: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            entry | {"keys": [item["Key"] for item in json.loads(entry["Input"])["Items"]]}
            for file in files
            for entry in load(file["Key"])
        ]

    def read(manifest: str) -> dict[str, list[dict[str, Any]]]:
        return {kind: entries(files) for kind, files in load(manifest)["ResultFiles"].items()}

    return read


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., Any]:
    return until
