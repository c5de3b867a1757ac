"""The sweep as its schedule and its rule call it, with a real table, bus, queue and state machine (moto)."""

import json
import time
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.stepfunctions.models import stepfunctions_backends
from tests.builders import REGISTER

from core.contract import register
from core.contract.events import Pointer
from core.contract.shapes import InvalidSetting
from lambdas import drain, stopped, sweep, waits
from lambdas.open_photos import plain

BUCKET, BUS, KEY = "scones-test-123456789012", "scones-drivers", "incoming/a.png"
DAY = 86_400
SPACE = "Scones/test"
ROUTED = {
    "state": "routed",
    "execution": "its-own",
    "s3_bucket": BUCKET,
    "s3_key": KEY,
    "label": "bicycle",
    "vehicle": "",
    "confidence": 0.9969,
    "assignment": {"loading_bay": "A", "max_distance_km": 5},
    "decided_by": "model",
    "routed_at": "2026-11-26T12:00:03.000Z",
    "source": "bay 2",
    "reference": "delivery 7",
}
TIMES = iter(f"2026-11-27T06:{number // 60:02}:{number % 60:02}.000Z" for number in range(3600))


def attribute(value):
    if value is None:
        return {"NULL": True}
    if isinstance(value, dict):
        return {"M": {name: attribute(it) for name, it in value.items()}}
    return {"S": value} if isinstance(value, str) else {"N": str(value)}


@pytest.fixture
def machine():
    return boto3.client("stepfunctions").create_state_machine(
        name=f"m-{uuid.uuid4()}",
        definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}),
        roleArn="arn:aws:iam::123456789012:role/any",
    )["stateMachineArn"]


@pytest.fixture
def table(monkeypatch, machine):
    """A table of its own, and a function that has its name."""
    name = f"photos-{uuid.uuid4()}"
    given = {
        "TABLE": name,
        "BUS_NAME": BUS,
        "STATE_MACHINE": machine,
        "NAMESPACE": SPACE,
        "RETENTION_DAYS": "90",
    }
    for setting, value in given.items():
        monkeypatch.setenv(setting, value)
    sweep.settings.cache_clear()
    sweep.client.cache_clear()
    stopped.seen.clear()
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
def execution(machine):
    """Start an execution and let it have this status and history; answer its ARN."""
    steps = boto3.client("stepfunctions")

    def run(status="RUNNING", error=None, cause=None, history=(), began=timedelta()):
        arn = steps.start_execution(stateMachineArn=machine)["executionArn"]
        found = held_by_moto(arn)
        found.status, found.error, found.cause = status, error, cause
        found.start_date -= began
        found.stop_date = None if status in register.RUNNING else found.start_date
        found.get_execution_history = lambda _role: list(history)
        return arn

    return run


