"""An alarm of each kind that the project has rings in the local cloud, tells its topic, and ends.

The local cloud of these tests has a pace: a period of a minute takes half a second.
"""

import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from unittest.mock import create_autospec

import pytest
from moto.cloudwatch.models import Alarm, CloudWatchBackend
from tests.builders import answering

from localcloud.metrics import alarms

MINUTE = 60
HOUR = 60 * MINUTE
FAILS_IF_ASKED = """
if body == b"fail":
    raise RuntimeError("a bug")
return b"[0.9, 0.1]"
"""
MODEL = answering(FAILS_IF_ASKED.strip())


@pytest.fixture
def topic(aws):
    return aws("sns").create_topic(Name=f"heard-{uuid.uuid4()}")["TopicArn"]


@pytest.fixture
def heard(aws, topic):
    """What the topic has been told so far: the subjects and the messages."""
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName=topic.rpartition(":")[2])["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    messages = []

    def listen():
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            body = json.loads(message["Body"])
            messages.append((body["Subject"], json.loads(body["Message"])))
        return messages

    return listen


@pytest.fixture
def alarm(aws, topic):
    """Make an alarm whose periods are one minute, unless it is said otherwise; answer its name."""
    watch, made = aws("cloudwatch"), []

    def make(**asked):
        name = f"alarm-{uuid.uuid4()}"
        plain = {} if "Metrics" in asked else {"Period": MINUTE, "Statistic": "Sum"}
        if "ExtendedStatistic" in asked:
            del plain["Statistic"]
        given = {
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "EvaluationPeriods": 1,
            "TreatMissingData": "notBreaching",
            "Threshold": 1,
            "AlarmActions": [topic],
            "OKActions": [topic],
        }
        watch.put_metric_alarm(AlarmName=name, **given | plain | asked)
        made.append(name)
        return name

    yield make
    watch.delete_alarms(AlarmNames=made)


@pytest.fixture
def state(aws, until):
    """Wait until an alarm has this state; answer its description."""

    def wait(name, wanted):
        look = lambda: aws("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]  # noqa: E731
        seen = until(look, lambda it: it["StateValue"] == wanted)
        assert seen["StateValue"] == wanted, seen["StateReason"]
        return seen

    return wait


def put(aws, value, name="Figure", namespace="Scones/alarms", **more):
    aws("cloudwatch").put_metric_data(
        Namespace=namespace, MetricData=[{"MetricName": name, "Value": value, **more}]
    )


def named(**dimensions):
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def test_a_function_that_fails_rings_and_its_topic_is_told_as_aws_tells_it(
    alarm, state, heard, until, function, invoke
):
    arn = function("def handler(event, context): raise ValueError('a bug')\n")
    named_function = named(FunctionName=arn.rpartition(":")[2])
    name = alarm(
        Namespace="AWS/Lambda", MetricName="Errors", Dimensions=named_function, AlarmDescription="See it"
    )
    assert state(name, "OK")["StateReason"].endswith("1 missing datapoint was treated as [NonBreaching].")
    invoke(arn)
    ringing = state(name, "ALARM")
    assert "out of the last 1 datapoints [1.0 (" in ringing["StateReason"]
    assert "(minimum 1 datapoint for OK -> ALARM transition)" in ringing["StateReason"]
    state(name, "OK")
    began, rang, ended = until(heard, lambda it: len(it) == 3)
    assert began[1]["OldStateValue"] == "INSUFFICIENT_DATA"
    assert ended[0] == f'OK: "{name}" in US East (N. Virginia)'
    subject, message = rang
    assert subject == f'ALARM: "{name}" in US East (N. Virginia)'
    assert message["AlarmDescription"] == "See it"
    assert (message["OldStateValue"], message["NewStateValue"]) == ("OK", "ALARM")
    assert message["NewStateReason"] == ringing["StateReason"]
    assert message["Region"] == "US East (N. Virginia)"
    assert message["Trigger"] == {
        "MetricName": "Errors",
        "Namespace": "AWS/Lambda",
        "StatisticType": "Statistic",
        "Statistic": "SUM",
        "Unit": None,
        "Dimensions": [{"value": named_function[0]["Value"], "name": "FunctionName"}],
        "Period": 60,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 1.0,
        "TreatMissingData": "notBreaching",
        "EvaluateLowSampleCountPercentile": "",
    }


def test_a_function_that_is_throttled_rings(alarm, state, function, aws):
    arn = function("def handler(event, context): pass\n")
    aws("lambda").put_function_concurrency(FunctionName=arn, ReservedConcurrentExecutions=0)
    named_function = named(FunctionName=arn.rpartition(":")[2])
    name = alarm(Namespace="AWS/Lambda", MetricName="Throttles", Dimensions=named_function)
    with pytest.raises(aws("lambda").exceptions.TooManyRequestsException):
        aws("lambda").invoke(FunctionName=arn)
    state(name, "ALARM")


def test_more_than_half_of_the_executions_failing_rings(alarm, state, machine, execute, heard, until):
    bad = machine({"Fail": {"Type": "Fail", "Error": "Bad"}})
    queries = [
        {"Id": "percentage", "Expression": "IF(started >= 2, 100 * failed / started, 0)", "ReturnData": True},
        *(
            {
                "Id": key,
                "ReturnData": False,
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/States",
                        "MetricName": metric,
                        "Dimensions": named(StateMachineArn=bad),
                    },
                    "Period": 5 * MINUTE,
                    "Stat": "Sum",
                },
            }
            for key, metric in (("failed", "ExecutionsFailed"), ("started", "ExecutionsStarted"))
        ),
    ]
    name = alarm(Metrics=queries, Threshold=50, ComparisonOperator="GreaterThanThreshold")
    execute(bad)
    execute(bad)
    assert "[100.0 (" in state(name, "ALARM")["StateReason"]
    told = until(heard, lambda it: it[-1:] and it[-1][1]["NewStateValue"] == "ALARM")
    message = told[-1][1]
    assert message["Trigger"]["Metrics"][0] == {
        "Id": "percentage",
        "ReturnData": True,
        "Expression": "IF(started >= 2, 100 * failed / started, 0)",
    }
    assert message["Trigger"]["Period"] == 300


