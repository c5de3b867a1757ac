"""An endpoint's update waits while its alarms are watched, and goes back when one of them rings."""

import contextlib
import json
import uuid
from collections import Counter
from datetime import UTC, datetime

import pytest
from tests.builders import answering

from delivery import recorded
from localcloud.models import endpoints, guardrails, sagemaker
from localcloud.models.guardrails import Step
from operations import live, steps

GOOD = answering("return b'1'")
BETTER = answering("return b'2'")
BAD = answering("raise RuntimeError('a bug')")
SILENT = answering("import time; time.sleep(600)")
COUNTED = {"failed": "InvocationModelErrors", "refused": "Invocation4XXErrors"}
ALL_AT_ONCE = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
HALF = {"Type": "CAPACITY_PERCENT", "Value": 50}
LONG, SHORT = 3600, 300  # seconds of the cloud's quick time


class Fleet:
    """An endpoint with an alarm on the errors of the configuration that it moves to, as the project's module has it."""

    def __init__(self, aws, model):
        self.aws, self.model = aws, model
        self.name = f"guarded-{uuid.uuid4()}"
        self.sagemaker, self.watch = aws("sagemaker"), aws("cloudwatch")

    def configure(self, code):
        config = self.model(code)
        variant = {"VariantName": "primary", "ModelName": config, "InstanceType": "ml.m5.large"}
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=config, ProductionVariants=[{**variant, "InitialInstanceCount": 2}]
        )
        return config

    def guard(self, config):
        named = {"EndpointName": self.name, "VariantName": "primary", "EndpointConfigName": config}
        dimensions = [{"Name": name, "Value": value} for name, value in named.items()]
        metrics = [
            {
                "Id": key,
                "MetricStat": {
                    "Metric": {"Namespace": "AWS/SageMaker", "MetricName": name, "Dimensions": dimensions},
                    "Stat": "Sum",
                    "Period": 60,
                },
                "ReturnData": False,
            }
            for key, name in COUNTED.items()
        ]
        self.watch.put_metric_alarm(
            AlarmName=self.name,
            Metrics=[{"Id": "errors", "Expression": "failed - refused", "ReturnData": True}, *metrics],
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="notBreaching",
        )

    def create(self, code):
        config = self.configure(code)
        self.sagemaker.create_endpoint(EndpointName=self.name, EndpointConfigName=config)
        return config

    def update(self, code, wait, routing=ALL_AT_ONCE):
        config = self.configure(code)
        self.guard(config)
        policy = {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": wait}
        self.sagemaker.update_endpoint(
            EndpointName=self.name,
            EndpointConfigName=config,
            DeploymentConfig={
                "BlueGreenUpdatePolicy": policy,
                "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": self.name}]},
            },
        )
        return config

    def describe(self):
        return self.sagemaker.describe_endpoint(EndpointName=self.name)

    def ask(self):
        """The model's answer, or nothing from one that fails."""
        runtime = self.aws("sagemaker-runtime")
        with contextlib.suppress(runtime.exceptions.ModelError):
            answer = runtime.invoke_endpoint(EndpointName=self.name, Body=b"any", ContentType="image/png")
            return json.loads(answer["Body"].read())

    def settled(self):
        self.ask()
        return self.describe()


@pytest.fixture
def fleet(aws, model):
    made = Fleet(aws, model)
    yield made
    made.watch.delete_alarms(AlarmNames=[made.name])
    made.sagemaker.delete_endpoint(EndpointName=made.name)


def arrived(described):
    return described["EndpointStatus"] == "InService"


def test_a_bad_model_goes_back_by_its_alarm_and_the_way_to_a_good_one_is_not_undone(fleet, until):
    good = fleet.create(GOOD)
    fleet.update(BAD, LONG)
    assert fleet.describe()["EndpointStatus"] == "Updating"
    back = until(fleet.settled, arrived)
    assert (back["EndpointStatus"], back["EndpointConfigName"]) == ("InService", good)
    assert fleet.name in back["FailureReason"]
    assert "ALARM" in back["FailureReason"]
    assert fleet.ask() == 1
    # The alarm still rings when the next update begins, but looks at another configuration then.
    better = fleet.update(BETTER, SHORT)
    there = until(fleet.settled, arrived)
    assert (there["EndpointConfigName"], there.get("FailureReason")) == (better, None)
    assert fleet.ask() == 2


