"""The API, as programs and people call it: from a photo that is asked for to a driver who is sent elsewhere."""

import base64
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.request import Request

import pytest
from tests.pipeline.api_callers import Answer, Caller, People, post_form, send
from tests.pipeline.conftest import Deployment, until
from tests.pipeline.scripted_photos import GUIDELINE, SURE, UNSURE, photo

from core.contract import register
from core.contract.images import MAX_IMAGE_BYTES
from core.contract.shapes import UPLOADS

ASKED = {"file_name": "x.png", "content_type": "image/png", "source": "camera-3", "reference": "order 7"}
RACES = 25  # tests/lambdas has 200 more, beside the gateway and its limit of requests in a second
FIRST = "2001-01-01T00:00:00.000Z"  # of all who wait


@pytest.fixture(scope="module")
def people(workflow: Deployment) -> People:
    return People(workflow)


@pytest.fixture(scope="module")
def program(people: People) -> Caller:
    return people.take_program()


@pytest.fixture(scope="module")
def reviewer(people: People) -> Caller:
    return people.sign_in(people.invite("reviewers"))


@pytest.fixture(scope="module")
def another(people: People) -> Caller:
    return people.sign_in(people.invite("reviewers"))


def follow(caller: Caller, photo_id: str, *states: str) -> dict[str, Any]:
    def look() -> Any:
        answer = caller.call("GET", f"/photos/{photo_id}")
        assert answer.status == 200, answer.body
        return answer.body if answer.body["state"] in states else None

    return until(look, f"the photo {photo_id} in {states}")


def send_photo(caller: Caller, content: bytes, **asked: str) -> str:
    """Ask for an upload, and do it; the photo's id."""
    answer = caller.call("POST", "/photos", ASKED | asked)
    assert answer.status == 201, answer.body
    assert answer.headers["Location"] == f"/photos/{answer.body['id']}"
    uploaded = post_form(answer.body["upload"], content)
    assert uploaded.status == 204, uploaded.body
    return answer.body["id"]


def make_wait(workflow: Deployment, caller: Caller, **script: Any) -> str:
    """A driver who waits, before all others; the photo's id."""
    photo_id = send_photo(caller, photo(UNSURE, **script))
    follow(caller, photo_id, register.WAITING)
    put_first(workflow, photo_id)
    return photo_id


def put_first(workflow: Deployment, photo_id: str) -> None:
    workflow.dynamodb.update_item(
        TableName=workflow.outputs["register_table"],
        Key={"id": {"S": photo_id}},
        UpdateExpression="SET since = :first",
        ConditionExpression="attribute_exists(since)",
        ExpressionAttributeValues={":first": {"S": FIRST}},
    )


def forget_leases(workflow: Deployment, photo_id: str) -> None:
    table = workflow.outputs["api"]["reviews_table"]
    workflow.dynamodb.delete_item(TableName=table, Key={"photo": {"S": photo_id}})


def take_lease(caller: Caller, photo_id: str) -> dict[str, Any]:
    answer = caller.call("POST", "/leases")
    assert answer.status == 200, answer.body
    (leased,) = answer.body["photos"]
    assert leased["id"] == photo_id
    return leased


def decide(caller: Caller, photo_id: str, number: int, label: str, **more: Any) -> Answer:
    told = {"label": label, "seconds": 2.5} | more
    return caller.call("PUT", f"/photos/{photo_id}/decisions/{number}", told)


def test_a_photo_that_a_program_sends_is_routed_and_all_that_it_said_is_told(workflow, program):
    photo_id = send_photo(program, photo(SURE, who="a program"))
    told = follow(program, photo_id, register.ROUTED)
    (heard,) = workflow.routed.about(id=photo_id)
    assert (heard["source"], heard["reference"]) == ("camera-3", "order 7")
    assert heard["s3_key"] == f"{UPLOADS}{photo_id}"
    shared = ("label", "confidence", "decided_by", "assignment", "source", "reference", "routed_at")
    assert {name: told[name] for name in shared} == {name: heard[name] for name in shared}


