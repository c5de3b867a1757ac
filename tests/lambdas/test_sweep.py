"""The sweep as its schedule and its rule call it, with a real table, bus and state machine (moto)."""

import json
import time
import uuid
from datetime import UTC, datetime

import boto3
import pytest
from moto.stepfunctions.models import stepfunctions_backends
from tests.builders import REGISTER

from core.contract import register
from core.contract.errors import InvalidSetting
from core.contract.events import Pointer
from lambdas import sweep

BUCKET, BUS, KEY = "scones-test-123456789012", "scones-drivers", "incoming/a.png"
DAY = 86_400
ENDED = {"detail-type": "Step Functions Execution Status Change"}
ROUTED = {
    "state": "routed",
    "s3_bucket": BUCKET,
    "s3_key": KEY,
    "label": "bicycle",
    "confidence": 0.9969,
    "assignment": {"loading_bay": "A", "max_distance_km": 5},
}
TIMES = iter(f"2026-11-27T06:{number // 60:02}:{number % 60:02}.000Z" for number in range(3600))


def attribute(value):
    if isinstance(value, dict):
        return {"M": {name: attribute(it) for name, it in value.items()}}
    return {"S": value} if isinstance(value, str) else {"N": str(value)}


@pytest.fixture
def table(monkeypatch):
    """A table of its own, and a function that has its name."""
    name = f"photos-{uuid.uuid4()}"
    for setting, value in {"TABLE": name, "BUS_NAME": BUS, "RETENTION_DAYS": "90"}.items():
        monkeypatch.setenv(setting, value)
    sweep.settings.cache_clear()
    sweep.client.cache_clear()
    boto3.client("dynamodb").create_table(TableName=name, **REGISTER)
    yield name
    sweep.settings.cache_clear()
    sweep.client.cache_clear()


@pytest.fixture
def put(table):
    """Put a photo into the table, as the state machine would have; answer its id."""

    def put(**item):
        item = {"id": uuid.uuid4().hex, **item}
        if "open" in item:
            item = {"since": next(TIMES), **item}
        boto3.client("dynamodb").put_item(TableName=table, Item=attribute(item)["M"])
        return item["id"]

    return put


@pytest.fixture
def read(table):
    """What the table has of a photo, each value as text."""

    def read(photo):
        found = boto3.client("dynamodb").get_item(TableName=table, Key={"id": {"S": photo}})["Item"]
        return {name: next(iter(value.values())) for name, value in found.items()}

    return read


@pytest.fixture
def execution():
    """Start an execution and let it have this status; answer its ARN."""
    steps = boto3.client("stepfunctions")
    machine = steps.create_state_machine(
        name=f"m-{uuid.uuid4()}",
        definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}),
        roleArn="arn:aws:iam::123456789012:role/any",
    )["stateMachineArn"]

    def run(status="RUNNING", error=None, cause=None):
        arn = steps.start_execution(stateMachineArn=machine)["executionArn"]
        found = stepfunctions_backends["123456789012"]["us-east-1"].describe_execution(arn)
        found.status, found.error, found.cause = status, error, cause
        found.stop_date = None if status in register.RUNNING else datetime.now(UTC)
        return arn

    return run


