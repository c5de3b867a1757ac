"""The environment `local`, deployed once from a copy of the project, and followed from outside."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest
from boto3.dynamodb.types import TypeDeserializer
from tests.builders import make_queue, pack, take_role
from tests.pipeline import changes
from tests.pipeline.scripted_photos import GUIDELINE

from core.contract import answered_items, register
from operations import roles, workplace

if TYPE_CHECKING:
    from tests.pipeline.browsers import Console

MODEL_CODE = Path(__file__).with_name("scripted_inference.py")
QUICK = ("--members", "1", "--folds", "1", "--epochs", "15", "--min-accuracy", "0.4")
ENDED_SECONDS = 120
LOOK_SECONDS = 0.1
HEARD_SECONDS = 20
RULES = {"heard-of-drivers": "DriverRouted", "heard-of-corrections": "DriverRerouted"}
PERSON, DRIVER = answered_items.DECIDERS
ANY_MINUTE = "2031-03-01T09:22"  # in which of all schedules the sweep's alone is due
# By whom they stand for: the role, and what GitHub's token claims for a job in the environment, or a pull request.
MAIN = "refs/heads/main"
CLAIMS = {
    "deployer": (
        "apply",
        {
            "sub": f"repo:{roles.FALLBACK}:environment:local",
            "ref": MAIN,
            "job_workflow_ref": f"{roles.FALLBACK}/.github/workflows/environment.yml@{MAIN}",
        },
    ),
    "planner": ("plan", {"sub": f"repo:{roles.FALLBACK}:pull_request", "ref": "refs/pull/1/merge"}),
}


class Project:
    """A copy of what `make` works on, in which our commands run as make runs them."""

    def __init__(self, root: Path, variables: dict[str, str]) -> None:
        self.root = root
        self.variables = variables | {"VERBOSE": "1"}  # whatever Terraform says is looked at
        self.sessions: dict[str, dict[str, str]] = {}  # by the key of whom they stand for
        workplace.copy(root)
        self.run("operations.package")

    def run(self, module: str, *arguments: Any, status: int = 0, key: str = "deployer") -> str:
        """Run one of our commands, which has to end with this status; answer what it printed.

        The key tells who calls: once they are there, `deployer` and `planner` are GitHub's roles, and may do no more
        than these; anybody else is an administrator.
        """
        done = subprocess.run(
            [sys.executable, "-m", module, *map(str, arguments)],
            cwd=self.root,
            env=os.environ | self.variables | self.sessions.get(key, {"AWS_ACCESS_KEY_ID": key}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == status, f"{module} ended with status {done.returncode}:\n{done.stdout}"
        return done.stdout

    def take_roles(self, sts: Any) -> None:
        """As GitHub Actions do: for a job in the environment, and for a pull request."""
        for key, (role, claims) in CLAIMS.items():
            self.sessions[key] = take_role(
                sts, f"arn:aws:iam::123456789012:role/scones-local-{role}", **claims
            )

    def apply(self, *settings: str, planner: str = "deployer") -> None:
        def command(*words: str) -> None:
            if "plan" in words and planner == "planner":
                self.run(*words, "-lock=false", key=planner)  # the plan role cannot take the lock
            else:
                self.run(*words)

        workplace.apply(command, *settings)

    def outputs(self) -> dict[str, Any]:
        shown = json.loads(self.run("operations.terraform", "local", "output", "-json"))
        return {name: output["value"] for name, output in shown.items()}


@pytest.fixture(scope="session")
def project(cloud_variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("project"), cloud_variables)


class Inbox:
    """A queue, and every message that has come out of it."""

    def __init__(self, sqs: Any, url: str) -> None:
        self.sqs, self.url = sqs, url
        self.messages: list[dict[str, Any]] = []

    def about(self, **fields: Any) -> list[dict[str, Any]]:
        """The messages with these fields; there has to be one at least, in some seconds."""
        deadline = time.monotonic() + HEARD_SECONDS
        while not (found := self.so_far(**fields)) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        assert found, f"no message with {fields} came to {self.url}"
        return found

    def so_far(self, **fields: Any) -> list[dict[str, Any]]:
        while batch := self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            self.messages += [json.loads(message["Body"]) for message in batch]
            for message in batch:
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return [message for message in self.messages if fields.items() <= message.items()]


class Deployment:
    """The environment `local`, seen from outside: photos go in, executions end, messages come out."""

    def __init__(self, project: Project, aws: Callable[[str], Any]) -> None:
        self.project, self.aws = project, aws
        self.outputs = project.outputs()
        self.bucket, self.machine = self.outputs["bucket"], self.outputs["state_machine_arn"]
        self.s3, self.steps, self.sqs = aws("s3"), aws("stepfunctions"), aws("sqs")
        self.dynamodb = aws("dynamodb")
        self.known: dict[str, dict[str, Any]] = {}
        self.notified = self.listen_to_topic()
        self.routed, self.corrected = (self.listen_to_bus(rule) for rule in RULES)

    def listen_to_topic(self) -> Inbox:
        """As somebody does who wants to hear of what fails."""
        url, arn = self.make_queue("heard-of-failures")
        raw = {"RawMessageDelivery": "true"}
        self.aws("sns").subscribe(
            TopicArn=self.outputs["topic_arn"], Protocol="sqs", Endpoint=arn, Attributes=raw
        )
        return Inbox(self.sqs, url)

    def listen_to_bus(self, rule: str) -> Inbox:
        """As another team does that wants to hear of drivers."""
        url, arn = self.make_queue(rule)
        events, bus = self.aws("events"), {"EventBusName": self.outputs["bus_name"]}
        events.put_rule(Name=rule, EventPattern=json.dumps({"detail-type": [RULES[rule]]}), **bus)
        target = {"Id": "queue", "Arn": arn, "InputPath": "$.detail"}
        events.put_targets(Rule=rule, Targets=[target], **bus)
        return Inbox(self.sqs, url)

    def stop_listening(self) -> None:
        """A bus with somebody else's rule on it cannot be deleted."""
        events, bus = self.aws("events"), {"EventBusName": self.outputs["bus_name"]}
        for rule in RULES:
            events.remove_targets(Rule=rule, Ids=["queue"], **bus)
            events.delete_rule(Name=rule, **bus)

    def make_queue(self, name: str) -> tuple[str, str]:
        url = make_queue(self.sqs, name)
        asked = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, asked["Attributes"]["QueueArn"]

    def upload(self, key: str, content: bytes) -> str:
        """Put a photo where a driver's photo goes; answer its key."""
        self.s3.put_object(Bucket=self.bucket, Key=f"incoming/{key}", Body=content)
        return f"incoming/{key}"

    def store(self, key: str, content: bytes) -> dict[str, str]:
        """Put a photo where no upload starts the workflow; answer the event that an upload's rule would send."""
        put = self.s3.put_object(Bucket=self.bucket, Key=f"archive/{key}", Body=content)
        named = {
            "s3_bucket": self.bucket,
            "s3_key": f"archive/{key}",
            "version_id": put["VersionId"],
        }
        return named | {"source": "", "reference": "", "image_data": "", "inferences": []}

    def start(self, event: Any) -> str:
        """Start the workflow by hand; answer the execution."""
        return self.steps.start_execution(stateMachineArn=self.machine, input=json.dumps(event))[
            "executionArn"
        ]

    def decide(
        self, item: dict[str, Any], label: str, vehicle: str = "", by: str = PERSON, **more: Any
    ) -> str:
        """Start what a decision on this photo starts; answer the execution."""
        decision = {"decision": int(item.get("decided", 0)) + 1} | more
        name = decision.pop("name", f"{item['id']}-{decision['decision']}")
        event = {part: item[part] for part in ("s3_bucket", "s3_key", "version_id")} | {
            "label": label,
            "vehicle": vehicle,
            "decided_by": by,
            "image_data": "",
            "inferences": [],
        }
        asked = {"stateMachineArn": self.machine, "name": name, "input": json.dumps(event | decision)}
        return self.steps.start_execution(**asked)["executionArn"]

    def end(self, execution: str) -> dict[str, Any]:
        """The execution's description, once it has ended."""

        def look() -> dict[str, Any] | None:
            described = self.describe(execution)
            return described if described["status"] != "RUNNING" else None

        return until(look, f"the end of {execution}")

    def end_of(self, key: str) -> list[dict[str, Any]]:
        """The executions that uploads of this key started, once they have ended."""

        def look() -> list[dict[str, Any]] | None:
            found = self.executions_of(key)
            return found if all(it["status"] != "RUNNING" for it in found) else None

        return until(look, f"the end of {key}")

    def failures(self, key: str) -> list[dict[str, Any]]:
        """What has gone wrong so far with this key's photo, also where it was tried again; something has to."""

        def look() -> list[dict[str, Any]]:
            arns = [it["executionArn"] for it in self.executions_of(key)]
            histories = [self.steps.get_execution_history(executionArn=arn)["events"] for arn in arns]
            return [
                it["taskFailedEventDetails"]
                for events in histories
                for it in events
                if it["type"] == "TaskFailed"
            ]

        return until(look, f"a failure of {key}")

    def executions_of(self, key: str) -> list[dict[str, Any]]:
        pages = self.steps.get_paginator("list_executions").paginate(stateMachineArn=self.machine)
        arns = [execution["executionArn"] for page in pages for execution in page["executions"]]
        described = [self.known.get(arn) or self.describe(arn) for arn in arns]
        return [it for it in described if json.loads(it["input"]).get("s3_key") == key]

    def describe(self, execution: str) -> dict[str, Any]:
        described = self.steps.describe_execution(executionArn=execution)
        if described["status"] != "RUNNING":
            self.known[execution] = described
        return described

    def items(self, prefix: str) -> list[dict[str, Any]]:
        """What the register has of the photos whose keys begin so."""
        asked = {
            "TableName": self.outputs["register_table"],
            "FilterExpression": "begins_with(s3_key, :prefix)",
            "ExpressionAttributeValues": {":prefix": {"S": prefix}},
            "ConsistentRead": True,
        }
        read = TypeDeserializer().deserialize
        pages = self.dynamodb.get_paginator("scan").paginate(**asked)
        found = [item for page in pages for item in page["Items"]]
        return [{name: read(value) for name, value in item.items()} for item in found]

    def item(self, key: str, **fields: str) -> dict[str, Any]:
        """The one photo of this key, once the register has it with these fields."""

        def look() -> list[dict[str, Any]]:
            return [it for it in self.items(key) if it["s3_key"] == key and fields.items() <= it.items()]

        (item,) = until(look, f"the photo {key} with {fields}")
        return item

    def sweep(self) -> None:
        """Let the sweep's schedule start it now, as it does each minute."""
        self.put_setting("scheduled", ANY_MINUTE)

    @contextlib.contextmanager
    def redefined(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Iterator[None]:
        """What starts in here has another definition, to its end."""
        machine = {"stateMachineArn": self.machine}
        usual = self.steps.describe_state_machine(**machine)["definition"]
        self.steps.update_state_machine(**machine, definition=json.dumps(change(json.loads(usual))))
        try:
            yield
        finally:
            self.steps.update_state_machine(**machine, definition=usual)

    @contextlib.contextmanager
    def faulty(self, service: str, fault: str) -> Iterator[None]:
        """In here the service fails: it is down, or it throttles."""
        self.put_setting("fault", f"{service} {fault}")
        try:
            yield
        finally:
            self.put_setting("fault", f"{service} up")

    def put_setting(self, name: str, value: str) -> None:
        url = f"{self.project.variables['AWS_ENDPOINT_URL']}/_localcloud/{name}"
        urlopen(Request(url, data=value.encode(), method="PUT")).close()

    @contextlib.contextmanager
    def nothing_is_read(self) -> Iterator[None]:
        """Photos that arrive in here wait: the function that reads them is throttled."""
        functions, name = self.aws("lambda"), self.outputs["function_names"]["serialize"]
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        try:
            yield
        finally:
            functions.delete_function_concurrency(FunctionName=name)

    def route(self, key: str, content: bytes) -> dict[str, Any]:
        """Upload one photo and follow it to the end of its execution."""
        (ended,) = self.end_of(self.upload(key, content))
        return ended


def until(look: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + ENDED_SECONDS
    while not (seen := look()):
        assert time.monotonic() < deadline, f"{what} did not come within {ENDED_SECONDS} s"
        time.sleep(LOOK_SECONDS)
    return seen


@pytest.fixture(scope="session")
def artefact(
    staged_sample: Path, project: Project, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """A model of a few epochs: call it to wait for its artefact, which is made while other things go on."""
    folder = tmp_path_factory.mktemp("model")
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(project.run, "training.train", "--data", staged_sample, "--out", folder, *QUICK)
        yield lambda: run.result() and folder / "model.tar.gz"


@pytest.fixture(scope="session")
def without_model(artefact: Any, project: Project, aws: Callable[[str], Any]) -> Deployment:  # noqa: ARG001
    """The first deployment: everything but the endpoint. The model is being trained meanwhile."""
    changes.prepare(project.root)
    project.run("operations.bootstrap", "local", key="administrator")
    project.take_roles(aws("sts"))
    project.run("operations.terraform", "local", "init")
    project.apply()
    return Deployment(project, aws)


@pytest.fixture(scope="session")
def switched_off(without_model: Deployment, artefact: Any) -> Deployment:
    """The second deployment: a model has been promoted, but the endpoint is switched off."""
    without_model.project.run("training.promote", "--env", "local", "--run", artefact())
    without_model.project.apply("-var=endpoint_enabled=false")
    without_model.outputs = without_model.project.outputs()
    return without_model


@pytest.fixture(scope="session")
def deployed(switched_off: Deployment) -> Deployment:
    """The third deployment: the endpoint is there."""
    switched_off.project.apply()
    switched_off.outputs = switched_off.project.outputs()
    return switched_off


@pytest.fixture(scope="session")
def second_plan(deployed: Deployment) -> str:
    """A plan as pull requests make it: by the role that reads, which cannot take the lock."""
    options = ("-input=false", "-no-color", "-detailed-exitcode", "-lock=false")
    return deployed.project.run("operations.terraform", "local", "plan", *options, key="planner")


@pytest.fixture(scope="session")
def workflow(deployed: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The environment after another model has been promoted, the one that does as photos say, and more was changed."""
    path = tmp_path_factory.mktemp("scripted") / "model.tar.gz"
    members = {
        "labels.json": b'["bicycle", "motorcycle"]',
        "metrics.json": b'{"dataset_id": "none"}',
        "code/inference.py": MODEL_CODE.read_bytes(),
        "guideline.json": json.dumps(GUIDELINE).encode(),
    }
    path.write_bytes(pack(members))
    before = deployed.outputs["endpoint_configuration_name"]
    changes.change(deployed.project.root)
    deployed.project.run("training.promote", "--env", "local", "--run", path)
    deployed.project.apply(planner="planner")
    deployed.outputs = deployed.project.outputs()
    assert deployed.outputs["endpoint_configuration_name"] != before
    return deployed


@pytest.fixture
def nobody_waits(workflow: Deployment) -> None:
    """Whoever was left waiting by other tests waits no more: a person is given who waits longest."""
    for item in workflow.items(""):
        if item.get("open") == register.WAITING:
            workflow.dynamodb.update_item(
                TableName=workflow.outputs["register_table"],
                Key={"id": {"S": item["id"]}},
                UpdateExpression="REMOVE #open, since",
                ExpressionAttributeNames={"#open": "open"},
            )


@pytest.fixture(scope="module")
def console(workflow: Deployment) -> Iterator["Console"]:
    """Its pages, in a browser."""
    from tests.pipeline import browsers  # which knows a deployment from here

    with browsers.launched() as browser:
        yield browsers.Console(browser, workflow)