def test_the_same_key_is_the_same_photo_and_only_its_first_upload_counts(workflow, program):
    first = program.call("POST", "/photos", ASKED, Idempotency_Key="order-7-1")
    again = program.call("POST", "/photos", ASKED, Idempotency_Key="order-7-1")
    assert (first.status, again.status) == (201, 201)
    assert first.body["id"] == again.body["id"]
    other = program.call("POST", "/photos", ASKED | {"reference": "order 8"}, Idempotency_Key="order-7-1")
    assert (other.status, other.body["type"]) == (422, "urn:scones-unlimited:KeyReused")
    assert other.headers["Content-Type"] == "application/problem+json"
    assert post_form(first.body["upload"], photo(SURE, of="first")).status == 204
    told = follow(program, first.body["id"], register.ROUTED)
    assert post_form(again.body["upload"], photo("[0.01, 0.99]", of="second")).status == 204
    executions = workflow.end_of(f"{UPLOADS}{first.body['id']}")
    until(lambda: len(workflow.executions_of(f"{UPLOADS}{first.body['id']}")) == 2, "two executions")
    executions = workflow.end_of(f"{UPLOADS}{first.body['id']}")
    outcomes = sorted(json.loads(it["output"]).get("outcome", "routed") for it in executions)
    assert outcomes == ["duplicate", "routed"]
    assert follow(program, first.body["id"], register.ROUTED) == told


def test_nobody_sees_anothers_photo(people, program, reviewer):
    photo_id = send_photo(program, photo(SURE, whose="the program's"))
    device = people.sign_in(people.invite("arrivals"))
    lead = people.sign_in(people.invite("leads"))
    nobody = people.sign_in(people.invite())
    assert [it.call("GET", f"/photos/{photo_id}").status for it in (device, reviewer)] == [404] * 2
    assert nobody.call("GET", f"/photos/{photo_id}").status == 403
    assert lead.call("GET", f"/photos/{photo_id}").status == 200
    assert nobody.call("POST", "/leases").status == 403
    assert device.call("POST", "/leases").status == 403
    assert photo_id in [it["id"] for it in program.call("GET", "/photos").body["photos"]]
    assert device.call("GET", "/photos").body["photos"] == []


def test_a_person_decides_a_waiting_driver_and_who_it_was_stays_in_one_table(workflow, program, people):
    name = people.invite("reviewers")
    person = people.sign_in(name)
    photo_id = make_wait(workflow, program, decided="by a person")
    leased = take_lease(person, photo_id)
    assert send(Request(leased["picture"])).body == photo(UNSURE, decided="by a person")
    answered = decide(person, photo_id, leased["number"], "motorcycle")
    assert answered.status == 202, answered.body
    twice = decide(person, photo_id, leased["number"], "motorcycle")
    assert (twice.status, twice.body) == (202, answered.body)
    other = decide(person, photo_id, leased["number"], "bicycle")
    assert (other.status, other.body["type"]) == (409, "urn:scones-unlimited:DecisionTaken")
    told = follow(program, photo_id, register.ROUTED)
    assert (told["label"], told["decided_by"]) == ("motorcycle", "person")
    (heard,) = workflow.routed.about(id=photo_id)
    claims = json.loads(base64.urlsafe_b64decode(person.token.split(".")[1] + "=="))
    (item,) = workflow.items(f"{UPLOADS}{photo_id}")
    executions = [it["input"] for it in workflow.executions_of(item["s3_key"])]
    assert len(executions) == 2
    assert claims["sub"] not in json.dumps([heard, told, executions, item], default=str)
    kept = workflow.dynamodb.get_item(
        TableName=workflow.outputs["api"]["reviews_table"], Key={"photo": {"S": photo_id}}
    )
    assert claims["sub"] in json.dumps(kept["Item"])
    assert int(kept["Item"]["expires"]["N"]) > time.time()


