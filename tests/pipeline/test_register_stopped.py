"""Executions that are stopped, outlive their time, or began before the machine changed: none of them loses a photo.

The model does as photos say.
"""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.pipeline.conftest import PERSON, until
from tests.pipeline.scripted_photos import UNSURE, photo
from tests.pipeline.test_register import outcome
from tests.pipeline.test_register_decisions import leave_to_people

from core.contract import register
from core.contract.events import Pointer

SHORT_SECONDS, PATIENT_SECONDS = 4, 60
# The state machine that sent photos to the review queue, one state a line. It goes when the queue does.
BEFORE = Path(__file__).with_name("machine_before.asl.json")


def patient(definition: dict) -> dict:
    """As if the bus were silent, and not down: whoever could not tell a route waits long before it tries again."""
    definition["States"]["EmitDriverRouted"]["Retry"][0] |= {
        "IntervalSeconds": PATIENT_SECONDS,
        "MaxDelaySeconds": 2 * PATIENT_SECONDS,
        "JitterStrategy": "NONE",
    }
    return definition


def short_lived(definition: dict) -> dict:
    """Jitter could have all tries of what is not read come before that time is over."""
    for retry in definition["States"]["SerializeImageData"]["Retry"]:
        retry["JitterStrategy"] = "NONE"
    return patient(definition) | {"TimeoutSeconds": SHORT_SECONDS}


@contextlib.contextmanager
def unnoticed(workflow) -> Iterator[None]:
    """In here EventBridge tells nobody that an execution was stopped, which it promises to nobody."""
    events, rule = workflow.aws("events"), {"Name": "scones-local-ended"}
    events.disable_rule(**rule)
    try:
        yield
    finally:
        events.enable_rule(**rule)


@contextlib.contextmanager
def nobody_is_told(workflow, change=patient) -> Iterator[None]:
    """In here executions record their routes and cannot tell them, and nobody hears how they end."""
    with unnoticed(workflow), workflow.redefined(change), workflow.faulty("events", "down"):
        yield


def told(workflow, key: str) -> dict:
    """What the next sweep tells of a photo's route, which nobody was told before."""
    workflow.sweep()
    until(lambda: "told_at" in workflow.item(key), "the moment when it was told")
    item = workflow.item(key, state=register.ROUTED)
    assert not {"open", "since"} & set(item)
    (heard,) = (workflow.corrected if item["kind"] == "DriverRerouted" else workflow.routed).about(s3_key=key)
    return heard


@pytest.mark.parametrize("version", ["named", "not named"])
def test_a_route_is_told_though_its_execution_was_stopped_and_nobody_noticed(workflow, version):
    event = workflow.store(f"ended-early/version-{version}.png", photo())
    if version == "not named":
        event = {name: event[name] for name in ("s3_bucket", "s3_key")}
    with nobody_is_told(workflow):
        execution = workflow.start(event)
        workflow.item(event["s3_key"], state=register.ROUTED)
        workflow.steps.stop_execution(executionArn=execution)
        workflow.end(execution)
    heard = told(workflow, event["s3_key"])
    assert (heard["label"], heard["decided_by"]) == ("bicycle", "model")


def test_a_route_is_told_though_its_execution_outlived_its_time(workflow):
    event = workflow.store("ended-early/too-long.png", photo())
    with nobody_is_told(workflow, short_lived):
        execution = workflow.start(event)
        assert workflow.end(execution)["status"] == "TIMED_OUT"
        assert "told_at" not in workflow.item(event["s3_key"], state=register.ROUTED)
    assert told(workflow, event["s3_key"])["label"] == "bicycle"


def test_a_person_s_route_is_told_as_such_though_its_execution_was_stopped(workflow):
    item = leave_to_people(workflow, "stopped")
    with nobody_is_told(workflow):
        execution = workflow.decide(item, "motorcycle")
        workflow.item(item["s3_key"], state=register.ROUTED)
        workflow.steps.stop_execution(executionArn=execution)
        workflow.end(execution)
    heard = told(workflow, item["s3_key"])
    assert (heard["label"], heard["decided_by"], heard["confidence"]) == (
        "motorcycle",
        PERSON,
        None,
    )


def test_a_photo_whose_execution_outlived_its_time_before_it_was_read_has_failed_and_may_be_sent_again(
    workflow,
):
    event = workflow.store("ended-early/never-read.png", photo())
    with workflow.redefined(short_lived), workflow.nothing_is_read():
        execution = workflow.start(event)
        assert workflow.end(execution)["status"] == "TIMED_OUT"
    assert workflow.item(event["s3_key"], state=register.FAILED)["error"] == "States.Timeout"
    assert outcome(workflow.end(workflow.start(event))) == "bicycle"