def test_an_execution_that_enters_a_state_rings_by_its_log(alarm, state, aws, execute):
    logs, steps = aws("logs"), aws("stepfunctions")
    group = f"log-{uuid.uuid4()}"
    logs.create_log_group(logGroupName=group)
    logs.put_metric_filter(
        logGroupName=group,
        filterName="unexpected",
        filterPattern='{ $.type = "PassStateEntered" && $.details.name = "Notify" }',
        metricTransformations=[{"metricName": group, "metricNamespace": "Scones/alarms", "metricValue": "1"}],
    )
    arn = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["arn"]
    destination = {"cloudWatchLogsLogGroup": {"logGroupArn": f"{arn.removesuffix(':*')}:*"}}
    definition = {
        "StartAt": "Any",
        "States": {"Any": {"Type": "Pass", "Next": "Notify"}, "Notify": {"Type": "Pass", "End": True}},
    }
    machine = steps.create_state_machine(
        name=group,
        definition=json.dumps(definition),
        roleArn="arn:aws:iam::123456789012:role/any",
        loggingConfiguration={"level": "ALL", "destinations": [destination]},
    )["stateMachineArn"]
    name = alarm(Namespace="Scones/alarms", MetricName=group)
    execute(machine, {"secret": "of the input"})
    state(name, "ALARM")
    lines = [json.loads(event["message"]) for event in logs.filter_log_events(logGroupName=group)["events"]]
    entered = [line["details"]["name"] for line in lines if line["type"] == "PassStateEntered"]
    assert entered == ["Any", "Notify"]
    assert "of the input" not in json.dumps(lines)