def test_a_decision_can_be_withdrawn_until_it_takes_effect_and_repeated(workflow, program, reviewer):
    photo_id = make_wait(workflow, program, decided="twice")
    number = take_lease(reviewer, photo_id)["number"]
    assert decide(reviewer, photo_id, number, "bicycle").status == 202
    withdrawn = reviewer.call("DELETE", f"/photos/{photo_id}/decisions/{number}")
    assert (withdrawn.status, withdrawn.body["withdrawn"]) == (200, True)
    assert decide(reviewer, photo_id, number + 1, "motorcycle").status == 202
    assert follow(program, photo_id, register.ROUTED)["label"] == "motorcycle"
    key = f"{UPLOADS}{photo_id}"
    ends = {it["name"]: json.loads(it["output"]) for it in workflow.end_of(key) if "output" in it}
    assert ends[f"{photo_id}-{number}"]["outcome"] == "duplicate"
    late = reviewer.call("DELETE", f"/photos/{photo_id}/decisions/{number + 1}")
    assert (late.status, late.body["type"]) == (409, "urn:scones-unlimited:DecisionTooLate")


def test_a_later_number_corrects_a_driver_who_was_told(workflow, program, reviewer, another):
    photo_id = make_wait(workflow, program, decided="wrongly")
    number = take_lease(reviewer, photo_id)["number"]
    assert decide(reviewer, photo_id, number, "bicycle").status == 202
    follow(program, photo_id, register.ROUTED)
    refused = decide(another, photo_id, number + 1, "motorcycle")
    assert refused.status in (404, 409), refused.body
    assert decide(reviewer, photo_id, number + 1, "motorcycle").status == 202
    (heard,) = workflow.corrected.about(id=photo_id)
    assert (heard["label"], heard["decided_by"]) == ("motorcycle", "person")


def test_a_driver_who_objects_is_before_a_person_and_is_sent_elsewhere(workflow, program, reviewer):
    photo_id = send_photo(program, photo(SURE, answered="wrongly"))
    follow(program, photo_id, register.ROUTED)
    workflow.routed.about(id=photo_id)
    assert program.call("POST", f"/photos/{photo_id}/objection").status == 202
    assert program.call("POST", f"/photos/{photo_id}/objection").status == 202
    put_first(workflow, photo_id)
    number = take_lease(reviewer, photo_id)["number"]
    assert decide(reviewer, photo_id, number, "motorcycle").status == 202
    (heard,) = workflow.corrected.about(id=photo_id)
    assert heard["label"] == "motorcycle"
    (item,) = workflow.items(f"{UPLOADS}{photo_id}")
    assert not {"open", "since"} & set(item)


def test_of_two_people_who_race_for_one_photo_one_gets_it(workflow, program, reviewer, another):
    photo_id = make_wait(workflow, program, raced="for")
    won: list[int] = []
    with ThreadPoolExecutor(2) as pool:
        for _ in range(RACES):
            forget_leases(workflow, photo_id)
            ready = threading.Barrier(2)

            def race(caller: Caller, ready: threading.Barrier = ready) -> list[str]:
                ready.wait()
                return [it["id"] for it in caller.call("POST", "/leases").body["photos"]]

            taken = list(pool.map(race, (reviewer, another)))
            won += [sum(photo_id in ids for ids in taken)]
            for other in {*taken[0], *taken[1]} - {photo_id}:
                forget_leases(workflow, other)
    assert won == [1] * RACES
    forget_leases(workflow, photo_id)
    assert decide(another, photo_id, take_lease(another, photo_id)["number"], "bicycle").status == 202
    follow(program, photo_id, register.ROUTED)


def test_a_lease_that_nobody_renews_is_anothers_and_its_first_holder_hears_so(
    workflow, program, reviewer, another
):
    photo_id = make_wait(workflow, program, closed="the browser")
    number = take_lease(reviewer, photo_id)["number"]
    assert reviewer.call("PUT", f"/leases/{photo_id}").status == 200
    run_out(workflow, photo_id)
    assert take_lease(another, photo_id)["number"] == number
    refused = decide(reviewer, photo_id, number, "bicycle")
    assert (refused.status, refused.body["type"]) == (409, "urn:scones-unlimited:LeaseLost")
    assert "somebody else" in refused.body["detail"]
    assert reviewer.call("PUT", f"/leases/{photo_id}").status == 409
    assert decide(another, photo_id, number, "bicycle").status == 202
    follow(program, photo_id, register.ROUTED)