class Queues:
    """The review queue and its dead letters, which nothing but executions of before sends to."""

    def __init__(self, workflow) -> None:
        self.sqs = workflow.sqs
        names = ("scones-local-review", "scones-local-review-dead-letters")
        self.urls = [self.sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in names]

    def count(self) -> int:
        asked = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        read = self.sqs.get_queue_attributes
        found = [read(QueueUrl=url, AttributeNames=asked)["Attributes"] for url in self.urls]
        return sum(int(number) for attributes in found for number in attributes.values())

    def send(self, number: int, body: object) -> None:
        self.sqs.send_message(QueueUrl=self.urls[number], MessageBody=json.dumps(body))


@pytest.fixture
def queues(workflow) -> Queues:
    return Queues(workflow)


def definition_before(workflow) -> dict:
    """The definition of before, with what is deployed now."""
    now = workflow.steps.describe_state_machine(stateMachineArn=workflow.machine)["definition"]
    functions = {
        name: workflow.aws("lambda").get_function(FunctionName=function)["Configuration"]["FunctionArn"]
        for name, function in workflow.outputs["function_names"].items()
    }
    deployed = {
        **functions,
        "table": workflow.outputs["register_table"],
        "bus": workflow.outputs["bus_name"],
        "topic": workflow.outputs["topic_arn"],
        "review": Queues(workflow).urls[0],
    }
    text = BEFORE.read_text()
    for name, value in deployed.items():
        text = text.replace(f"${{{name}}}", value)
    before = json.loads(text)
    assert "SendToReview" in before["States"].keys() - json.loads(now)["States"].keys()
    return before


def test_executions_that_began_before_the_machine_changed_end_well_and_what_they_sent_is_in_the_register(
    workflow, queues
):
    sure = workflow.store("ended-early/before-sure.png", photo())
    unsure = workflow.store("ended-early/before-unsure.png", photo(UNSURE))
    before = definition_before(workflow)
    with workflow.nothing_is_read(), workflow.redefined(lambda _: before):
        started = [workflow.start(event) for event in (sure, unsure)]
        for event in (sure, unsure):
            workflow.item(event["s3_key"], state=register.CLAIMED)
    assert [outcome(workflow.end(it)) for it in started] == ["bicycle", "ThresholdConfidenceNotMet"]
    assert len(workflow.routed.about(s3_key=sure["s3_key"])) == 1
    waiting = workflow.item(unsure["s3_key"], state=register.WAITING)
    until(lambda: queues.count() == 0 or workflow.sweep(), "an empty queue")
    assert workflow.item(unsure["s3_key"]) == waiting, "the driver waits no worse for it"
    assert outcome(workflow.end(workflow.decide(waiting, "motorcycle"))) == "motorcycle"
    (heard,) = workflow.routed.about(s3_key=unsure["s3_key"])
    assert (heard["decided_by"], heard["vehicle"], heard["source"]) == (PERSON, "", "")


def test_what_lies_in_the_review_queue_and_among_its_dead_letters_comes_into_the_register(workflow, queues):
    kept, dead, routed = (workflow.store(f"ended-early/queued-{number}.png", photo()) for number in range(3))
    assert outcome(workflow.end(workflow.start(routed))) == "bicycle"
    before = workflow.item(routed["s3_key"], state=register.ROUTED)
    gone = {"s3_bucket": workflow.bucket, "s3_key": "archive/ended-early/queued-and-gone.png"}
    for number, event in ((0, kept), (1, dead), (0, routed), (0, gone)):
        queues.send(
            number,
            {
                "s3_bucket": event["s3_bucket"],
                "s3_key": event["s3_key"],
                "inferences": [0.6, 0.4],
                "reason": "ThresholdConfidenceNotMet",
            },
        )
    workflow.sweep()
    for event in (kept, dead):
        item = workflow.item(event["s3_key"], state=register.WAITING, open=register.WAITING)
        assert item["id"] == Pointer(event["s3_bucket"], event["s3_key"], event["version_id"]).id
        assert item["since"] == f"{register.ARCHIVE}{item['waiting_at']}"
        assert json.loads(item["inferences"]) == [0.6, 0.4]
        assert item["reason"] == "ThresholdConfidenceNotMet"
        assert not {"source", "reference"} & item.keys(), "a driver who comes with it says these"
        assert item["expires"] > 0
    until(lambda: queues.count() == 0, "an empty queue")
    assert workflow.item(routed["s3_key"]) == before
    assert not workflow.items(gone["s3_key"])
