"""The register: each photo has one outcome, whatever comes twice, is stopped or fails. The model does as photos say."""

import json
import random
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from tests.pipeline.conftest import PERSON, until
from tests.pipeline.scripted_photos import SURE, UNSURE, photo

from core.contract import register
from core.contract.errors import FOR_REVIEW
from core.contract.events import Pointer
from core.contract.outcomes import DUPLICATE

RETENTION_SECONDS = 90 * 86_400
THROTTLED_SECONDS = 1
CROWD, TWICE, SEED = 300, 60, 18
AT_ONCE = 16
# Of the crowd: how often it is there, what it is, and the state and the error that it ends with.
KINDS = {
    "bicycle": (12, photo(), register.ROUTED, None),
    "motorcycle": (5, photo("[0.01, 0.99]"), register.ROUTED, None),
    "unsure": (4, photo(UNSURE), register.WAITING, None),
    "poison": (1, b"garbage", register.FAILED, "NotAnImage"),
    "refused": (1, photo(status=400, times=10_000), register.FAILED, "ImageRefused"),
    "gone": (1, photo(), register.FAILED, "ImageNotFound"),
}
# What fails while a share of the crowd is started. The bus comes after the register: of a route that neither takes, the
# topic hears and no sweep.
WINDOWS = (None, ("dynamodb", "throttle"), None, ("dynamodb", "down"), ("events", "down"), None)
BAY_A = {"loading_bay": "A", "max_distance_km": 3}
# What people say of those of a crowd that wait, in turn; None leaves one waiting. By it, the state that it ends with.
DECISIONS = {
    "bicycle": register.ROUTED,
    "other": register.ROUTED,
    "unusable": register.DECIDED,
    None: register.WAITING,
}


def start_together(workflow, events: list[dict]) -> list[dict]:
    """Executions that are started at once, described once they have ended."""
    with ThreadPoolExecutor(len(events)) as pool:
        started = list(pool.map(workflow.start, events))
    return [workflow.end(execution) for execution in started]


def outcome(ended: dict) -> str:
    """What an execution came to, in one word."""
    if ended["status"] != "SUCCEEDED":
        return ended["error"]
    output = json.loads(ended["output"])
    return output.get("outcome") or output["label"]


def test_a_routed_photo_has_one_item_that_says_how_and_by_whom(workflow):
    before = time.time()
    ended = workflow.route("register/routed.png", photo())
    item = workflow.item("incoming/register/routed.png", state=register.ROUTED)
    named = json.loads(ended["input"])
    assert item["id"] == Pointer(named["s3_bucket"], named["s3_key"], named["version_id"]).id
    assert item["execution"] == ended["executionArn"]
    assert (item["label"], item["decided_by"]) == ("bicycle", "model")
    assert (float(item["confidence"]), item["assignment"]) == (0.99, BAY_A)
    assert item["first_at"] == item["claimed_at"] < item["routed_at"]
    assert (item["attempts"], item["source"], item["reference"]) == (1, "", "")
    assert before + RETENTION_SECONDS <= item["expires"] + 1 <= time.time() + RETENTION_SECONDS + 1
    assert not {"open", "since", "told_at", "error"} & set(item), "a routed photo is not in the index"


def test_one_event_five_times_at_once_and_once_more_routes_its_photo_once(workflow):
    event = workflow.store("register/five.png", photo())
    outcomes = [outcome(ended) for ended in start_together(workflow, [event] * 5)]
    assert sorted(outcomes) == ["bicycle"] + [DUPLICATE] * 4
    assert outcome(workflow.end(workflow.start(event))) == DUPLICATE
    (item,) = workflow.items(event["s3_key"])
    assert (item["state"], item["attempts"]) == (register.ROUTED, 1)
    assert len(workflow.routed.about(s3_key=event["s3_key"])) == 1