def test_what_one_gives_back_another_has_at_once(workflow, program, reviewer, another):
    photo_id = make_wait(workflow, program, of="somebody who leaves")
    take_lease(reviewer, photo_id)
    given = reviewer.call("DELETE", f"/leases/{photo_id}")
    assert (given.status, given.body["id"]) == (200, photo_id)
    seen = another.call("POST", "/leases", {"take": False})
    assert (seen.body["photos"], seen.body["next"][0]["id"]) == ([], photo_id)
    assert seen.body["waiting"] > 0
    assert (
        send(Request(seen.body["next"][0]["picture"])).body
        == workflow.s3.get_object(Bucket=workflow.bucket, Key=f"{UPLOADS}{photo_id}")["Body"].read()
    )
    take_lease(another, photo_id)
    assert decide(another, photo_id, 1, "bicycle").status == 202
    follow(another, photo_id, register.ROUTED)


def test_a_lead_finds_what_people_decided_today_with_its_picture(workflow, people, program, reviewer):
    photo_id = make_wait(workflow, program, of="somebody whom a lead looks at")
    take_lease(reviewer, photo_id)
    assert decide(reviewer, photo_id, 1, "motorcycle").status == 202
    follow(program, photo_id, register.ROUTED)
    lead = people.sign_in(people.invite("leads"))
    listed = lead.call("GET", "/photos?decided_by=person&most=100").body["photos"]
    (found,) = (it for it in listed if it["id"] == photo_id)
    assert (found["label"], found["number"]) == ("motorcycle", 2)
    assert send(Request(found["picture"])).status == 200


def test_people_who_decide_are_shown_the_live_model_s_guideline(program, reviewer):
    told = reviewer.call("GET", "/guideline")
    assert (told.status, told.body) == (200, GUIDELINE)
    assert program.call("GET", "/guideline").status == 403


def run_out(workflow: Deployment, photo_id: str) -> None:
    """Of the minute nothing is left."""
    workflow.dynamodb.update_item(
        TableName=workflow.outputs["api"]["reviews_table"],
        Key={"photo": {"S": photo_id}},
        UpdateExpression="SET #until = :past",
        ExpressionAttributeNames={"#until": "until"},
        ExpressionAttributeValues={":past": {"S": FIRST}},
    )


def test_what_is_uploaded_is_what_was_asked_for_and_nothing_else(workflow, program):
    answer = program.call("POST", "/photos", ASKED)
    form, key = answer.body["upload"], f"{UPLOADS}{answer.body['id']}"
    too_large = photo(SURE, size=MAX_IMAGE_BYTES + 1)
    assert post_form(form, too_large).status == 400
    assert post_form(form, photo(SURE), key="incoming/api/another").status == 403
    assert post_form(form, photo(SURE), **{"Content-Type": "text/html"}).status == 403
    assert post_form(form, photo(SURE), acl="public-read").status == 403
    assert post_form(form, photo(SURE), **{"x-amz-signature": "0" * 64}).status == 403
    listed = workflow.s3.list_object_versions(Bucket=workflow.bucket, Prefix=key)
    assert not listed.get("Versions")
    assert program.call("GET", f"/photos/{answer.body['id']}").body["state"] == register.EXPECTED


def test_tokens_that_are_not_ours_are_refused_by_the_gateway(program):
    header, claims, signature = program.token.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    forged = [
        "",
        "nonsense",
        f"{none}.{claims}.",
        f"{none}.{claims}.{signature}",
        f"{header}.{claims}.{signature[:-8]}AAAAAAAA",
    ]
    for token in forged:
        answer = Caller(program.url, token).call("GET", "/photos")
        assert (answer.status, answer.body) == (401, {"message": "Unauthorized"}), token
    answer = program.call("POST", "/leases")
    assert (answer.status, answer.body) == (403, {"message": "Forbidden"})
    assert program.call("GET", "/nowhere").status == 404


def test_who_leaves_the_group_stays_in_it_no_longer_than_the_token(people):
    name = people.invite("reviewers")
    person = people.sign_in(name)
    assert person.call("GET", "/summary").status == 200
    people.cognito.admin_remove_user_from_group(UserPoolId=people.pool, Username=name, GroupName="reviewers")
    assert people.refresh(person).call("GET", "/summary").status == 403