def test_a_dead_letter_rings_until_it_is_taken_away_and_an_old_message_rings(alarm, state, aws):
    sqs, name = aws("sqs"), f"letters-{uuid.uuid4()}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    queue = {"Namespace": "AWS/SQS", "Dimensions": named(QueueName=name), "Statistic": "Maximum"}
    letters = alarm(MetricName="ApproximateNumberOfMessagesVisible", **queue)
    old = alarm(MetricName="ApproximateAgeOfOldestMessage", Threshold=2 * MINUTE, **queue)
    sqs.send_message(QueueUrl=url, MessageBody="given up")
    state(letters, "ALARM")
    state(old, "ALARM")
    sqs.purge_queue(QueueUrl=url)
    state(letters, "OK")
    state(old, "OK")


def test_an_endpoint_rings_by_its_errors_and_by_its_latency(alarm, state, endpoint, aws):
    name, runtime = endpoint(MODEL), aws("sagemaker-runtime")
    config = aws("sagemaker").describe_endpoint(EndpointName=name)["EndpointConfigName"]
    variant = {"Namespace": "AWS/SageMaker", "Dimensions": named(EndpointName=name, VariantName="AllTraffic")}
    fleet = {**variant, "Dimensions": [*variant["Dimensions"], *named(EndpointConfigName=config)]}
    errors = [alarm(MetricName="Invocation5XXErrors", **of) for of in (variant, fleet)]
    # A microsecond, and more than a minute: the metric's unit decides.
    slow, slower = (
        alarm(MetricName="ModelLatency", ExtendedStatistic="p95", Threshold=threshold, **variant)
        for threshold in (1, 61_000_000)
    )
    with pytest.raises(runtime.exceptions.ModelError):
        runtime.invoke_endpoint(EndpointName=name, Body=b"fail", ContentType="image/png")
    for each in (*errors, slow):
        state(each, "ALARM")
    state(slower, "OK")


def test_a_figure_of_an_hour_that_is_over_rings_as_the_monitor_s_do_and_ends(alarm, state, aws):
    drift = {"Namespace": "Scones/alarms", "MetricName": str(uuid.uuid4()), "Statistic": "Average"}
    # Its periods are short, so that its end can be waited for; the figure is as old as an hour's is when it comes.
    name = alarm(**drift, Period=MINUTE, EvaluationPeriods=3, DatapointsToAlarm=1, Threshold=0.2)
    dated = datetime.now(UTC) - timedelta(minutes=1)
    put(aws, 0.3, drift["MetricName"], Timestamp=dated)
    state(name, "ALARM")
    state(name, "OK")


def test_what_is_two_hours_old_is_seen_by_an_alarm_that_looks_back_on_three(alarm, state, aws):
    drift = {"Namespace": "Scones/alarms", "MetricName": str(uuid.uuid4()), "Statistic": "Average"}
    name = alarm(**drift, Period=HOUR, EvaluationPeriods=3, DatapointsToAlarm=1, Threshold=0.2)
    put(aws, 0.3, drift["MetricName"], Timestamp=datetime.now(UTC) - timedelta(hours=2))
    state(name, "ALARM")


def test_silence_rings_where_missing_data_breaches(alarm, state, aws):
    metric = str(uuid.uuid4())
    name = alarm(
        Namespace="Scones/alarms",
        MetricName=metric,
        ComparisonOperator="LessThanThreshold",
        TreatMissingData="breaching",
    )
    assert "treated as [Breaching]" in state(name, "ALARM")["StateReason"]
    put(aws, 1, metric)
    state(name, "OK")
    state(name, "ALARM")


def test_without_data_nothing_is_known_unless_the_alarm_says_otherwise(alarm, state, aws):
    metric = str(uuid.uuid4())
    name = alarm(Namespace="Scones/alarms", MetricName=metric, TreatMissingData="missing")
    assert state(name, "INSUFFICIENT_DATA")["StateReason"] == "Unchecked: Initial alarm creation"
    put(aws, 0, metric)
    state(name, "OK")
    assert state(name, "INSUFFICIENT_DATA")["StateReason"] == "Insufficient Data: 1 datapoint was unknown."