def test_a_photo_sent_again_by_hand_is_the_one_that_was_uploaded(workflow):
    """Whoever names no version means the newest: that is the photo which the register has."""
    event = workflow.store("register/by-hand.png", photo())
    assert outcome(workflow.end(workflow.start(event))) == "bicycle"
    by_hand = {name: event[name] for name in ("s3_bucket", "s3_key")}
    assert outcome(workflow.end(workflow.start(by_hand))) == DUPLICATE
    assert outcome(workflow.end(workflow.start(event | {"version_id": ""}))) == DUPLICATE
    assert len(workflow.items(event["s3_key"])) == 1


def test_two_versions_under_one_key_are_two_photos_and_each_is_routed(workflow):
    events = [workflow.store("register/two.png", photo(answer)) for answer in (SURE, "[0.01, 0.99]")]
    assert [outcome(ended) for ended in start_together(workflow, events)] == ["bicycle", "motorcycle"]
    items = {item["version_id"]: item["label"] for item in workflow.items("archive/register/two.png")}
    assert items == {events[0]["version_id"]: "bicycle", events[1]["version_id"]: "motorcycle"}


def test_a_failed_photo_may_be_started_again_until_it_is_routed(workflow):
    event = workflow.store("register/mended.png", photo(status=400, times=2, of="mended"))
    outcomes = []
    for _ in range(3):
        outcomes.append(outcome(workflow.end(workflow.start(event))))
        item = workflow.item(event["s3_key"])
        assert (item["state"], item.get("error")) == (
            (register.FAILED, "ImageRefused") if len(outcomes) < 3 else (register.ROUTED, None)
        )
    assert outcomes == ["ImageRefused", "ImageRefused", "bicycle"]
    assert (item["attempts"], set(item) & {"cause", "failed_at", "open"}) == (3, set())


def test_an_unsure_photo_waits_with_its_probabilities_and_the_reason(workflow):
    event = workflow.store("register/unsure.png", photo(UNSURE))
    assert outcome(workflow.end(workflow.start(event))) == "ThresholdConfidenceNotMet"
    item = workflow.item(event["s3_key"], state=register.WAITING, open=register.WAITING)
    assert json.loads(item["inferences"]) == [0.6, 0.4]
    assert item["reason"] == "ThresholdConfidenceNotMet"
    assert item["since"] == item["waiting_at"]
    assert item["expires"] > time.time()
    assert outcome(workflow.end(workflow.start(event))) == DUPLICATE, "it waits for a person already"
    assert workflow.item(event["s3_key"])["attempts"] == 1


def test_a_stopped_execution_lets_go_of_its_photo_which_is_routed_when_it_is_sent_again(workflow):
    event = workflow.store("register/stopped.png", photo())
    with workflow.nothing_is_read():
        execution = workflow.start(event)
        workflow.item(event["s3_key"], state=register.CLAIMED)
        workflow.steps.stop_execution(executionArn=execution)
        item = workflow.item(event["s3_key"], state=register.FAILED)
    assert (item["error"], item["execution"]) == ("ExecutionAborted", execution)
    assert item["expires"] > time.time()
    assert outcome(workflow.end(workflow.start(event))) == "bicycle"
    assert workflow.item(event["s3_key"], state=register.ROUTED)["attempts"] == 2


def test_a_claim_whose_execution_is_not_there_is_failed_by_the_next_sweep(workflow):
    event = workflow.store("register/orphan.png", photo())
    orphan = {
        "id": Pointer(event["s3_bucket"], event["s3_key"], event["version_id"]).id,
        "state": register.CLAIMED,
        "open": register.CLAIMED,
        "since": "2031-03-01T09:20:00.000Z",  # to come: no clock decides
        "execution": f"{workflow.machine.replace(':stateMachine:', ':execution:')}:never-was",
        **{name: event[name] for name in ("s3_bucket", "s3_key", "version_id")},
    }
    put = {name: {"S": value} for name, value in orphan.items()}
    workflow.dynamodb.put_item(TableName=workflow.outputs["register_table"], Item=put)
    workflow.sweep()
    assert workflow.item(event["s3_key"], state=register.FAILED)["error"] == register.GONE
    assert outcome(workflow.end(workflow.start(event))) == "bicycle"


