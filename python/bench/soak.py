"""Whether ten thousand photos come to one outcome each, many at a time, while what they need fails now and then.

They are drawn by a fixed seed: of most of them the model is sure, as it was of the same picture before; some are no
images, some no model can open, some are gone before they are read, and of a fifth the event comes twice. For moments
the register throttles, then is down, then the bus. What failed by that is sent again, as somebody would do. Then the
register, the executions and the bus are counted, and have to agree (`bench.agreed`): else there are no figures. At last
the API is called in all ways, right and wrong, and has to answer as it is described (`bench.soak_calls`).
"""

import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.request import Request, urlopen

import boto3
from boto3.dynamodb.conditions import Attr
from botocore.config import Config

from bench import prefix, soak_calls
from bench.agreed import GONE, KINDS, OF_THE_REGISTER, Ended, find_disagreements, find_unsettled
from bench.deployed import Deployed, deploy
from bench.figures import Figure
from bench.single import start_event
from core.console import UserError
from core.contract import register
from core.contract.outcomes import DUPLICATE
from core.contract.shapes import Json
from operations import photo_register

PHOTOS = 10_000
TWICE = 0.2  # of the photos
SEED = 18
AT_ONCE = 16
FOLDER = "archive/soak/"  # nothing starts by itself there
# What fails, one after the other, each ROUNDS times; and how many photos are begun meanwhile.
FAULTS = ("dynamodb throttle", "dynamodb down", "events down")
ROUNDS, BEGUN = 4, 32
THROTTLED_SECONDS = 1  # with less than the retries wait
FELT_SECONDS = 120  # at most, until a fault was felt
LOOK_SECONDS = 0.1
ANY_MINUTE = "2031-03-01T09:22"  # in which of all schedules the sweep's alone is due
AGAIN = 3  # times at most that what failed is sent again
QUEUE = "soak-heard"
CASES = 0.1  # of each call of the API, right and wrong, for each photo
SOME = 200  # photos that calls are about
LEAST = 200  # of fewer none may meet each fault


def read_count(text: str) -> int:
    if not (text.isdecimal() and int(text) >= LEAST):
        raise UserError(f"--photos takes a number of {LEAST} or more, not {text!r}")
    return int(text)


@contextlib.contextmanager
def ready(photos: int = PHOTOS) -> Iterator[Callable[[], list[Figure]]]:
    soak_calls.check_installed()
    made = deploy()
    with made.inside():
        yield partial(measure, made, photos)


def measure(made: Deployed, count: int) -> list[Figure]:
    soak = Soak(made, count)
    started = time.monotonic()
    soak.run()
    seconds = time.monotonic() - started
    items, told = soak.items(), soak.listen()
    if wrong := find_disagreements(soak.kinds, items, soak.ended, told):
        shown = "; ".join(wrong[:5])
        raise UserError(f"register, executions and bus disagree in {len(wrong)} places: {shown}")
    states = Counter(item["state"] for item in items)
    duplicates = sum(it.outcome == DUPLICATE for it in soak.ended.values())
    by_sweep = sum("told_at" in item for item in items)
    calls = soak_calls.measure(made, [item["id"] for item in items[:SOME]], int(count * CASES))
    counted = "photos, as register, executions and bus agree"
    return [
        Figure(
            "soak_photos_per_s", count / seconds, "/s", f"{count:,} photos, from the first start to the last"
        ),
        Figure("soak_executions", len(soak.ended), "executions", "that were started for them"),
        Figure("soak_routed", states[register.ROUTED], "photos", f"routed, of {count:,} {counted}"),
        Figure("soak_waiting", states[register.WAITING], "photos", "that wait for a person"),
        Figure("soak_failed", states[register.FAILED], "photos", "that failed by their own fault"),
        Figure("soak_duplicates", duplicates, "executions", "that left their photo to another one"),
        Figure("soak_sent_again", soak.again, "photos", "sent again, after a service's fault"),
        Figure("soak_told_later", by_sweep, "photos", "whose route the sweep told"),
        *calls,
    ]