def test_an_alarm_that_is_changed_keeps_its_state_until_it_is_looked_at(alarm, state, aws):
    metric, watch = str(uuid.uuid4()), aws("cloudwatch")
    name = alarm(Namespace="Scones/alarms", MetricName=metric, TreatMissingData="ignore")
    watch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="to see it ring")
    since = state(name, "ALARM")["StateTransitionedTimestamp"]
    watch.put_metric_alarm(
        AlarmName=name,
        Namespace="Scones/alarms",
        MetricName=metric,
        Period=MINUTE,
        Statistic="Sum",
        EvaluationPeriods=1,
        Threshold=9,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
    )
    time.sleep(0.6)  # for a look that must change nothing
    kept = state(name, "ALARM")
    assert (kept["StateReason"], kept["StateTransitionedTimestamp"]) == ("to see it ring", since)
    assert kept["Threshold"] == 9


def test_a_state_that_was_set_is_told_and_is_in_the_history(alarm, state, heard, aws, until):
    watch = aws("cloudwatch")
    name = alarm(Namespace="Scones/alarms", MetricName="nothing")
    state(name, "OK")
    watch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="to see it ring")
    told = until(heard, lambda it: len(it) >= 2)[1][1]
    assert (told["NewStateValue"], told["NewStateReason"]) == ("ALARM", "to see it ring")
    history = watch.describe_alarm_history(AlarmName=name, HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in reversed(history)][:2] == [
        "Alarm updated from INSUFFICIENT_DATA to OK",
        "Alarm updated from OK to ALARM",
    ]


def test_what_cannot_be_evaluated_here_is_refused(alarm, aws):
    with pytest.raises(aws("cloudwatch").exceptions.ClientError, match="knows no RATE"):
        alarm(Metrics=[{"Id": "any", "Expression": "RATE(1)", "ReturnData": True}])


def test_an_alarm_may_go_while_others_are_looked_through():
    alarms.install_lists()
    backend = CloudWatchBackend("us-east-1", "123456789012")
    alarm = create_autospec(Alarm, instance=True, state_value="OK")
    alarm.name = "any"
    for look in (
        backend.describe_alarms,
        lambda: backend.get_alarms_by_state_value("OK"),
        backend.iter_tagged_resources,
    ):
        backend.alarms |= {"stays": alarm, "goes": alarm}
        for _ in look():
            backend.alarms.pop("goes", None)


def test_alarms_are_found_by_their_prefix_and_their_state_together(alarm, state, aws):
    watch = aws("cloudwatch")
    ringing = alarm(Namespace="a", MetricName="b", TreatMissingData="breaching")
    quiet = alarm(Namespace="a", MetricName="b")
    state(ringing, "ALARM"), state(quiet, "OK")
    found = watch.describe_alarms(AlarmNamePrefix="alarm-", StateValue="ALARM")["MetricAlarms"]
    names = {each["AlarmName"] for each in found}
    assert ringing in names
    assert quiet not in names


def test_the_metrics_of_the_services_are_listed_and_their_statistics_read(function, invoke, aws):
    arn = function("def handler(event, context): pass\n")
    of = named(FunctionName=arn.rpartition(":")[2])
    invoke(arn), invoke(arn)
    watch = aws("cloudwatch")
    listed = watch.list_metrics(Namespace="AWS/Lambda", Dimensions=of)["Metrics"]
    assert {metric["MetricName"] for metric in listed} == {"Invocations", "Errors", "Throttles", "Duration"}
    now = datetime.now(UTC)
    points = watch.get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Invocations",
        Dimensions=of,
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=1),
        Period=HOUR,
        Statistics=["Sum"],
    )["Datapoints"]
    assert [point["Sum"] for point in points] == [2]