def test_a_register_that_throttles_for_a_moment_loses_no_photo(workflow):
    events = [workflow.store(f"register/throttled-{number}.png", photo()) for number in range(5)]
    with workflow.faulty("dynamodb", "throttle"):
        started = [workflow.start(event) for event in events]
        time.sleep(THROTTLED_SECONDS)
    assert [outcome(workflow.end(execution)) for execution in started] == ["bicycle"] * 5


def test_a_register_that_is_down_is_no_outcome_and_the_photo_may_be_sent_again(workflow):
    event = workflow.store("register/down.png", photo())
    with workflow.faulty("dynamodb", "down"):
        ended = workflow.end(workflow.start(event))
    assert ended["error"].startswith("DynamoDB.")
    (heard,) = workflow.notified.about(execution=ended["executionArn"])
    assert heard["error"] == ended["error"]
    assert not workflow.items(event["s3_key"])
    assert not workflow.routed.so_far(s3_key=event["s3_key"])
    assert outcome(workflow.end(workflow.start(event))) == "bicycle"


def test_a_route_that_the_bus_refused_is_told_once_it_takes_it(workflow):
    event = workflow.store("register/untold.png", photo())
    with workflow.faulty("events", "down"):
        ended = workflow.end(workflow.start(event))
        item = workflow.item(event["s3_key"], state=register.ROUTED)
    assert ended["status"] == "FAILED"
    assert ended["error"].startswith("EventBridge.")
    assert workflow.notified.about(execution=ended["executionArn"])
    assert (item["open"], item["error"], item["label"]) == (register.UNTOLD, ended["error"], "bicycle")
    workflow.sweep()
    until(lambda: "told_at" in workflow.item(event["s3_key"]), "the moment when it was told")
    item = workflow.item(event["s3_key"], state=register.ROUTED)
    assert not {"open", "since"} & set(item)
    assert item["expires"] > time.time()
    heard = workflow.routed.about(s3_key=event["s3_key"])[0]
    assert heard == {
        "id": item["id"],
        "routed_at": item["routed_at"],
        "s3_bucket": workflow.bucket,
        "s3_key": event["s3_key"],
        "label": "bicycle",
        "vehicle": "",
        "confidence": 0.99,
        "assignment": BAY_A,
        "decided_by": "model",
        "source": "",
        "reference": "",
    }
    assert outcome(workflow.end(workflow.start(event))) == DUPLICATE


@pytest.mark.parametrize("key", ["register/cä fé 🛵 {}.png", 'register/"quoted" \\ {0}.png'])
def test_a_photo_has_one_id_whatever_its_key(workflow, key):
    event = workflow.store(key, photo())
    assert outcome(workflow.end(workflow.start(event))) == "bicycle"
    (item,) = workflow.items(event["s3_key"])
    assert item["id"] == Pointer(event["s3_bucket"], event["s3_key"], event["version_id"]).id


UPLOADED = "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069"


def expect(workflow, photo_id: str) -> str:
    """What the API puts down before the upload; the key that it gives."""
    key = f"{register.UPLOADS}{photo_id}"
    told = {
        "id": photo_id,
        "state": register.EXPECTED,
        "s3_bucket": workflow.bucket,
        "s3_key": key,
        "source": "bay 2",
        "camera": "source=bay 2",
        "reference": "delivery 7",
        "owner": "program",
        "asked_at": register.write_time(datetime.now(UTC)),
        "file_name": "a.png",
        "content_type": "image/png",
    }
    item = {name: {"S": value} for name, value in told.items()}
    item["expires"] = {"N": str(register.expires(1))}
    workflow.dynamodb.put_item(TableName=workflow.outputs["register_table"], Item=item)
    return key