@pytest.fixture
def told():
    """What the bus was told since the last time."""
    events, sqs = boto3.client("events"), boto3.client("sqs")
    queue = sqs.create_queue(QueueName=f"q-{uuid.uuid4()}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.create_event_bus(Name=BUS)
    pattern = json.dumps({"source": [register.EVENT_SOURCE], "detail-type": [register.EVENT_KIND]})
    events.put_rule(Name="all", EventBusName=BUS, EventPattern=pattern)
    events.put_targets(Rule="all", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": arn}])

    def receive():
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"])["detail"] for message in found]

    yield receive
    events.remove_targets(Rule="all", EventBusName=BUS, Ids=["queue"])
    events.delete_rule(Name="all", EventBusName=BUS)
    events.delete_event_bus(Name=BUS)


@pytest.fixture
def run(context):
    """Let the sweep run, each minute's or that of an execution's end; answer what it says."""

    def run(**detail):
        event = ENDED | {"detail": detail} if detail else {"scheduled": "2026-11-27T06:00:00Z"}
        return sweep.handler(event, context)["body"]

    return run


def in_days(days, expires):
    return abs(time.time() + days * DAY - int(expires)) < 60


@pytest.mark.parametrize(
    ("status", "error", "cause", "said"),
    [
        ("ABORTED", None, None, ("ExecutionAborted", "")),
        ("ABORTED", "Enough", "of it", ("Enough", "of it")),
        ("TIMED_OUT", None, None, ("States.Timeout", "")),
        ("FAILED", "ImageNotFound", "gone", ("ImageNotFound", "gone")),
        ("FAILED", None, None, ("ExecutionFailed", "")),
        ("SUCCEEDED", None, None, ("ExecutionEndedUnrecorded", "")),
    ],
)
def test_a_claim_whose_execution_is_over_fails_by_what_that_ended_with(
    put, read, execution, run, status, error, cause, said
):
    arn = execution(status, error, cause)
    photo = put(state="claimed", open="claimed", execution=arn, s3_key=KEY)
    claimed = read(photo)
    assert run() == {"failed": 1, "told": 0, "expiring": 0}
    item = read(photo)
    assert (item["state"], item["open"], item["execution"]) == ("failed", "failed", arn)
    assert (item["error"], item["cause"]) == said
    assert item["since"] == item["failed_at"] != claimed["since"]
    assert datetime.fromisoformat(item["failed_at"]) <= datetime.now(UTC)
    assert item["failed_at"].endswith("Z")
    assert in_days(90, item["expires"])
    assert run() == {"failed": 0, "told": 0, "expiring": 0}


@pytest.mark.parametrize("status", ["RUNNING", "PENDING_REDRIVE"])
def test_a_claim_whose_execution_runs_stays(put, read, execution, run, status):
    photo = put(state="claimed", open="claimed", execution=execution(status), s3_key=KEY)
    before = read(photo)
    assert run()["failed"] == 0
    assert read(photo) == before


def test_a_claim_of_an_execution_that_nobody_knows_fails(put, read, execution, run):
    photo = put(state="claimed", open="claimed", execution=execution() + "-gone", s3_key=KEY)
    assert run()["failed"] == 1
    assert read(photo)["error"] == "ExecutionGone"


def test_what_has_happened_since_the_index_was_written_stays(put, read, execution, run, monkeypatch):
    """The index is behind the table: it still names photos that were routed, or claimed anew."""
    over, mine = execution("ABORTED"), execution()
    found = {name: put(state="claimed", open="claimed", execution=over) for name in ("routed", "anew")}
    query = sweep.OpenPhotos.find

    def find(self, state, most):
        found_then = query(self, state, most)
        put(id=found["routed"], state="routed", execution=over)
        put(id=found["anew"], state="claimed", open="claimed", execution=mine)
        return found_then

    monkeypatch.setattr(sweep.OpenPhotos, "find", find)
    assert run()["failed"] == 0
    assert read(found["routed"])["state"] == "routed"
    assert read(found["anew"])["execution"] == mine


def test_of_201_claims_the_oldest_200_fail_and_in_the_next_minute_the_last(put, read, execution, run):
    arn = execution("ABORTED")
    photos = [put(state="claimed", open="claimed", execution=arn) for _ in range(201)]
    assert run()["failed"] == 200
    assert read(photos[-1])["state"] == "claimed"
    assert run()["failed"] == 1


def test_what_takes_longer_than_the_function_has_is_left_for_the_next_minute(put, execution, context):
    arn = execution("ABORTED")
    for _ in range(2):
        put(state="claimed", open="claimed", execution=arn)
    context.get_remaining_time_in_millis = lambda: 20_000
    assert sweep.handler({}, context)["body"]["failed"] == 0


def test_a_route_that_was_not_told_is_told_once(put, read, told, run):
    photo = put(**ROUTED, open="untold", error="EventBridge.InternalException", cause="no")
    assert run() == {"failed": 0, "told": 1, "expiring": 0}
    assert told() == [{name: ROUTED[name] for name in register.DETAIL}]
    item = read(photo)
    assert datetime.fromisoformat(item["told_at"]) <= datetime.now(UTC)
    assert item["state"] == "routed"
    assert not {"open", "since"} & item.keys()
    assert run()["told"] == 0
    assert told() == []


def test_a_route_that_was_told_meanwhile_is_not_told_again(put, told, run, monkeypatch):
    photo = put(**ROUTED, open="untold")
    query = sweep.OpenPhotos.find

    def find(self, state, most):
        found_then = query(self, state, most)
        put(id=photo, **ROUTED)
        return found_then

    monkeypatch.setattr(sweep.OpenPhotos, "find", find)
    assert run()["told"] == 0
    assert told() == []


def test_a_route_that_the_bus_does_not_take_is_told_in_a_later_minute(
    put, read, run, told, scripted, monkeypatch
):
    photo = put(**ROUTED, open="untold")
    refused = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", "ErrorMessage": "no"}]}
    scripted.answer(json.dumps(refused).encode())
    monkeypatch.setenv("AWS_ENDPOINT_URL_EVENTBRIDGE", scripted.url)
    with pytest.raises(
        sweep.BusUnavailable, match="1 faults, the first: BusUnavailable: InternalFailure: no"
    ):
        run()
    assert read(photo)["open"] == "untold"

    monkeypatch.delenv("AWS_ENDPOINT_URL_EVENTBRIDGE")
    sweep.client.cache_clear()
    assert run()["told"] == 1
    assert len(told()) == 1


def test_a_photo_s_fault_is_that_photo_s(put, read, told, execution, run, capsys):
    broken = {name: value for name, value in ROUTED.items() if name != "label"}
    of_nobody, unnamed = put(**broken, open="untold"), put(state="claimed", open="claimed")
    whole = put(**ROUTED, open="untold")
    claim = put(state="claimed", open="claimed", execution=execution("ABORTED"))
    with pytest.raises(sweep.RegisterUnavailable, match="2 faults, the first: KeyError"):
        run()
    assert (read(claim)["state"], len(told()), "told_at" in read(whole)) == ("failed", 1, True)
    assert (read(of_nobody)["open"], read(unnamed)["open"]) == ("untold", "claimed")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["level"], line.get("photo")) for line in lines] == [
        ("WARNING", unnamed),
        ("WARNING", of_nobody),
        ("ERROR", None),
    ]


