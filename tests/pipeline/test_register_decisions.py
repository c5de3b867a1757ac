"""What people decide: photos that the model left to them, and corrections. The model does as photos say."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from tests.pipeline.conftest import DRIVER, PERSON, until
from tests.pipeline.scripted_photos import UNSURE, photo
from tests.pipeline.test_register import BAY_A, outcome

from core.contract import register
from core.contract.outcomes import DUPLICATE

BAY_B = {"loading_bay": "B", "max_distance_km": 15}
BY_A_PERSON = {"confidence": None, "decided_by": PERSON}
# What the workflow takes for no decision, by what is wrong with it.
NO_DECISIONS: dict[str, dict] = {
    "a label that has no route": {"label": "tank"},
    "no number": {"decision": "1"},
    "the number 0": {"decision": 0},
    "nobody who decided": {"decided_by": ""},
    "the model": {"decided_by": "model"},
    "a vehicle that is no text": {"vehicle": 7},
    "no version": {"version_id": ""},
    "a grace that is no number": {"grace_seconds": "5"},
    "a grace below zero": {"grace_seconds": -1},
}


def leave_to_people(workflow, name: str, **sender: str) -> dict:
    """A driver who waits: what the register has of the photo."""
    event = workflow.store(f"decisions/{name}.png", photo(UNSURE)) | sender
    assert outcome(workflow.end(workflow.start(event))) == "ThresholdConfidenceNotMet"
    return workflow.item(event["s3_key"], state=register.WAITING)


def entered(workflow, execution: str) -> list[str]:
    """The states that an execution has gone through."""
    history = workflow.steps.get_execution_history(executionArn=execution)["events"]
    return [it["stateEnteredEventDetails"]["name"] for it in history if "stateEnteredEventDetails" in it]


def test_a_photo_that_the_model_leaves_to_people_is_sent_nowhere_and_waits_in_the_register(workflow):
    item = leave_to_people(workflow, "waits", source="camera-7")
    assert item["since"] == item["waiting_at"]
    assert item["camera"] == "source=camera-7"
    assert entered(workflow, item["execution"])[-2:] == ["RecordWaiting", "LowConfidence"]
    assert not workflow.routed.so_far(s3_key=item["s3_key"])


def test_a_decision_routes_the_driver_and_all_hear_by_whom(workflow):
    item = leave_to_people(workflow, "routed", source="camera-7", reference="order 12")
    ended = workflow.end(workflow.decide(item, "motorcycle"))
    assert (ended["status"], ended["name"]) == ("SUCCEEDED", f"{item['id']}-1")
    (heard,) = workflow.routed.about(s3_key=item["s3_key"])
    now = workflow.item(item["s3_key"], state=register.ROUTED)
    assert heard == {
        "id": item["id"],
        "routed_at": now["routed_at"],
        "s3_bucket": item["s3_bucket"],
        "s3_key": item["s3_key"],
        "label": "motorcycle",
        "vehicle": "",
        "assignment": BAY_B,
        "source": "camera-7",
        "reference": "order 12",
        **BY_A_PERSON,
    }
    assert (now["label"], now["kind"], now["decided"]) == ("motorcycle", "DriverRouted", 1)
    assert BY_A_PERSON.items() <= now.items()
    assert now["decision_1"].pop("at") >= item["waiting_at"]
    assert now["decision_1"] == {
        "label": "motorcycle",
        "vehicle": "",
        "by": PERSON,
        "execution": ended["executionArn"],
    }
    assert json.loads(now["inferences"]) == [0.6, 0.4], "what the model thought stays"
    assert not {"open", "since"} & set(now)


def test_a_driver_may_decide_and_is_named_as_such(workflow):
    item = leave_to_people(workflow, "by-the-driver")
    workflow.end(workflow.decide(item, "bicycle", by=DRIVER))
    (heard,) = workflow.routed.about(s3_key=item["s3_key"])
    assert (heard["decided_by"], heard["assignment"]) == (DRIVER, BAY_A)


def test_the_same_decision_twice_is_told_once(workflow):
    item = leave_to_people(workflow, "twice")
    first = workflow.decide(item, "bicycle")
    assert outcome(workflow.end(first)) == "bicycle"
    with pytest.raises(workflow.steps.exceptions.ExecutionAlreadyExists):
        workflow.decide(item, "bicycle")
    again = workflow.end(workflow.decide(item, "bicycle", name=f"again-{item['id'][:32]}"))
    assert outcome(again) == DUPLICATE
    assert workflow.item(item["s3_key"])["decision_1"]["execution"] == first
    assert len(workflow.routed.about(s3_key=item["s3_key"])) == 1
    assert not workflow.corrected.so_far(s3_key=item["s3_key"])


def test_a_decision_takes_effect_after_its_grace(workflow):
    item = leave_to_people(workflow, "grace")
    execution = workflow.decide(item, "bicycle", grace_seconds=1)
    assert workflow.item(item["s3_key"]) == item
    ended = workflow.end(execution)
    assert entered(workflow, execution)[:3] == ["NamePhoto", "AwaitGrace", "ClaimDecision"]
    assert ended["stopDate"] - ended["startDate"] >= timedelta(seconds=1)
    assert workflow.item(item["s3_key"], state=register.ROUTED)["decision_1"]["execution"] == execution


def test_a_decision_that_is_withdrawn_within_its_grace_changes_nothing_and_the_next_one_counts(workflow):
    item = leave_to_people(workflow, "withdrawn")
    execution = workflow.decide(item, "bicycle", grace_seconds=2)
    withdraw(workflow, item, 1)
    assert outcome(workflow.end(execution)) == DUPLICATE
    now = workflow.item(item["s3_key"], state=register.WAITING)
    assert now == item | {"withdrawn": {1}}
    assert outcome(workflow.end(workflow.decide(item, "motorcycle", decision=2))) == "motorcycle"
    # A correction can be withdrawn as well.
    third = workflow.decide(item, "bicycle", decision=3, grace_seconds=2)
    withdraw(workflow, item, 3)
    assert outcome(workflow.end(third)) == DUPLICATE
    assert workflow.item(item["s3_key"], state=register.ROUTED)["label"] == "motorcycle"
    assert not workflow.corrected.so_far(s3_key=item["s3_key"])


def withdraw(workflow, item: dict, number: int) -> None:
    """As the API does it: not of one that has been claimed."""
    workflow.dynamodb.update_item(
        TableName=workflow.outputs["register_table"],
        Key={"id": {"S": item["id"]}},
        ConditionExpression=f"attribute_not_exists(decision_{number})",
        UpdateExpression="ADD withdrawn :number",
        ExpressionAttributeValues={":number": {"NS": [str(number)]}},
    )


def test_an_objection_waits_for_a_person_whose_decision_is_a_correction(workflow):
    event = workflow.store("decisions/objected.png", photo())
    assert outcome(workflow.end(workflow.start(event))) == "bicycle"
    item = workflow.item(event["s3_key"], state=register.ROUTED)
    assert item["day"] == f"{item['routed_at'][:10]} model"
    workflow.dynamodb.update_item(
        TableName=workflow.outputs["register_table"],
        Key={"id": {"S": item["id"]}},
        UpdateExpression="SET #open = :waiting, since = :now, objected_at = :now",
        ExpressionAttributeNames={"#open": "open"},
        ExpressionAttributeValues={
            ":waiting": {"S": register.WAITING},
            ":now": {"S": register.write_time(datetime.now(UTC))},
        },
    )
    listed = workflow.project.run("operations.photo_list", "local", "--state", "waiting", key="operator")
    assert item["id"] in listed
    told = workflow.project.run("operations.photo_story", "local", "--photo", item["id"], key="operator")
    assert "routed, and its driver objects" in told
    assert outcome(workflow.end(workflow.decide(item, "motorcycle"))) == "motorcycle"
    now = workflow.item(event["s3_key"], label="motorcycle")
    assert not {"open", "since"} & now.keys()
    assert (now["day"], now["kind"]) == (item["day"], register.CORRECTION)
    assert now["first"] == {"label": "bicycle", "confidence": item["confidence"]}


def test_of_two_people_at_once_the_later_decision_counts_and_one_route_is_told(workflow):
    item = leave_to_people(workflow, "two-people")
    both = [
        workflow.decide(item, label, decision=number)
        for number, label in enumerate(("bicycle", "motorcycle"), 1)
    ]
    assert {workflow.end(execution)["status"] for execution in both} == {"SUCCEEDED"}
    now = workflow.item(item["s3_key"], state=register.ROUTED)
    assert (now["label"], now["decided"], now["execution"]) == ("motorcycle", 2, both[1])
    assert now["decision_2"]["execution"] == both[1]
    (routed,) = workflow.routed.about(s3_key=item["s3_key"])
    corrections = workflow.corrected.so_far(s3_key=item["s3_key"])
    assert [*corrections, routed][0]["label"] == "motorcycle"


def test_a_correction_is_told_as_one_and_both_decisions_are_kept(workflow):
    item = leave_to_people(workflow, "corrected")
    first = workflow.decide(item, "bicycle")
    assert outcome(workflow.end(first)) == "bicycle"
    second = workflow.decide(workflow.item(item["s3_key"], state=register.ROUTED), "motorcycle")
    assert outcome(workflow.end(second)) == "motorcycle"
    (heard,) = workflow.corrected.about(s3_key=item["s3_key"])
    assert (heard["id"], heard["label"], heard["assignment"]) == (item["id"], "motorcycle", BAY_B)
    assert len(workflow.routed.about(s3_key=item["s3_key"])) == 1
    now = workflow.item(item["s3_key"], state=register.ROUTED)
    assert (now["kind"], now["label"], now["decided"]) == ("DriverRerouted", "motorcycle", 2)
    kept = [(now[f"decision_{number}"]["label"], now[f"decision_{number}"]["execution"]) for number in (1, 2)]
    assert kept == [("bicycle", first), ("motorcycle", second)]


def test_what_the_model_routed_can_be_corrected(workflow):
    event = workflow.store("decisions/of-the-model.png", photo())
    assert outcome(workflow.end(workflow.start(event))) == "bicycle"
    item = workflow.item(event["s3_key"], state=register.ROUTED)
    assert outcome(workflow.end(workflow.decide(item, "other", "a horse"))) == "other"
    (heard,) = workflow.corrected.about(s3_key=event["s3_key"])
    assert (heard["label"], heard["vehicle"]) == ("other", "a horse")
    assert BY_A_PERSON.items() <= heard.items()
    assert outcome(workflow.end(workflow.start(event))) == DUPLICATE, "its upload takes nothing back"
    now = workflow.item(event["s3_key"], state=register.ROUTED)
    assert (now["label"], now["vehicle"], now["decided"]) == ("other", "a horse", 1)


def test_a_decision_for_a_photo_that_was_decided_meanwhile_changes_nothing(workflow):
    item = leave_to_people(workflow, "meanwhile")
    assert outcome(workflow.end(workflow.decide(item, "bicycle"))) == "bicycle"
    with pytest.raises(workflow.steps.exceptions.ExecutionAlreadyExists):
        workflow.decide(item, "motorcycle")
    late = workflow.decide(item, "motorcycle", name=f"late-{item['id'][:32]}")
    assert outcome(workflow.end(late)) == DUPLICATE
    assert workflow.item(item["s3_key"], state=register.ROUTED)["label"] == "bicycle"
    assert not workflow.corrected.so_far(s3_key=item["s3_key"])


def test_an_unusable_photo_is_decided_and_nobody_is_told_or_alarmed(workflow):
    item = leave_to_people(workflow, "unusable")
    execution = workflow.decide(item, "unusable")
    assert workflow.end(execution)["status"] == "SUCCEEDED"
    now = workflow.item(item["s3_key"], state=register.DECIDED)
    assert (now["label"], now["decided_by"], now["decided"]) == ("unusable", PERSON, 1)
    assert now["decided_at"] >= item["waiting_at"]
    assert not {"open", "since", "assignment"} & set(now)
    assert outcome(workflow.end(workflow.decide(now, "bicycle"))) == DUPLICATE, (
        "the driver takes another photo"
    )
    assert not workflow.routed.so_far(s3_key=item["s3_key"])
    assert not workflow.notified.so_far(execution=execution)


@pytest.mark.parametrize(("label", "by"), [("unusable", PERSON), ("motorcycle", DRIVER)])
def test_a_routed_driver_is_sent_nowhere_by_nobody_and_does_not_send_themselves_elsewhere(
    workflow, label, by
):
    item = leave_to_people(workflow, f"routed-{label}")
    workflow.end(workflow.decide(item, "bicycle"))
    routed = workflow.item(item["s3_key"], state=register.ROUTED)
    assert outcome(workflow.end(workflow.decide(routed, label, by=by))) == DUPLICATE
    assert workflow.item(item["s3_key"]) == routed
    assert not workflow.corrected.so_far(s3_key=item["s3_key"])


def test_a_vehicle_that_is_none_of_the_classes_has_a_route_of_its_own(workflow):
    item = leave_to_people(workflow, "other")
    assert outcome(workflow.end(workflow.decide(item, "other", "cargo bike"))) == "other"
    (heard,) = workflow.routed.about(s3_key=item["s3_key"])
    assert (heard["label"], heard["vehicle"]) == ("other", "cargo bike")
    now = workflow.item(item["s3_key"], state=register.ROUTED)
    assert (now["label"], now["vehicle"], now["assignment"]) == ("other", "cargo bike", heard["assignment"])


def test_a_photo_for_which_nobody_waits_stands_behind_the_drivers_and_its_decision_is_told_to_nobody(
    workflow,
):
    key = workflow.upload("evaluation/decisions.png", photo(UNSURE))
    workflow.end_of(key)
    archived = workflow.item(key, state=register.WAITING)
    assert archived["since"] == f"{register.ARCHIVE}{archived['waiting_at']}"
    driver = leave_to_people(workflow, "before-the-archive")
    listed = in_line(workflow)
    assert listed.index(driver["id"]) < listed.index(archived["id"])
    assert workflow.end(workflow.decide(archived, "motorcycle"))["status"] == "SUCCEEDED"
    now = workflow.item(key, state=register.DECIDED)
    assert (now["label"], now["decision_1"]["label"]) == ("motorcycle", "motorcycle")
    assert not {"open", "since", "assignment"} & set(now)
    assert not workflow.routed.so_far(s3_key=key)


def in_line(workflow) -> list[str]:
    """The photos that wait for people, by their ids, as the index has them."""
    asked = {
        "TableName": workflow.outputs["register_table"],
        "IndexName": register.INDEX,
        "KeyConditionExpression": "#open = :waiting",
        "ExpressionAttributeNames": {"#open": "open"},
        "ExpressionAttributeValues": {":waiting": {"S": register.WAITING}},
    }
    pages = workflow.dynamodb.get_paginator("query").paginate(**asked)
    return [item["id"]["S"] for page in pages for item in page["Items"]]


def test_make_decide_routes_a_driver_and_corrects_it_and_make_photo_tells_both(workflow):
    item = leave_to_people(workflow, "by-command")

    def make(module: str, *more: str, status: int = 0) -> str:
        return workflow.project.run(
            module, "local", "--photo", item["id"], *more, status=status, key="operator"
        )

    refused = make("operations.decide", "--label", "tank", status=1)
    assert "choose from bicycle, motorcycle, other, unusable" in refused
    printed = make("operations.decide", "--label", "bicycle")
    assert (
        f"photo {item['id']} is routed by the person: bicycle, loading bay A, orders within 3 km" in printed
    )
    printed = make("operations.decide", "--label", "other", "--vehicle", "a horse")
    assert "is routed anew by the person: other (a horse), loading bay C, orders within 3 km" in printed
    told = make("operations.photo_story")
    assert "routed anew by the person: other (a horse)" in told
    now = workflow.item(item["s3_key"], state=register.ROUTED)
    for number in (1, 2):
        assert now[f"decision_{number}"]["execution"] in told
    assert workflow.corrected.about(s3_key=item["s3_key"])


@pytest.mark.parametrize("wrong", NO_DECISIONS)
def test_what_is_no_decision_is_refused_by_name_and_the_photo_waits_on(workflow, wrong):
    item = leave_to_people(workflow, wrong.replace(" ", "-"))
    given = {"label": "bicycle", "name": f"wrong-{item['id'][:32]}", **NO_DECISIONS[wrong]}
    ended = workflow.end(workflow.decide(item, **given))
    assert ended["error"] == "InvalidEvent"
    assert workflow.notified.about(execution=ended["executionArn"])
    assert workflow.item(item["s3_key"]) == item


def test_a_decision_on_a_photo_that_nobody_knows_is_a_duplicate_and_makes_no_item(workflow):
    event = workflow.store("decisions/unknown.png", photo(UNSURE))
    ended = workflow.end(workflow.decide(event | {"id": "unknown"}, "bicycle", name="unknown-1"))
    assert outcome(ended) == DUPLICATE
    assert not workflow.items(event["s3_key"])


def test_a_register_that_is_down_at_a_decision_leaves_the_photo_waiting_and_it_may_be_decided_again(workflow):
    item = leave_to_people(workflow, "register-down")
    with workflow.faulty("dynamodb", "down"):
        ended = workflow.end(workflow.decide(item, "bicycle"))
    assert ended["error"].startswith("DynamoDB.")
    assert workflow.notified.about(execution=ended["executionArn"])
    assert workflow.item(item["s3_key"]) == item
    assert outcome(workflow.end(workflow.decide(item, "bicycle", decision=2))) == "bicycle"
    assert workflow.item(item["s3_key"], state=register.ROUTED)["decided"] == 2
    assert len(workflow.routed.about(s3_key=item["s3_key"])) == 1


def test_a_register_that_is_down_when_a_photo_is_to_wait_fails_it_by_name_and_it_may_be_sent_again(workflow):
    event = workflow.store("decisions/record-down.png", photo(UNSURE))
    with workflow.nothing_is_read():
        execution = workflow.start(event)
        workflow.item(event["s3_key"], state=register.CLAIMED)
        workflow.put_setting("fault", "dynamodb down")
    try:
        ended = workflow.end(execution)
    finally:
        workflow.put_setting("fault", "dynamodb up")
    assert ended["error"].startswith("DynamoDB.")
    assert workflow.notified.about(execution=execution)
    workflow.sweep()
    assert workflow.item(event["s3_key"], state=register.FAILED)["error"] == ended["error"]
    assert outcome(workflow.end(workflow.start(event))) == "ThresholdConfidenceNotMet"
    assert workflow.item(event["s3_key"], state=register.WAITING)["attempts"] == 2


@pytest.mark.parametrize(("before", "heard_by"), [("", "routed"), ("bicycle", "corrected")])
def test_a_decision_that_the_bus_refused_is_told_later_as_what_it_was(workflow, before, heard_by):
    item = leave_to_people(workflow, f"untold-{heard_by}", source="camera-8", reference="order 13")
    if before:
        workflow.end(workflow.decide(item, before))
        item = workflow.item(item["s3_key"], state=register.ROUTED)
    with workflow.faulty("events", "down"):
        ended = workflow.end(workflow.decide(item, "other", "cargo bike"))
        untold = workflow.item(item["s3_key"], open=register.UNTOLD)
    assert ended["error"].startswith("EventBridge.")
    assert untold["execution"] == ended["executionArn"]
    workflow.sweep()
    until(lambda: "told_at" in workflow.item(item["s3_key"]), "the moment when it was told")
    heard = getattr(workflow, heard_by).about(s3_key=item["s3_key"])[-1]
    assert heard == {
        "id": item["id"],
        "routed_at": untold["routed_at"],
        "s3_bucket": item["s3_bucket"],
        "s3_key": item["s3_key"],
        "label": "other",
        "vehicle": "cargo bike",
        "assignment": untold["assignment"],
        "source": "camera-8",
        "reference": "order 13",
        **BY_A_PERSON,
    }