def test_a_photo_that_the_api_expects_is_routed_under_its_id_once_and_says_who_sent_it(workflow):
    key = expect(workflow, UPLOADED)
    told = workflow.project.run("operations.photo_story", "local", "--photo", UPLOADED, key="operator")
    assert f"{key}: expected" in told
    (ended,) = workflow.end_of(workflow.upload(key.removeprefix("incoming/"), photo()))
    assert outcome(ended) == "bicycle"
    item = workflow.item(key, state=register.ROUTED)
    assert (item["id"], item["source"], item["owner"]) == (UPLOADED, "bay 2", "program")
    (heard,) = workflow.routed.about(s3_key=key)
    assert (heard["id"], heard["source"], heard["reference"]) == (UPLOADED, "bay 2", "delivery 7")
    # The same form once more: another version, but no other photo.
    workflow.upload(key.removeprefix("incoming/"), photo(UNSURE))
    until(lambda: len(workflow.executions_of(key)) == 2, "the second upload's execution")
    assert sorted(outcome(it) for it in workflow.end_of(key)) == ["bicycle", DUPLICATE]
    assert workflow.item(key) == item
    # An event that leaves something out is named by the function, and gets the same id.
    again = {"s3_bucket": workflow.bucket, "s3_key": key, "version_id": item["version_id"]}
    assert outcome(workflow.end(workflow.start(again))) == DUPLICATE


def test_make_photo_tells_the_story_of_a_photo_by_its_key_and_by_its_id(workflow):
    event = workflow.store("register/story.png", photo(status=400, times=1, of="story"))
    assert outcome(workflow.end(workflow.start(event))) == "ImageRefused"
    assert outcome(workflow.end(workflow.start(event))) == "bicycle"
    item = workflow.item(event["s3_key"], state=register.ROUTED)
    for name in (event["s3_key"], item["id"]):
        printed = workflow.project.run("operations.photo_story", "local", "--photo", name, key="operator")
        assert f"{event['s3_key']}: routed" in printed
        assert "known for the first time" in printed
        assert "entered EmitDriverRouted" in printed
        assert "routed by the model: bicycle (0.9900), loading bay A, orders within 3 km" in printed
        assert item["execution"] in printed
    none = ("operations.photo_story", "local", "--photo", "incoming/none.png")
    refused = workflow.project.run(*none, status=1, key="operator")
    assert "has no photo" in refused


def test_a_photo_that_is_forgotten_is_gone_and_does_not_come_back_by_its_event(workflow):
    event = workflow.store("register/forgotten.png", photo())
    assert outcome(workflow.end(workflow.start(event))) == "bicycle"
    item = workflow.item(event["s3_key"], state=register.ROUTED)
    command = ("operations.forget", "local", "--photo", event["s3_key"], "--confirm", "local")
    printed = workflow.project.run(*command, key="operator")
    assert "1 versions and delete markers of the object" in printed
    assert outcome(workflow.end(workflow.start(event))) == DUPLICATE
    assert workflow.items(event["s3_key"]) == []
    told = workflow.project.run("operations.photo_story", "local", "--photo", item["id"], key="operator")
    assert "a photo that was forgotten at 2" in told


def test_make_photos_lists_what_is_open_and_says_so_of_a_state_that_is_in_no_list(workflow):
    event = workflow.store("register/listed.png", photo(UNSURE))
    workflow.end(workflow.start(event))

    def listed(state: str, status: int = 0) -> str:
        command = ("operations.photo_list", "local", "--state", state)
        return workflow.project.run(*command, status=status, key="operator")

    assert event["s3_key"] in listed(register.WAITING)
    assert event["s3_key"] not in listed(register.FAILED)
    assert "lists nothing" in listed(register.ROUTED, status=1)


def vehicle_of(label: str) -> str:
    return "cargo bike" if label == "other" else ""