def test_a_step_functions_that_throttles_leaves_the_claim_and_rings(put, read, run, scripted, monkeypatch):
    photo = put(state="claimed", open="claimed", execution="arn:aws:states:us-east-1:1:execution:m:e")
    failed = put(state="failed", open="failed", error="ImageNotFound")
    scripted.refuse("ThrottlingException", 400, __type="ThrottlingException", message="Rate exceeded")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SFN", scripted.url)
    with pytest.raises(sweep.RegisterUnavailable, match="ThrottlingException"):
        run()
    assert read(photo)["state"] == "claimed"
    assert in_days(90, read(failed)["expires"])
    assert len(scripted.asked) == 1


def test_a_table_that_is_gone_rings(run, monkeypatch, table):
    monkeypatch.setenv("TABLE", table + "-gone")
    sweep.settings.cache_clear()
    with pytest.raises(sweep.RegisterUnavailable, match="3 faults, the first: ResourceNotFoundException"):
        run()


def test_what_failed_gets_its_age_once(put, read, run):
    photo = put(state="failed", open="failed", error="ImageNotFound")
    assert run() == {"failed": 0, "told": 0, "expiring": 1}
    expires = read(photo)["expires"]
    assert in_days(90, expires)
    assert run()["expiring"] == 0
    assert read(photo)["expires"] == expires


def test_a_photo_that_waits_for_a_person_is_left_alone(put, read, run):
    photo = put(state="waiting", open="waiting", execution="gone")
    before = read(photo)
    assert run() == {"failed": 0, "told": 0, "expiring": 0}
    assert read(photo) == before


START = {"s3_bucket": BUCKET, "s3_key": KEY, "version_id": "v1"}


def stopped(arn, status="ABORTED", start=START):
    return {"executionArn": arn, "status": status, "input": json.dumps(start)}


@pytest.mark.parametrize("start", [START, {"body": START}, {"body": json.dumps(START)}])
@pytest.mark.parametrize("status", ["ABORTED", "TIMED_OUT"])
def test_a_route_whose_execution_was_stopped_is_told_at_once_and_no_second_time(
    put, read, told, run, status, start
):
    photo = put(id=Pointer(BUCKET, KEY, "v1").id, **ROUTED, execution="mine")
    assert run(**stopped("mine", status, start))["told"] == 1
    assert len(told()) == 1
    assert read(photo)["error"] == register.NOT_RUNNING[status]
    assert run(**stopped("mine", status, start))["told"] == 0  # EventBridge may send it twice
    assert told() == []


@pytest.mark.parametrize(
    "item", [ROUTED | {"execution": "another"}, {"state": "waiting", "execution": "mine", "open": "waiting"}]
)
def test_another_execution_s_route_and_what_is_no_route_are_not_told(put, read, told, run, item):
    photo = put(id=Pointer(BUCKET, KEY, "v1").id, **item)
    before = read(photo)
    assert run(**stopped("mine"))["told"] == 0
    assert read(photo) == before
    assert told() == []


@pytest.mark.parametrize(
    "detail",
    [
        {},
        {"input": None},  # it was too long for an event
        {"input": "[]"},
        {"input": '{"s3_key": 7}'},
        {"input": json.dumps(START | {"version_id": "2"})},
    ],
)
def test_a_stop_that_names_no_photo_of_the_register_is_a_sweep_like_any_other(
    put, execution, table, run, detail
):
    put(state="claimed", open="claimed", execution=execution("ABORTED"))
    assert run(executionArn="mine", status="ABORTED", **detail)["failed"] == 1
    assert boto3.client("dynamodb").scan(TableName=table)["Count"] == 1


@pytest.mark.parametrize("days", ["", "0", "-1", "ninety"])
def test_settings_that_make_no_sense_are_refused(days):
    with pytest.raises(InvalidSetting, match="RETENTION_DAYS must be"):
        sweep.read_settings({"TABLE": "t", "BUS_NAME": "b", "RETENTION_DAYS": days})
    with pytest.raises(InvalidSetting, match="TABLE, BUS_NAME must be set"):
        sweep.read_settings({})