class Soak:
    """The photos, and what has become of their executions so far."""

    def __init__(self, made: Deployed, count: int) -> None:
        self.made, self.again = made, 0
        many = Config(max_pool_connections=2 * AT_ONCE)
        self.s3: Any = boto3.client("s3", config=many)
        self.steps: Any = boto3.client("stepfunctions", config=many)
        self.sqs: Any = boto3.client("sqs")
        self.table = boto3.resource("dynamodb").Table(made.outputs["register_table"])
        self.ended: dict[str, Ended] = {}
        self.told: list[str] = []
        self.events: dict[str, str] = {}
        drawings = prefix.drawings()
        known = self.show(drawings)
        self.queue = self.hear()
        chance = random.Random(SEED)  # noqa: S311
        drawn = chance.choices(KINDS, [kind.often for kind in KINDS], k=count)
        self.folder = f"{FOLDER}{time.time_ns()}/"
        self.kinds = {
            f"{self.folder}{number}-{kind.name}.png": (kind, chance.choice(known[kind.state]))
            for number, kind in enumerate(drawn)
        }
        self.store({key: kind.content or drawings[it] for key, (kind, it) in self.kinds.items()})
        for key in (key for key, (kind, _) in self.kinds.items() if kind is GONE):
            named = json.loads(self.events[key])
            self.s3.delete_object(Bucket=named["s3_bucket"], Key=key, VersionId=named["version_id"])
        self.starts = [*self.kinds, *chance.sample(list(self.kinds), int(count * TWICE))]
        chance.shuffle(self.starts)

    def show(self, drawings: list[bytes]) -> dict[str, list[int]]:
        """Which of the pictures come to which state, while nothing fails. What fails may show any."""
        self.folder = f"{FOLDER}shown-{time.time_ns()}/"
        keys = [f"{self.folder}{number}.png" for number in range(len(drawings))]
        self.store(dict(zip(keys, drawings, strict=True)))
        self.send(keys)
        self.ended.clear()
        came_to = {item["s3_key"]: item["state"] for item in self.items()}
        known = {it: [at for at, key in enumerate(keys) if came_to[key] == it] for it in register.STATES}
        known[register.FAILED] = [*range(len(drawings))]
        if missing := [kind.state for kind in KINDS if not known[kind.state]]:
            raise UserError(f"of {len(drawings)} pictures none is {missing[0]}: train another model")
        return known

    def store(self, contents: dict[str, bytes]) -> None:
        """Put the photos there, and keep the events that their uploads would send."""
        bucket = self.made.outputs["bucket"]

        def put(key: str) -> str:
            version = self.s3.put_object(Bucket=bucket, Key=key, Body=contents[key])["VersionId"]
            return start_event(bucket, key, version)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            self.events |= dict(zip(contents, pool.map(put, contents), strict=True))

    def run(self) -> None:
        """All of them, a share undisturbed and then some beside a fault."""
        faults = FAULTS * ROUNDS
        for number, fault in enumerate(faults):
            mine = self.starts[number :: len(faults)]
            begun = min(BEGUN, len(mine) // 2)
            self.send(mine[begun:])
            self.send_beside(fault, mine[:begun])
            self.listen()
        self.settle()
        for _ in range(AGAIN):
            if not (left := find_unsettled(self.kinds, self.items())):
                return
            self.again += len(left)
            self.send(left)
            self.settle()

    def send(self, keys: list[str]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            self.note(pool.map(lambda key: (self.start(key), key), keys), pool)

    def send_beside(self, fault: str, keys: list[str]) -> None:
        """Start them while something fails, until somebody has felt it."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            with self.faulty(fault):
                started = list(pool.map(lambda key: (self.start(key), key), keys))
                self.feel(fault, [execution for execution, _ in started])
            self.note(started, pool)

    def note(self, started: Iterable[tuple[str, str]], pool: ThreadPoolExecutor) -> None:
        """Wait for their ends."""
        ends = pool.map(lambda it: (it[0], self.end(*it)), started)
        self.ended.update(ends)

    def start(self, key: str) -> str:
        machine = self.made.outputs["state_machine_arn"]
        return self.steps.start_execution(stateMachineArn=machine, input=self.events[key])["executionArn"]

    def end(self, execution: str, key: str) -> Ended:
        while (found := self.describe(execution))["status"] == "RUNNING":
            time.sleep(LOOK_SECONDS)
        if found["status"] != "SUCCEEDED":
            return Ended(key, found.get("error") or found["status"])
        output = json.loads(found["output"])
        return Ended(key, str(output.get("outcome") or output["label"]))

    def describe(self, execution: str) -> Json:
        return self.steps.describe_execution(executionArn=execution)

    @contextlib.contextmanager
    def faulty(self, fault: str) -> Iterator[None]:
        self.tell_cloud("fault", fault)
        try:
            yield
        finally:
            self.tell_cloud("fault", f"{fault.partition(' ')[0]} up")

    def feel(self, fault: str, executions: list[str]) -> None:
        if fault == "dynamodb throttle":
            time.sleep(THROTTLED_SECONDS)
        elif fault == "dynamodb down":
            wait(lambda: any(map(self.has_felt, executions)), "a failure by the register")
        else:
            wait(lambda: self.open_as(register.UNTOLD), "a route that nobody is told of")

    def has_felt(self, execution: str) -> bool:
        return self.describe(execution).get("error", "").startswith(OF_THE_REGISTER)

    def settle(self) -> None:
        """The sweep has seen to what the executions have left."""
        if self.open_as(register.CLAIMED, register.UNTOLD):
            self.tell_cloud("scheduled", ANY_MINUTE)
        wait(lambda: not self.open_as(register.CLAIMED, register.UNTOLD), "the sweep's end")

    def open_as(self, *states: str) -> list[Json]:
        return [it for state in states for it in photo_register.list_open(self.table, state, 1)]

    def items(self) -> list[Json]:
        mine = Attr("s3_key").begins_with(self.folder)
        return list(photo_register.read(self.table, "scan", ConsistentRead=True, FilterExpression=mine))

    def tell_cloud(self, name: str, value: str) -> None:
        url = f"{self.made.url}/_localcloud/{name}"
        urlopen(Request(url, data=value.encode(), method="PUT")).close()  # noqa: S310

    def hear(self) -> str:
        """Listen to the bus, as another team does; the queue's URL."""
        url = self.sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
        asked = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn = asked["Attributes"]["QueueArn"]
        send = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [send]})
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        events, bus = boto3.client("events"), self.made.outputs["bus_name"]
        pattern = json.dumps({"detail-type": [register.EVENT_KIND]})
        events.put_rule(Name=QUEUE, EventPattern=pattern, EventBusName=bus)
        target = {"Id": "queue", "Arn": arn, "InputPath": "$.detail"}
        events.put_targets(Rule=QUEUE, Targets=[target], EventBusName=bus)  # type: ignore[list-item]
        return url

    def listen(self) -> list[str]:
        """The keys of all routes that were told so far, as often as they were."""
        while found := self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            self.told += [json.loads(it["Body"])["s3_key"] for it in found]
            entries = [{"Id": it["MessageId"], "ReceiptHandle": it["ReceiptHandle"]} for it in found]
            self.sqs.delete_message_batch(QueueUrl=self.queue, Entries=entries)
        return [key for key in self.told if key in self.kinds]


def wait(look: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + FELT_SECONDS
    while not look():
        if time.monotonic() > deadline:
            raise UserError(f"{what} did not come within {FELT_SECONDS} s")
        time.sleep(LOOK_SECONDS)