class Crowd:
    """Photos of each kind, some sent twice, while one service after the other fails; people decide what is left."""

    def __init__(self, workflow) -> None:
        self.workflow = workflow
        self.ended: dict[str, dict] = {}
        self.decided: dict[str, str | None] = {}  # by key, of all that waited
        self.prefix = f"archive/register/crowd-{time.time_ns()}/"
        chance = random.Random(SEED)
        kinds = chance.choices(list(KINDS), [often for often, *_ in KINDS.values()], k=CROWD)
        names = [f"{number}-{kind}.png" for number, kind in enumerate(kinds)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            stored = pool.map(self.store, names, kinds)
        self.events = {event["s3_key"]: event for event in stored}
        self.kinds = dict(zip(self.events, kinds, strict=True))
        self.starts = [*self.events, *chance.sample(list(self.events), TWICE)]
        chance.shuffle(self.starts)

    def store(self, name: str, kind: str) -> dict:
        event = self.workflow.store(self.prefix.removeprefix("archive/") + name, KINDS[kind][1])
        if kind == "gone":
            version = {"Key": event["s3_key"], "VersionId": event["version_id"]}
            self.workflow.s3.delete_object(Bucket=event["s3_bucket"], **version)
        return event

    def start(self, keys: Iterable[str]) -> list[str]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(lambda key: self.workflow.start(self.events[key]), keys))

    def start_in(self, window: tuple[str, str] | None, keys: list[str]) -> list[str]:
        """Start a share; what fails fails until somebody has felt it."""
        if window is None:
            return self.start(keys)
        with self.workflow.faulty(*window):
            started = self.start(keys)
            if window[1] == "throttle":
                time.sleep(THROTTLED_SECONDS)
            elif window[0] == "dynamodb":
                described = self.workflow.describe
                until(
                    lambda: any(described(it).get("error", "").startswith("DynamoDB.") for it in started),
                    "a failure",
                )
            else:
                until(lambda: self.open_as(register.UNTOLD), "an untold route")
        return started

    def open_as(self, *states: str) -> list[dict]:
        return [item for item in self.workflow.items(self.prefix) if item.get("open") in states]

    def end(self, executions: list[str]) -> None:
        """All that was begun is over: the executions, and what the sweep has to see to."""
        self.ended |= {execution: self.workflow.end(execution) for execution in executions}
        if self.open_as(register.CLAIMED, register.UNTOLD):
            self.workflow.sweep()
        until(lambda: not self.open_as(register.CLAIMED, register.UNTOLD), "the sweep's end")

    def decide(self) -> None:
        """People look at those who wait: two of them at each photo, of whom the second is late."""
        waiting = sorted(self.open_as(register.WAITING), key=lambda item: item["s3_key"])
        labels = list(DECISIONS)
        self.decided = {item["s3_key"]: labels[number % len(labels)] for number, item in enumerate(waiting)}
        asked = [(item, label) for item in waiting if (label := self.decided[item["s3_key"]])]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            started = list(pool.map(lambda it: self.workflow.decide(it[0], it[1], vehicle_of(it[1])), asked))
        self.end(started)
        names = (f"late-{item['id'][:32]}" for item, _ in asked)
        late = [
            self.workflow.decide(item, "motorcycle", name=name)
            for (item, _), name in zip(asked, names, strict=True)
        ]
        self.end(late)

    def outcome(self, key: str) -> tuple[str, str | None]:
        """The state that a photo should end with, and its error."""
        _, _, state, error = KINDS[self.kinds[key]]
        return (DECISIONS[self.decided[key]], None) if state == register.WAITING else (state, error)

    def not_settled(self) -> list[str]:
        """The photos that are not there, or failed by something that was not their fault: somebody sends them again."""
        items = {item["s3_key"]: item for item in self.workflow.items(self.prefix)}
        return [
            key
            for key, kind in self.kinds.items()
            if key not in items
            or (items[key]["state"] == register.FAILED and items[key]["error"] != KINDS[kind][3])
        ]


