"""How many wait, how long, and of which camera too many: each sweep publishes it. The model does as photos say."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from tests.pipeline.conftest import until
from tests.pipeline.scripted_photos import UNSURE, photo
from tests.pipeline.test_register_decisions import leave_to_people

from core.contract import register

LOOKED_AT, UNSURE_ONES = 50, 24
AT_ONCE = 8
AN_HOUR = timedelta(hours=1)


@pytest.fixture
def newest(workflow):
    """The newest value of one of the sweep's metrics, of the last minutes; None if there is none."""

    def newest(name: str, **dimensions: str) -> float | None:
        now = datetime.now(UTC)
        points = workflow.aws("cloudwatch").get_metric_statistics(
            Namespace=workflow.outputs["metrics_namespace"],
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=now - timedelta(minutes=5),
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["Maximum"],
        )["Datapoints"]
        return max((point["Timestamp"], point["Maximum"]) for point in points)[1] if points else None

    return newest


def test_how_many_drivers_wait_and_how_long_is_published_and_rings(workflow, newest):
    item = leave_to_people(workflow, "waits-for-an-hour")
    hour_ago = register.write_time(datetime.now(UTC) - AN_HOUR)
    place = {"TableName": workflow.outputs["register_table"], "Key": {"id": {"S": item["id"]}}}
    workflow.dynamodb.update_item(
        **place,
        UpdateExpression="SET #since = :since",
        ExpressionAttributeNames={"#since": "since"},
        ExpressionAttributeValues={":since": {"S": hour_ago}},
    )
    workflow.sweep()
    until(lambda: (newest("LongestWait") or 0) >= AN_HOUR.total_seconds(), "the longest wait")
    assert (newest("WaitingDrivers") or 0) >= 1
    assert newest("WaitingArchive") is not None
    assert workflow.notified.about(AlarmName="scones-local-driver-waits", NewStateValue="ALARM")
    workflow.end(workflow.decide(item, "bicycle"))


def test_the_source_that_the_model_is_unsure_of_is_named_and_rings(workflow, newest):
    configuration = {"FunctionName": workflow.outputs["function_names"]["sweep"]}
    told = workflow.aws("lambda").get_function_configuration(**configuration)["Environment"]["Variables"]
    dirty, clean = told["SOURCES"].split(",")
    for source, unsure in ((dirty, UNSURE_ONES), (clean, 0)):
        send_from(workflow, source, unsure)
    workflow.sweep()
    until(lambda: newest("UnsureShare", Source=dirty) == UNSURE_ONES / LOOKED_AT, f"the share of {dirty}")
    until(lambda: newest("UnsureShare", Source=clean) == 0, f"the share of {clean}")
    rang = {"NewStateValue": "ALARM"}
    assert workflow.notified.about(AlarmName=f"scones-local-unsure-{dirty}", **rang)
    assert not workflow.notified.so_far(AlarmName=f"scones-local-unsure-{clean}", **rang)


def send_from(workflow, source: str, unsure: int) -> None:
    """As many photos of one camera as the share is of, the model unsure of so many of them."""

    def send(number: int) -> None:
        content = photo(UNSURE) if number < unsure else photo()
        event = workflow.store(f"waiting/{source}-{number}.png", content) | {"source": source}
        workflow.end(workflow.start(event))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(send, range(LOOKED_AT)))
