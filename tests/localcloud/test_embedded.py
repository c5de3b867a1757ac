"""What a function prints in the embedded metric format is found in CloudWatch, by its alarms as well."""

import copy
import json
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.waiting import until

PRINTS = """
import json

def handler(event, context):
    print(event if isinstance(event, str) else json.dumps(event))
"""
MINUTE = 60


@pytest.fixture
def namespace() -> str:
    """One that nobody else has."""
    return f"Scones/{uuid.uuid4()}"


@pytest.fixture
def printed(function: Callable[..., str], invoke: Callable[..., Any]) -> Callable[[Any], None]:
    """Have a function print this."""
    arn = function(PRINTS)
    return lambda line: invoke(arn, line)


@pytest.fixture
def found(aws: Callable[[str], Any]) -> Callable[..., list[tuple[float, ...]]]:
    """A metric's periods: each one's smallest and largest value, their sum, and how many there were."""

    def look(namespace: str, name: str, unit: str = "", **dimensions: str) -> list[tuple[float, ...]]:
        now = datetime.now(UTC)
        statistics = aws("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=now - timedelta(hours=3),
            EndTime=now + timedelta(minutes=1),
            Period=MINUTE,
            Statistics=["Minimum", "Maximum", "Sum", "SampleCount"],
            **({"Unit": unit} if unit else {}),
        )["Datapoints"]
        points = sorted(statistics, key=lambda point: point["Timestamp"])
        return [(it["Minimum"], it["Maximum"], it["Sum"], it["SampleCount"]) for it in points]

    return look


def line(
    namespace: str, *metrics: dict[str, Any], dimensions: Any = ((),), ago: float = 0, **values: Any
) -> Any:
    directive = {"Namespace": namespace, "Dimensions": dimensions, "Metrics": metrics}
    moment = int((time.time() - ago) * 1000)
    return {"_aws": {"Timestamp": moment, "CloudWatchMetrics": [directive]}, **values}