@pytest.fixture(scope="module")
def crowd(workflow) -> Crowd:
    """It has gone through, and what failed by the services' faults was sent again."""
    crowd = Crowd(workflow)
    share = len(crowd.starts) // len(WINDOWS)
    shares = [crowd.starts[number * share : (number + 1) * share] for number in range(len(WINDOWS))]
    crowd.end([it for pair in zip(WINDOWS, shares, strict=True) for it in crowd.start_in(*pair)])
    again = crowd.not_settled()
    assert again, "no fault was felt"
    crowd.end(crowd.start(again))
    crowd.decide()
    return crowd


def test_each_photo_of_a_crowd_has_the_one_outcome_that_it_should(workflow, crowd):
    items = workflow.items(crowd.prefix)
    assert Counter(item["s3_key"] for item in items) == Counter(crowd.events.keys())
    found = {item["s3_key"]: (item["state"], item.get("error")) for item in items if "told_at" not in item}
    assert len(found) < CROWD, "the sweep told nothing"
    assert found == {key: crowd.outcome(key) for key in found}
    assert Counter(crowd.decided.values()).keys() == DECISIONS.keys()
    assert all(item["state"] == register.ROUTED for item in items if item["s3_key"] not in found)
    assert all(item["expires"] > time.time() for item in items if item["state"] != register.FAILED)


def test_the_executions_of_a_crowd_agree_with_the_register(workflow, crowd):
    items = {item["s3_key"]: item for item in workflow.items(crowd.prefix)}
    by_execution = {item["execution"]: item for item in items.values()}
    assert len(by_execution) == CROWD
    assert set(by_execution) <= set(crowd.ended)
    for execution, item in by_execution.items():
        came_to = outcome(crowd.ended[execution])
        if "told_at" in item:
            assert came_to.startswith("EventBridge.")
        elif item["state"] == register.DECIDED:
            assert came_to == register.DECIDED
        else:
            assert came_to == item.get("label", item.get("reason", item.get("error")))
        if "decided" in item:
            assert item["decision_1"]["execution"] == execution
            assert item["label"] == item["decision_1"]["label"] == crowd.decided[item["s3_key"]]
    for execution in set(crowd.ended) - set(by_execution):
        key = json.loads(crowd.ended[execution]["input"])["s3_key"]
        came_to = outcome(crowd.ended[execution])
        failed_as_well = came_to == KINDS[crowd.kinds[key]][3]
        left_to_people = came_to == "ThresholdConfidenceNotMet" and bool(crowd.decided[key])
        assert came_to == DUPLICATE or came_to.startswith("DynamoDB.") or failed_as_well or left_to_people


def test_the_bus_and_the_topic_hear_of_a_crowd_what_the_register_says(workflow, crowd):
    items = workflow.items(crowd.prefix)
    routed = {item["s3_key"]: item for item in items if item["state"] == register.ROUTED}
    until(lambda: set(routed) <= {it["s3_key"] for it in workflow.routed.so_far()}, "each route")
    heard = [it for it in workflow.routed.so_far() if it["s3_key"].startswith(crowd.prefix)]
    told = Counter(it["s3_key"] for it in heard)
    assert set(told) == set(routed)
    assert all("told_at" in routed[key] for key, times in told.items() if times > 1), "told at least once"
    for it in heard:
        item = routed[it["s3_key"]]
        assert (it["id"], it["label"], it["decided_by"]) == (item["id"], item["label"], item["decided_by"])
    assert not [it for it in workflow.corrected.so_far() if it["s3_key"].startswith(crowd.prefix)]
    by_people = Counter(it["label"] for it in heard if it["decided_by"] == PERSON)
    decided = Counter(crowd.decided.values())
    assert by_people == {label: decided[label] for label in ("bicycle", "other")}
    failed = {
        execution
        for execution, ended in crowd.ended.items()
        if ended["status"] == "FAILED" and ended["error"] not in FOR_REVIEW
    }
    until(lambda: failed <= {it.get("execution") for it in workflow.notified.so_far()}, "each failure")