def test_the_record_of_a_deployment_knows_that_the_endpoint_went_back(
    fleet, until, cloud_variables, monkeypatch
):
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    good = fleet.create(GOOD)
    apply = steps.Step("apply", datetime.now(UTC).isoformat(timespec="seconds"), error="it failed")
    asked = fleet.update(BAD, LONG)
    until(fleet.settled, arrived)
    now = live.look({"endpoint_name": fleet.name})
    assert now.configuration == good
    assert recorded.went_back(now, asked, [apply], apply)


def test_a_model_that_never_answers_goes_back_by_its_alarm_and_the_way_back_is_not_undone(
    fleet, until, answer_limit
):
    good = fleet.create(GOOD)
    answer_limit(0.5)
    fleet.update(SILENT, LONG)
    back = until(fleet.settled, arrived)
    assert (back["EndpointStatus"], back["EndpointConfigName"]) == ("InService", good)
    assert fleet.name in back["FailureReason"]
    assert fleet.ask() == 1
    better = fleet.update(BETTER, SHORT)
    there = until(fleet.settled, arrived)
    assert (there["EndpointConfigName"], there.get("FailureReason")) == (better, None)
    assert fleet.ask() == 2


def test_a_good_model_arrives_when_its_wait_is_over(fleet, until):
    good = fleet.create(GOOD)
    better = fleet.update(BETTER, SHORT)
    assert fleet.describe()["EndpointConfigName"] == good
    with pytest.raises(fleet.sagemaker.exceptions.ClientError, match="Cannot update in-progress endpoint"):
        fleet.sagemaker.update_endpoint(EndpointName=fleet.name, EndpointConfigName=good)
    assert until(fleet.settled, arrived)["EndpointConfigName"] == better


def test_a_canary_answers_its_share_of_the_requests_and_goes_back_by_it(fleet, until):
    good = fleet.create(GOOD)
    canary = {"Type": "CANARY", "WaitIntervalInSeconds": LONG, "CanarySize": HALF}
    fleet.update(BETTER, LONG, canary)
    counts = Counter(fleet.ask() for _ in range(40))
    assert set(counts) == {1, 2}, "each half of the traffic has a fleet of its own"

    def ring():
        """Until somebody hears it: the alarm's next look at its metric finds nothing wrong."""
        fleet.watch.set_alarm_state(AlarmName=fleet.name, StateValue="ALARM", StateReason="to see it go back")
        return fleet.settled()

    back = until(ring, arrived)
    assert (back["EndpointStatus"], back["EndpointConfigName"]) == ("InService", good)
    assert Counter(fleet.ask() for _ in range(20)) == {1: 20}


def test_an_update_without_a_wait_is_not_watched(fleet):
    fleet.create(GOOD)
    bad = fleet.update(BAD, 0)
    assert fleet.describe()["EndpointConfigName"] == bad
    assert arrived(fleet.describe())


@pytest.mark.parametrize(
    ("routing", "shares"),
    [
        (ALL_AT_ONCE, [1]),
        ({"Type": "CANARY", "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 20}}, [0.2, 1]),
        ({"Type": "LINEAR", "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 30}}, [0.3, 0.6, 0.9, 1]),
    ],
)
def test_each_step_is_waited_after_and_then_the_termination(routing, shares):
    policy = {
        "TrafficRoutingConfiguration": routing | {"WaitIntervalInSeconds": 300},
        "TerminationWaitInSeconds": 60,
    }
    update = guardrails.read({"BlueGreenUpdatePolicy": policy})
    assert update.steps == [*(Step(share, 300) for share in shares), Step(1, 60)]


@pytest.mark.parametrize(
    ("status", "errors"),
    [
        (200, {}),
        (400, {"Invocation4XXErrors", "InvocationModelErrors"}),
        (500, {"Invocation5XXErrors", "InvocationModelErrors"}),
        (endpoints.NO_ANSWER, {"InvocationModelErrors"}),
    ],
    ids=["answered", "refused", "failed", "not in time"],
)
def test_a_request_counts_as_the_errors_that_it_is(status, errors):
    counted = {name for name, value in sagemaker.count(status).items() if value}
    assert counted == {"Invocations", *errors}
