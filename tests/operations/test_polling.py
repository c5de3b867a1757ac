"""Half of what Step Functions allows is left to others, on a clock that goes only when somebody waits."""

import json
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from tests.builders import make_role
from tests.waiting import until

from core import environment
from operations import bulk_progress, client, loadgen, polling
from operations.bulk_run import Run
from operations.client import LOST, Client, Photo

ENDED = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
# In a second, outside the three large regions: half of what the page of quotas says.
HALF = {"DescribeExecution": 5, "DescribeMapRun": 0.5, "ListExecutions": 1, "ListMapRuns": 0.5}
LOOKS = 20


class Clock:
    """What our modules take for `time`."""

    def __init__(self) -> None:
        self.now = time.time()
        self.at_sleep = lambda: None

    def time(self) -> float:
        return self.now

    monotonic = time

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.at_sleep()


@pytest.fixture
def clock(monkeypatch) -> Clock:
    made = Clock()
    for module in (bulk_progress, client, polling):
        monkeypatch.setattr(module, "time", made)
    return made


@pytest.fixture
def deployed(aws, cloud_variables, monkeypatch):
    """An environment with this state machine for both; its bucket tells nobody of uploads. Answer the machine."""
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    bucket = f"polled-{uuid.uuid4()}"
    role = make_role(aws("iam"), bucket)
    aws("s3").create_bucket(Bucket=bucket)
    aws("s3").put_object(Bucket=bucket, Key="incoming/one.png")

    def deploy(definition: dict) -> str:
        machine = aws("stepfunctions").create_state_machine(
            name=bucket, definition=json.dumps(definition).replace("BUCKET", bucket), roleArn=role
        )["stateMachineArn"]
        outputs = {
            "bucket": bucket,
            "state_machine_arn": machine,
            "bulk": {"state_machine_arn": machine, "results": "r"},
        }
        monkeypatch.setattr(environment, "outputs", lambda _env: outputs)
        return machine

    return deploy


@pytest.fixture
def asked():
    """Count the requests of a client: `counts = asked(client)`."""

    def count(steps) -> Counter[str]:
        counts: Counter[str] = Counter()
        steps.meta.events.register("before-call.sfn", lambda model, **_: counts.update([model.name]))
        return counts

    return count


def test_a_photo_that_never_ends_is_looked_for_at_half_of_the_rate(deployed, clock, asked):
    deployed(ENDED)
    made = Client("local")
    counts, began = asked(made.workflow), clock.now
    (ended,) = made.route([Photo("lost.png", b"")])
    assert ended.kind == LOST
    seconds = clock.now - began
    assert seconds > client.LOST_SECONDS
    assert counts["ListExecutions"] - 1 <= HALF["ListExecutions"] * seconds
    assert set(counts) == {"ListExecutions"}


def test_a_load_is_looked_at_no_more_often_than_a_photo():
    assert 1 / HALF["ListExecutions"] <= loadgen.POLL_SECONDS


def test_many_executions_that_end_at_once_are_described_as_fast_as_half_of_the_bucket_allows(
    deployed, clock, asked, aws
):
    machine, number = deployed(ENDED), 140
    steps = aws("stepfunctions")
    with ThreadPoolExecutor(8) as pool:
        inputs = [json.dumps({"s3_key": str(key)}) for key in range(number)]
        list(pool.map(lambda text: steps.start_execution(stateMachineArn=machine, input=text), inputs))
    made = Client("local")
    counts, began = asked(made.workflow), clock.now
    under_way = {str(key): (Photo("p.png", b""), clock.now) for key in range(number)}
    while under_way:
        assert all(ended.kind != LOST for ended in made.look(under_way))
    assert counts["DescribeExecution"] == number
    half_a_bucket = 125
    assert clock.now - began == pytest.approx((number - half_a_bucket) / HALF["DescribeExecution"])


def test_a_photo_is_not_lost_while_others_are_described(deployed, clock, aws):
    """Its execution may have ended after they were listed."""
    machine = deployed(ENDED)
    aws("stepfunctions").start_execution(stateMachineArn=machine, input='{"s3_key": "first"}')
    made = Client("local")
    made.workflow.meta.events.register(
        "before-call.sfn.DescribeExecution", lambda **_: clock.sleep(client.LOST_SECONDS + 1)
    )
    under_way = {key: (Photo(key, b""), clock.now) for key in ("first", "second")}
    while "first" in under_way:
        assert all(ended.kind != LOST for ended in made.look(under_way))
    assert set(under_way) == {"second"}


def test_an_execution_that_leaves_the_photo_to_another_is_not_taken_for_the_photo_s_end(deployed, clock, aws):
    """An upload's event may come twice, and what is started by the second may end first."""
    machine, steps = deployed(ENDED), aws("stepfunctions")
    duplicate, other = (
        steps.start_execution(stateMachineArn=machine, input=json.dumps({"s3_key": "twice"} | said))
        for said in ({"outcome": "duplicate"}, {"label": "bicycle"})
    )
    made = Client("local")
    (ended,) = made.look({"twice": (Photo("twice", b""), clock.now)})
    assert ended.execution == other["executionArn"] != duplicate["executionArn"]
    assert ended.output["label"] == "bicycle"


def test_what_a_person_decided_of_a_photo_is_not_taken_for_what_the_workflow_made_of_it(deployed, clock, aws):
    """Both may have ended when somebody looks, the decision as the newer one."""
    machine, steps = deployed(ENDED), aws("stepfunctions")
    own, decided = (
        steps.start_execution(stateMachineArn=machine, input=json.dumps({"s3_key": "unsure"} | said))
        for said in ({}, {"label": "bicycle", "decision": 1})
    )
    for it in (own, decided):
        named = {"executionArn": it["executionArn"]}
        until(partial(steps.describe_execution, **named), lambda found: found["status"] == "SUCCEEDED")
    (ended,) = Client("local").look({"unsure": (Photo("unsure", b""), clock.now)})
    assert ended.execution == own["executionArn"] != decided["executionArn"]


def test_a_bulk_run_is_followed_at_half_of_the_rate(deployed, clock, asked):
    inside = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 20, "End": True}}}
    map_run = {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:listObjectsV2",
            "Parameters": {"Bucket": "BUCKET", "Prefix": "incoming/"},
        },
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, **inside},
        "End": True,
    }
    deployed({"StartAt": "Map", "States": {"Map": map_run}})
    run = Run("local")
    run.start(prefix="incoming/")
    looks = iter(range(LOOKS))
    clock.at_sleep = lambda: None if next(looks) < LOOKS - 1 else run.stop()
    counts, began = asked(run.steps), clock.now
    assert bulk_progress.follow(run)["status"] == "ABORTED"
    del counts["StopExecution"]
    counts["DescribeExecution"] -= 1  # stop() asks whether there is such a run
    assert set(counts) == {"DescribeExecution", "DescribeMapRun", "ListMapRuns"}
    for request, count in counts.items():
        assert count - 1 <= HALF[request] * (clock.now - began), request