def test_what_a_function_prints_is_a_metric_and_an_alarm_rings_by_it(aws, printed, found, namespace):
    watch = aws("cloudwatch")
    watch.put_metric_alarm(
        AlarmName=namespace,
        Namespace=namespace,
        MetricName="LongestWait",
        Statistic="Maximum",
        Period=MINUTE,
        EvaluationPeriods=1,
        Threshold=600,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
    waits = {"Name": "LongestWait", "Unit": "Seconds"}, {"Name": "WaitingDrivers", "Unit": "Count"}
    printed(line(namespace, *waits, LongestWait=660.5, WaitingDrivers=2, note="no metric"))
    assert found(namespace, "LongestWait", "Seconds") == [(660.5, 660.5, 660.5, 1)]
    assert found(namespace, "WaitingDrivers", "Count") == [(2, 2, 2, 1)]
    assert found(namespace, "note") == []

    def state():
        return watch.describe_alarms(AlarmNames=[namespace])["MetricAlarms"][0]["StateValue"]

    assert until(state, lambda seen: seen == "ALARM") == "ALARM"
    watch.delete_alarms(AlarmNames=[namespace])


def test_each_set_of_dimensions_is_a_metric_of_its_own_with_all_the_values_of_a_list(
    aws, printed, found, namespace
):
    share, sets = {"Name": "UnsureShare"}, [["Source"], ["Source", "Lane"], []]
    values: dict[str, Any] = {"Source": "gate-1", "Lane": "left", "UnsureShare": [0.1, 0.4, 0.1]}
    printed(line(namespace, share, dimensions=sets, **values))
    listed = aws("cloudwatch").list_metrics(Namespace=namespace)["Metrics"]
    assert [[it["Name"] for it in metric["Dimensions"]] for metric in listed] == sets
    for dimensions in ({"Source": "gate-1"}, {"Source": "gate-1", "Lane": "left"}, {}):
        (point,) = found(namespace, "UnsureShare", "None", **dimensions)
        assert point == pytest.approx((0.1, 0.4, 0.6, 3))


def test_several_namespaces_come_from_one_line_each_at_the_time_that_it_names(printed, found, namespace):
    document = line(namespace, {"Name": "Taken"}, ago=2 * 3600, Taken=1, Left=3)
    another = {"Namespace": f"{namespace}/2", "Dimensions": [[]], "Metrics": [{"Name": "Left"}]}
    document["_aws"]["CloudWatchMetrics"].append(another)
    printed(document)
    printed(line(namespace, {"Name": "Taken"}, Taken=5))
    assert found(namespace, "Taken") == [(1, 1, 1, 1), (5, 5, 5, 1)]
    assert found(f"{namespace}/2", "Left") == [(3, 3, 3, 1)]


def without(path: str) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        *parents, last = path.split()
        for name in parents:
            document = document[int(name) if name.isdigit() else name]
        del document[last]

    return change


def directive(**fields: Any) -> Callable[[Any], None]:
    return lambda document: document["_aws"]["CloudWatchMetrics"][0].update(fields)


def member(**fields: Any) -> Callable[[Any], None]:
    return lambda document: document.update(fields)


def about(**fields: Any) -> Callable[[Any], None]:
    return lambda document: document["_aws"].update(fields)


MALFORMED = {
    "no time": without("_aws Timestamp"),
    "a time that is a text": about(Timestamp="2026-03-01T12:00:00Z"),
    "seconds for milliseconds": about(Timestamp=int(time.time())),
    "a directive alone": about(CloudWatchMetrics={"Namespace": "Scones", "Dimensions": [[]], "Metrics": []}),
    "no namespace": without("_aws CloudWatchMetrics 0 Namespace"),
    "no dimensions": without("_aws CloudWatchMetrics 0 Dimensions"),
    "no set of dimensions": directive(Dimensions=[]),
    "one set that is in no list": directive(Dimensions=["Source"]),
    "too many dimensions": directive(Dimensions=[["Source"] * 31]),
    "a dimension that the line does not have": directive(Dimensions=[["Lane"]]),
    "a dimension that is a number": member(Source=1),
    "no metrics": without("_aws CloudWatchMetrics 0 Metrics"),
    "a metric without a name": directive(Metrics=[{"Unit": "Count"}]),
    "a unit that there is not": directive(Metrics=[{"Name": "Good", "Unit": "Photos"}]),
    "too many metrics": directive(Metrics=[{"Name": "Good"}] * 101),
    "a metric that the line does not have": directive(Metrics=[{"Name": "Good"}, {"Name": "Gone"}]),
    "a value that is a text": member(Good="1"),
    "a value that is true": member(Good=True),
    "a value that is null": member(Good=None),
    "too many values": member(Good=[1] * 101),
    "a value too large": member(Good=1e200),
    "a value that JSON has no word for": member(Good=float("nan")),
}


def test_a_line_that_breaks_the_format_is_a_line_of_the_log_and_no_metric(aws, printed, namespace):
    good = line(namespace, {"Name": "Good"}, dimensions=[["Source"]], Good=1, Source="gate-1")
    for change in MALFORMED.values():
        document = copy.deepcopy(good)
        change(document)
        printed(json.dumps(document))
    printed(f"metrics: {json.dumps(good)}")
    printed(json.dumps([good]))
    printed(json.dumps({"message": good}))
    assert aws("cloudwatch").list_metrics(Namespace=namespace)["Metrics"] == []
    printed(good)
    assert len(aws("cloudwatch").list_metrics(Namespace=namespace)["Metrics"]) == 1


def test_whoever_writes_to_a_log_group_writes_metrics_too(aws, found, namespace):
    logs, group = aws("logs"), namespace.replace("/", "-")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="any")
    message = json.dumps(line(namespace, {"Name": "Figure"}, Figure=7))
    event = {"timestamp": int(time.time() * 1000), "message": message}
    logs.put_log_events(logGroupName=group, logStreamName="any", logEvents=[event])
    assert found(namespace, "Figure") == [(7, 7, 7, 1)]
