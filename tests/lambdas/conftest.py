"""A real S3 (moto's server), an endpoint that answers as scripted, and the recorded events."""

import base64
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from tests.api_tables import BUCKET as API_BUCKET
from tests.api_tables import REVIEWS, Store
from tests.builders import REGISTER, make_role
from tests.conftest import client

from core.contract.shapes import LambdaContext
from lambdas import classify, label, reading
from lambdas.calls import api_settings

EVENTS = Path(__file__).parent / "events"
BUCKET, VERSIONED = "scones-test-123456789012", "scones-versions-123456789012"
PHOTO = base64.b64decode(json.loads((EVENTS / "serialized-bare.json").read_text())["image_data"])


class ScriptedServer(ThreadingHTTPServer):
    """Answers every request in the way that it was last told, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), ScriptedAnswer)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.answer(b"[0.9969, 0.0031]")

    def answer(self, body: bytes, status: int = 200, delay: float = 0, **headers: str) -> None:
        self.body, self.status, self.delay, self.headers = body, status, delay, headers
        self.asked: list[SimpleNamespace] = []

    def refuse(self, code: str, status: int, **fields: object) -> None:
        """An error in the shape of SageMaker's."""
        self.answer(json.dumps(fields).encode(), status)
        self.headers = {"x-amzn-ErrorType": code}


class ScriptedAnswer(BaseHTTPRequestHandler):
    server: ScriptedServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(SimpleNamespace(path=self.path, headers=self.headers, body=body))
        time.sleep(self.server.delay)
        self.send_response(self.server.status)
        for name, value in {"Content-Length": str(len(self.server.body)), **self.server.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.body)

    def do_GET(self) -> None:
        self.do_POST()

    def do_HEAD(self) -> None:
        self.do_POST()

    def do_PUT(self) -> None:
        self.do_POST()

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def scripted() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield server
        server.shutdown()


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch, s3_url: str) -> Iterator[None]:
    """The environment of a function that runs in the local cloud."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": s3_url,
        "ENDPOINT_NAME": "image-classifier-ep",
        "LABELS": "bicycle,motorcycle",
    }.items():
        monkeypatch.setenv(name, value)
    yield
    classify.runtime.cache_clear()


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch, scripted: ScriptedServer) -> ScriptedServer:
    """The endpoint that classify asks."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", scripted.url)
    return scripted


@pytest.fixture
def faulty_register(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """A DynamoDB that answers as scripted, beside an endpoint that does."""
    with ScriptedServer() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", server.url)
        yield server
        server.shutdown()


@pytest.fixture
def broken_s3(monkeypatch: pytest.MonkeyPatch, scripted: ScriptedServer) -> Iterator[ScriptedServer]:
    """An S3 that answers as scripted, for faults that moto cannot be made to show."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", scripted.url)
    reading.s3.cache_clear()
    yield scripted
    reading.s3.cache_clear()


@pytest.fixture
def bucket(aws: None, s3_url: str) -> Any:  # noqa: ARG001
    """The bucket that the events name, with their photo in it."""
    bucket = boto3.resource("s3", endpoint_url=s3_url).create_bucket(Bucket=BUCKET)
    bucket.put_object(Key="incoming/bicycle.png", Body=PHOTO)
    return bucket


@pytest.fixture
def put(bucket: Any) -> Callable[[str, bytes], dict[str, str]]:
    """Put another object into that bucket; the answer is the event that names it."""

    def put(key: str, content: bytes) -> dict[str, str]:
        bucket.put_object(Key=key, Body=content)
        return {"s3_bucket": BUCKET, "s3_key": key}

    return put


@pytest.fixture
def put_version(aws: None, s3_url: str) -> Callable[[str, bytes], dict[str, str]]:  # noqa: ARG001
    """Put an object into a bucket that keeps versions; the answer is the event that an upload there starts with."""
    bucket = boto3.resource("s3", endpoint_url=s3_url).create_bucket(Bucket=VERSIONED)
    bucket.Versioning().enable()

    def put(key: str, content: bytes) -> dict[str, str]:
        version = bucket.put_object(Key=key, Body=content).version_id
        return {"s3_bucket": VERSIONED, "s3_key": key, "version_id": version}

    return put


class Context:
    aws_request_id = "8f1f4f0a-4a0c-4a2c-8f52-0d4e9c1b7a11"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.fixture
def context() -> LambdaContext:
    return Context()


@pytest.fixture
def event() -> Callable[[str], dict[str, Any]]:
    """A recorded event by its name."""
    return lambda name: json.loads((EVENTS / f"{name}.json").read_text())


@pytest.fixture
def photo() -> bytes:
    """The photo in the recorded events."""
    return PHOTO


@pytest.fixture(scope="session")
def machine(cloud: str) -> str:
    """A workflow that notes what it was started with."""
    make_role(client("iam", cloud), "api-workflow")
    definition = json.dumps({"StartAt": "Noted", "States": {"Noted": {"Type": "Succeed"}}})
    role = "arn:aws:iam::123456789012:role/api-workflow"
    steps = client("stepfunctions", cloud)
    made = steps.create_state_machine(name="api-workflow", definition=definition, roleArn=role)
    return made["stateMachineArn"]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, cloud: str, machine: str) -> Iterator[Store]:
    """Tables of its own in the local cloud, and the API's function that has their names."""
    name = uuid.uuid4().hex
    given = {
        "AWS_ENDPOINT_URL": cloud,
        "TABLE": f"photos-{name}",
        "REVIEWS": f"reviews-{name}",
        "BUCKET": API_BUCKET,
        "STATE_MACHINE": machine,
        "LABELS": "bicycle,motorcycle,other",
        "GRACE_SECONDS": "5",
        "BLIND_PER_DAY": "3",
        "PERSON_DAYS": "30",
        "PERSON_STATISTICS": "false",
        "SOURCES": "bay 2,bay 3",
        "ALARMS": f"scones-{name}-unsure-",
    }
    for setting, value in given.items():
        monkeypatch.setenv(setting, value)
    dynamodb = client("dynamodb", cloud)
    dynamodb.create_table(TableName=given["TABLE"], **REGISTER)
    dynamodb.create_table(TableName=given["REVIEWS"], **REVIEWS)
    forget_settings()
    yield Store(lambda service: client(service, cloud), given["TABLE"], given["REVIEWS"], machine)
    forget_settings()


def forget_settings() -> None:
    for made in (api_settings.settings, api_settings.client, label.settings, label.dynamodb, reading.s3):
        made.cache_clear()