@pytest.fixture
def told():
    """What the bus was told since the last time."""
    events, sqs = boto3.client("events"), boto3.client("sqs")
    queue = sqs.create_queue(QueueName=f"q-{uuid.uuid4()}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.create_event_bus(Name=BUS)
    kinds = [register.EVENT_KIND, register.CORRECTION]
    pattern = json.dumps({"source": [register.EVENT_SOURCE], "detail-type": kinds})
    events.put_rule(Name="all", EventBusName=BUS, EventPattern=pattern)
    events.put_targets(Rule="all", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": arn}])

    def receive():
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        events = [json.loads(message["Body"]) for message in found]
        return [(event["detail-type"], event["detail"]) for event in events]

    yield receive
    events.remove_targets(Rule="all", EventBusName=BUS, Ids=["queue"])
    events.delete_rule(Name="all", EventBusName=BUS)
    events.delete_event_bus(Name=BUS)


@pytest.fixture
def run(context):
    """Let the sweep run; answer how much it did of what."""

    def run():
        done = sweep.handler({"scheduled": "2026-11-27T06:00:00Z"}, context)["body"]
        return Counter({what: number for what, number in done.items() if number and what != "measured"})

    return run


def held_by_moto(arn: str) -> Any:
    return stepfunctions_backends["123456789012"]["us-east-1"].describe_execution(arn)


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
    assert run() == {"failed": 1}
    item = read(photo)
    assert (item["state"], item["open"], item["execution"]) == ("failed", "failed", arn)
    assert (item["error"], item["cause"]) == said
    assert item["since"] == item["failed_at"] != claimed["since"]
    assert datetime.fromisoformat(item["failed_at"]) <= datetime.now(UTC)
    assert item["failed_at"].endswith("Z")
    assert in_days(90, item["expires"])
    assert not run()


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
    context.get_remaining_time_in_millis = lambda: 27_000
    assert not sweep.handler({}, context)["body"]


def test_a_route_that_was_not_told_is_told_once(put, read, told, run):
    photo = put(**ROUTED, open="untold", error="EventBridge.InternalException", cause="no")
    assert run() == {"told": 1}
    assert told() == [("DriverRouted", {"id": photo} | {name: ROUTED[name] for name in register.DETAIL[1:]})]
    item = read(photo)
    assert datetime.fromisoformat(item["told_at"]) <= datetime.now(UTC)
    assert item["state"] == "routed"
    assert not {"open", "since"} & item.keys()
    assert run()["told"] == 0
    assert told() == []


OBJECTED = {"objected_at": "2026-11-26T12:00:09.000Z"}  # after the route


def test_a_driver_who_objected_before_the_route_was_told_waits_then(put, read, told, run):
    photo = put(**ROUTED, **OBJECTED, open="untold")
    assert run() == {"told": 1}
    assert [kind for kind, _ in told()] == ["DriverRouted"]
    item = read(photo)
    assert (item["state"], item["open"], item["since"]) == ("routed", "waiting", OBJECTED["objected_at"])
    assert "told_at" in item
    assert not run()


def test_a_correction_answers_the_objection_before_it(put, read, told, run):
    photo = put(**ROUTED | {"routed_at": "2026-11-26T12:01:00.000Z"}, **OBJECTED, open="untold")
    assert run() == {"told": 1}
    assert len(told()) == 1
    assert not {"open", "since"} & read(photo).keys()


def test_an_objection_while_the_route_is_told_is_not_lost(put, read, told, run, monkeypatch):
    photo = put(**ROUTED, open="untold")
    close = sweep.OpenPhotos.close

    def close_late(self, *given):
        put(**read_raw(self, photo) | OBJECTED)
        return close(self, *given)

    monkeypatch.setattr(sweep.OpenPhotos, "close", close_late)
    assert run() == {"told": 1}
    assert len(told()) == 1
    assert (read(photo)["open"], read(photo)["since"]) == ("waiting", OBJECTED["objected_at"])


def read_raw(photos, photo):
    found = photos.client.get_item(TableName=photos.table, Key={"id": {"S": photo}})["Item"]
    return {name: plain(value) for name, value in found.items()}


def test_a_route_that_another_sweep_has_taken_is_not_told_twice(put, told, run, monkeypatch):
    """The second finds what the index had before the first began."""
    put(**ROUTED, open="untold")
    query, found = sweep.OpenPhotos.find, {}

    def find(self, state, most):
        if state not in found:
            found[state] = query(self, state, most)
            if state == register.UNTOLD:
                assert run()["told"] == 1
        return found[state]

    monkeypatch.setattr(sweep.OpenPhotos, "find", find)
    assert run()["told"] == 0
    assert len(told()) == 1


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
    with pytest.raises(sweep.BusUnavailable, match="InternalFailure: no"):
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
    with pytest.raises(KeyError):
        run()
    assert (read(claim)["state"], len(told()), "told_at" in read(whole)) == ("failed", 1, True)
    assert (read(of_nobody)["open"], read(unnamed)["open"]) == ("untold", "claimed")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    first, second = (line for line in lines if "level" in line)
    assert (first["level"], first["step"], second["level"], second["step"]) == (
        "WARNING",
        "failed",
        "WARNING",
        "told",
    )
    assert unnamed in first["which"]
    assert of_nobody in second["which"]


def test_a_step_functions_that_throttles_leaves_the_claim_and_rings(put, read, run, scripted, monkeypatch):
    photo = put(state="claimed", open="claimed", execution="arn:aws:states:us-east-1:1:execution:m:e")
    failed = put(state="failed", open="failed", error="ImageNotFound")
    scripted.refuse("ThrottlingException", 400, __type="ThrottlingException", message="Rate exceeded")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SFN", scripted.url)
    with pytest.raises(ClientError, match="ThrottlingException"):
        run()
    assert read(photo)["state"] == "claimed"
    assert in_days(90, read(failed)["expires"])
    assert len(scripted.asked) == 3  # for what was stopped, for what ran out of its time, and for the claim


def test_a_table_that_is_gone_rings(run, monkeypatch, table):
    monkeypatch.setenv("TABLE", table + "-gone")
    sweep.settings.cache_clear()
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        run()


def test_what_failed_gets_its_age_once(put, read, run):
    photo = put(state="failed", open="failed", error="ImageNotFound")
    assert run() == {"expiring": 1}
    expires = read(photo)["expires"]
    assert in_days(90, expires)
    assert run()["expiring"] == 0
    assert read(photo)["expires"] == expires


START = {"s3_bucket": BUCKET, "s3_key": KEY, "version_id": "v1"}


def history(state="ClaimPhoto", photo=START):
    """Of an execution that was started with a photo's name alone, and found its version before it claimed it."""
    entered = [
        ("ReadEvent", {"s3_key": KEY}),
        (state, photo),
        ("Assign bicycle", photo | {"label": "bicycle"}),
    ]
    return [
        {"type": "ExecutionStarted", "executionStartedEventDetails": {"input": "{}"}},
        *(
            {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": name, "input": json.dumps(it)}}
            for name, it in entered
        ),
    ]


@pytest.mark.parametrize("state", ["ClaimPhoto", "ClaimDecision", "ClaimCorrection"])
@pytest.mark.parametrize("status", ["ABORTED", "TIMED_OUT"])
def test_a_route_whose_execution_was_stopped_is_told_without_a_notice_and_no_second_time(
    put, read, told, execution, run, status, state
):
    arn = execution(status, history=history(state))
    photo = put(**ROUTED | {"id": Pointer(BUCKET, KEY, "v1").id, "execution": arn})
    assert run() == {"stopped": 1, "told": 1}
    assert len(told()) == 1
    assert read(photo)["error"] == register.NOT_RUNNING[status]
    assert not run()
    stopped.seen.clear()  # another process sees what this one has told
    assert not run()
    assert told() == []


@pytest.mark.parametrize(
    "item",
    [
        ROUTED | {"execution": "another"},
        {"state": "waiting", "open": "waiting"},
        {"state": "decided"},
        ROUTED | {"told_at": "2026-11-27T06:00:00.000Z"},
    ],
)
def test_another_execution_s_route_and_what_is_no_route_are_not_told(put, read, told, execution, run, item):
    arn = execution("ABORTED", history=history())
    photo = put(**{"id": Pointer(BUCKET, KEY, "v1").id, "execution": arn} | item)
    before = read(photo)
    assert not run()
    assert read(photo) == before
    assert told() == []


@pytest.mark.parametrize("events", [[], history()[:2]])
def test_an_execution_that_was_stopped_before_it_claimed_anything_has_told_nothing(
    put, told, table, execution, run, events
):
    arn = execution("ABORTED", history=events)
    put(**ROUTED | {"id": Pointer(BUCKET, KEY, "v1").id, "execution": arn})
    put(state="claimed", open="claimed", execution=arn)
    assert run() == {"failed": 1}
    assert boto3.client("dynamodb").scan(TableName=table)["Count"] == 2
    assert told() == []


@pytest.mark.usefixtures("table")
def test_what_was_stopped_is_looked_at_once_and_again_after_it_was_redriven(execution, run):
    began = timedelta(minutes=1)
    arn = execution("ABORTED", history=history(), began=began)
    found = held_by_moto(arn)
    found.get_execution_history = Mock(return_value=history())
    run(), run()
    assert found.get_execution_history.call_count == 1
    found.stop_date += began  # it ran on and was stopped once more
    run(), run()
    assert found.get_execution_history.call_count == 2


def test_what_began_over_70_minutes_ago_is_neither_looked_at_nor_kept_in_mind(put, told, execution, run):
    late = {"history": history(), "began": timedelta(minutes=69)}
    late_one = execution("TIMED_OUT", **late)
    photo = put(**ROUTED | {"id": Pointer(BUCKET, KEY, "v1").id, "execution": "another"})
    run()
    assert [*stopped.seen] == [late_one]

    over = execution("TIMED_OUT", history=history(), began=timedelta(minutes=71))
    put(**ROUTED | {"id": photo, "execution": over})
    stopped.seen[late_one]["startDate"] -= timedelta(minutes=2)
    assert not run()
    assert over not in stopped.seen
    assert told() == []


def test_an_execution_s_fault_is_its_own(put, told, execution, run):
    broken = execution("ABORTED", history=history(photo={"s3_key": KEY}))
    arn = execution("ABORTED", history=history())
    put(**ROUTED | {"id": Pointer(BUCKET, KEY, "v1").id, "execution": arn})
    with pytest.raises(KeyError):
        run()
    assert len(told()) == 1
    assert broken not in stopped.seen


def test_a_step_functions_that_throttles_stops_nothing_else(put, read, told, run, scripted, monkeypatch):
    scripted.refuse("ThrottlingException", 400, __type="ThrottlingException", message="Rate exceeded")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SFN", scripted.url)
    photo = put(**ROUTED, open="untold")
    with pytest.raises(ClientError, match="ThrottlingException"):
        run()
    assert len(told()) == 1
    assert "told_at" in read(photo)


def test_a_correction_is_told_as_what_it_is_with_no_confidence(put, told, run):
    decided = {"kind": "DriverRerouted", "label": "other", "vehicle": "cargo bike", "decided_by": "person"}
    photo = put(**ROUTED | decided | {"confidence": None, "open": "untold"})
    assert run() == {"told": 1}
    ((kind, detail),) = told()
    assert (kind, detail["id"], detail["confidence"]) == ("DriverRerouted", photo, None)
    assert detail.items() >= {name: it for name, it in decided.items() if name != "kind"}.items()


def test_a_route_of_an_earlier_release_is_told_with_nothing_where_that_had_nothing(put, told, run):
    lacks = ("vehicle", "source", "reference")
    put(**{name: value for name, value in ROUTED.items() if name not in lacks}, open="untold")
    assert run() == {"told": 1}
    ((kind, detail),) = told()
    assert (kind, [detail[name] for name in lacks]) == ("DriverRouted", ["", "", ""])


def test_a_correction_that_came_while_the_route_was_told_stays_to_be_told(put, read, told, run, monkeypatch):
    photo = put(**ROUTED, open="untold")
    corrected = ROUTED | {
        "execution": "another",
        "kind": "DriverRerouted",
        "label": "motorcycle",
        "open": "untold",
    }
    close = sweep.OpenPhotos.close

    def close_late(self, *given):
        monkeypatch.setattr(sweep.OpenPhotos, "close", close)
        put(id=photo, **corrected)
        return close(self, *given)

    monkeypatch.setattr(sweep.OpenPhotos, "close", close_late)
    assert not run()
    assert "told_at" not in read(photo)
    assert run() == {"told": 1}
    assert [kind for kind, _ in told()] == ["DriverRouted", "DriverRerouted"]


def test_what_waits_is_left_alone_and_what_is_decided_too(put, read, run):
    photos = [
        put(state="waiting", open="waiting", execution="gone"),
        put(state="decided", execution="gone"),
        put(state="expected", owner="o", asked_at=next(TIMES), expires=1),
        put(**ROUTED, **OBJECTED, open="waiting"),
    ]
    before = [read(photo) for photo in photos]
    assert not run()
    assert [read(photo) for photo in photos] == before


@pytest.fixture
def queue(table, monkeypatch):  # noqa: ARG001
    """A queue of an earlier release that the sweep drains: what it has."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName=f"review-{uuid.uuid4()}")["QueueUrl"]
    monkeypatch.setenv("REVIEW_QUEUES", url)
    yield url
    sqs.delete_queue(QueueUrl=url)


def send(queue, upload, **more):
    """As the state machine of that release did, and bulk runs."""
    told = {"s3_bucket": upload["s3_bucket"], "s3_key": upload["s3_key"], "inferences": [0.6, 0.4]}
    body = told | {"reason": "ThresholdConfidenceNotMet"} | more
    boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(body))


def count(queue):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = boto3.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return sum(int(number) for number in found.values())


def test_what_lies_in_an_earlier_release_s_queues_waits_in_the_register_behind_all_drivers(
    queue, put_version, read, run, monkeypatch
):
    dead = boto3.client("sqs").create_queue(QueueName=f"dead-{uuid.uuid4()}")["QueueUrl"]
    monkeypatch.setenv("REVIEW_QUEUES", f"{queue},{dead}")
    sweep.settings.cache_clear()
    put_version("archive/a.png", b"first")
    newest = put_version("archive/a.png", b"second")
    for _ in range(2):  # a queue may have a message twice
        send(queue, newest)
    other = put_version("archive/b.png", b"b")
    send(dead, other, reason="UnlikeTraining")
    assert run() == {"drained": 2}
    assert (count(queue), count(dead)) == (0, 0)
    item = read(Pointer(newest["s3_bucket"], newest["s3_key"], newest["version_id"]).id)
    assert item["since"] == f"archive {item['waiting_at']}"
    assert in_days(90, item["expires"])
    assert (item["state"], item["open"], item["inferences"], item["reason"]) == (
        "waiting",
        "waiting",
        "[0.6, 0.4]",
        "ThresholdConfidenceNotMet",
    )
    assert item["run"] == "review-queue"
    assert read(Pointer(*other.values()).id)["reason"] == "UnlikeTraining"
    assert not run()


@pytest.mark.parametrize("state", ["routed", "waiting", "claimed"])
def test_a_photo_that_the_register_has_leaves_the_queue_and_stays_what_it_is(
    queue, put_version, put, read, run, execution, state
):
    upload = put_version("incoming/a.png", b"a")
    photo = put(id=Pointer(*upload.values()).id, state=state, execution=execution())
    before = read(photo)
    send(queue, upload)
    assert not run()
    assert (read(photo), count(queue)) == (before, 0)


def test_a_message_is_not_taken_for_one_of_what_lies_there_since(queue, put_version, run):
    """Its driver waits for the model: as one of the archive nobody would route them."""
    send(queue, put_version("incoming/a.png", b"first"))
    time.sleep(1.1)  # S3 says no more than the second
    put_version("incoming/a.png", b"second")
    assert not run()
    assert count(queue) == 0


def test_a_photo_that_is_gone_leaves_the_queue_and_the_log_says_so(queue, put_version, table, run, capsys):
    upload = put_version("archive/gone.png", b"gone")
    boto3.client("s3").delete_object(Bucket=upload["s3_bucket"], Key=upload["s3_key"])
    send(queue, upload)
    assert not run()
    assert count(queue) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert ["archive/gone.png" in line["gone"] for line in lines if "gone" in line] == [True]
    assert boto3.client("dynamodb").scan(TableName=table)["Count"] == 0


@pytest.mark.parametrize("body", ["scones", "[]", '{"s3_bucket": "scones"}'])
def test_a_message_that_names_no_photo_leaves_the_queue_and_is_in_the_log(
    queue, put_version, run, capsys, body
):
    boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=body)
    send(queue, put_version("archive/a.png", b"a"))
    assert run() == {"drained": 1}
    assert count(queue) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["gone"] for line in lines if "gone" in line] == [body]


def test_a_storage_that_refuses_leaves_the_message(queue, run, broken_s3, monkeypatch, s3_url):
    for service in ("SQS", "DYNAMODB", "SFN"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", s3_url)
    broken_s3.answer(b"", status=403)
    send(queue, START)
    with pytest.raises(ClientError):
        run()
    assert count(queue) == 1


def test_a_queue_that_is_gone_stops_nothing_else(queue, put_version, told, put, run, monkeypatch):
    monkeypatch.setenv("REVIEW_QUEUES", f"{queue}-gone,{queue}")
    send(queue, put_version("archive/a.png", b"a"))
    put(**ROUTED, open="untold")
    with pytest.raises(ClientError, match="NonExistentQueue"):
        run()
    assert (count(queue), len(told())) == (0, 1)


def test_so_many_messages_are_moved_in_a_minute_and_the_rest_in_the_next(
    queue, put_version, run, monkeypatch
):
    monkeypatch.setattr(drain, "ANSWERS", 1)
    upload = put_version("archive/a.png", b"a")
    for _ in range(11):
        send(queue, upload)
    assert run() == {"drained": 1}
    assert count(queue) == 1
    assert not run()
    assert count(queue) == 0


@pytest.fixture
def metrics(run, capsys):
    """What a sweep publishes: by metric and source the value, and each line of the log as it is."""

    def metrics():
        run()
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return [line for line in lines if "_aws" in line]

    return metrics


def values(lines):
    named = [(line, line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"]) for line in lines]
    return {(name, line.get("Source")): line[name] for line, name in named}


def ago(minutes):
    return register.write_time(datetime.now(UTC) - timedelta(minutes=minutes))


def test_how_many_wait_and_how_long_a_driver_has_are_published(put, metrics):
    for minutes in (3, 12, 7):
        put(state="waiting", open="waiting", since=ago(minutes))
    for minutes in (600, 900):
        put(state="waiting", open="waiting", since=f"archive {ago(minutes)}")
    put(**ROUTED)
    lines = metrics()
    found = values(lines)
    longest = found.pop(("LongestWait", None))
    assert found == {("WaitingDrivers", None): 3, ("WaitingArchive", None): 2}
    assert 12 * 60 <= longest < 13 * 60
    assert abs(lines[0]["_aws"]["Timestamp"] / 1000 - time.time()) < 60
    units = [line["_aws"]["CloudWatchMetrics"] for line in lines]
    assert units == [
        [{"Namespace": SPACE, "Dimensions": [[]], "Metrics": [{"Name": name, "Unit": unit}]}]
        for name, unit in (
            ("WaitingDrivers", "Count"),
            ("LongestWait", "Seconds"),
            ("WaitingArchive", "Count"),
        )
    ]


def test_with_nobody_waiting_nobody_has_waited(put, metrics):
    put(state="waiting", open="waiting", since=f"archive {ago(600)}")
    assert values(metrics()) == {
        ("WaitingDrivers", None): 0,
        ("LongestWait", None): 0,
        ("WaitingArchive", None): 1,
    }


def test_a_clock_that_is_behind_makes_no_wait_negative(put, metrics):
    put(state="waiting", open="waiting", since=ago(-60))
    assert values(metrics())["LongestWait", None] == 0


def test_of_each_source_s_last_50_photos_the_unsure_share_is_published(put, metrics, monkeypatch):
    monkeypatch.setenv("SOURCES", "bay 2,,gate,quiet")
    for number in range(60):
        unsure = {"waiting_at": ago(number)} if number < 20 or number >= 50 else {}
        put(state="routed", camera="source=bay 2", first_at=ago(number), **unsure)
        put(state="routed", camera="source=gate", first_at=ago(number))
    for number in range(49):
        put(state="waiting", camera="source=quiet", first_at=ago(number), waiting_at=ago(number))
    lines = metrics()
    found = values(lines)
    assert {which: share for which, share in found.items() if which[1]} == {
        ("UnsureShare", "bay 2"): 0.4,
        ("UnsureShare", "gate"): 0,
    }
    (said,) = (line for line in lines if line.get("Source") == "bay 2")
    assert said["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Source"]]


def test_what_is_counted_has_an_end(put, metrics, monkeypatch):
    pages = waits.OpenPhotos.pages
    monkeypatch.setattr(
        waits.OpenPhotos, "pages", lambda self, *given, **more: pages(self, *given, **{"Limit": 1} | more)
    )
    for _ in range(waits.PAGES + 2):
        put(state="waiting", open="waiting", since=ago(1))
    assert values(metrics())["WaitingDrivers", None] == waits.PAGES


def test_a_part_that_is_slow_leaves_the_others_their_share_of_the_time(
    put, told, execution, context, monkeypatch
):
    """Two hundred claims, at a second each, in a function that has fifty."""
    clock = {"left": 50.0}
    context.get_remaining_time_in_millis = lambda: clock["left"] * 1000
    fail = sweep.Sweep.fail

    def slow(self, photo):
        clock["left"] -= 1
        return fail(self, photo)

    monkeypatch.setattr(sweep.Sweep, "fail", slow)
    arn = execution()
    for _ in range(200):
        put(state="claimed", open="claimed", execution=arn)
    put(**ROUTED, open="untold")
    done = sweep.handler({}, context)["body"]
    assert (done["told"], done["measured"], len(told())) == (1, 3, 1)
    assert 28 < clock["left"] < 47


@pytest.mark.parametrize("days", ["", "0", "-1", "ninety"])
def test_settings_that_make_no_sense_are_refused(days):
    given = {"TABLE": "t", "BUS_NAME": "b", "STATE_MACHINE": "m", "NAMESPACE": "n"}
    with pytest.raises(InvalidSetting, match="RETENTION_DAYS must be"):
        sweep.read_settings(given | {"RETENTION_DAYS": days})
    with pytest.raises(InvalidSetting, match="TABLE, BUS_NAME, STATE_MACHINE, NAMESPACE must be set"):
        sweep.read_settings({})
