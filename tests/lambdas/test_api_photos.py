"""Photos through the API: announced, seen, listed, objected to; by programs, devices and leads."""

import base64
import json
import re
import urllib.parse
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from tests.api_tables import BUCKET, DAY, DEVICE, PROGRAM, Who, moment, new_id

from core.contract.images import MAX_IMAGE_BYTES
from lambdas.calls import api_settings, arrivals_desk, listings, pictures_shown
from lambdas.calls.api_types import PhotoQuery

PHOTO = {"file_name": "a.png", "content_type": "image/png", "source": "bay 2", "reference": "order 4711"}
pytestmark = pytest.mark.usefixtures("store")

program, other_program = Who(PROGRAM), Who("another-program")
device, lead = Who(DEVICE, ("arrivals",)), Who("lead-1", ("leads", "arrivals"))
lead_who_decides = Who("lead-2", ("leads",))
reviewer = Who("reviewer-1", ("reviewers",))
stranger = Who("stranger", ("guests",))


def announce(who, key="", **more):
    headers = {"idempotency-key": key} if key else {}
    return who.call("POST /photos", body=PHOTO | more, headers=headers)


def test_a_photo_is_announced_and_has_a_form_for_itself_alone(store):
    told = announce(program)
    photo = told.json["id"]
    assert (told.status, told.headers["location"]) == (201, f"/photos/{photo}")
    form = told.json["upload"]
    policy = json.loads(base64.b64decode(form["fields"]["policy"]))
    expected = [
        {"Content-Type": "image/png"},
        ["content-length-range", 1, MAX_IMAGE_BYTES],
        {"bucket": BUCKET},
        {"key": f"incoming/api/{photo}"},
    ]
    assert all(condition in policy["conditions"] for condition in expected)
    assert form["fields"]["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    assert moment() < form["expires_at"] < moment(-timedelta(minutes=11))
    item = store.photo(photo)
    assert (
        item.items()
        >= {
            "state": "expected",
            "s3_bucket": BUCKET,
            "s3_key": f"incoming/api/{photo}",
            "source": "bay 2",
            "reference": "order 4711",
            "camera": "source=bay 2",
            "owner": PROGRAM,
            "file_name": "a.png",
            "content_type": "image/png",
        }.items()
    )
    assert not item.keys() & {"open", "version_id", "first_at"}


def test_the_form_is_taken_by_s3(store, cloud):
    s3 = store.aws("s3")
    s3.create_bucket(Bucket=BUCKET)
    form = announce(program).json["upload"]
    assert form["url"].startswith(cloud)
    done = requests.post(form["url"], data=form["fields"], files={"file": b"a photo"})
    assert done.status_code == 204, done.text
    assert s3.get_object(Bucket=BUCKET, Key=form["fields"]["key"])["Body"].read() == b"a photo"


def test_the_same_key_and_photo_is_the_same_and_another_photo_is_refused(store):
    first, again = announce(program, "k-1"), announce(program, "k-1")
    assert (first.status, again.status, first.json["id"]) == (201, 201, again.json["id"])
    asked_at = store.photo(first.json["id"])["asked_at"]
    for more in ({"file_name": "b.png"}, {"source": "bay 3"}, {"content_type": "image/jpeg"}):
        refused = announce(program, "k-1", **more)
        assert (refused.status, refused.name) == (422, "KeyReused")
    store.change(first.json["id"], state="claimed", open="claimed", since=moment())
    assert announce(program, "k-1").json["id"] == first.json["id"]
    assert store.photo(first.json["id"]).items() >= {"state": "claimed", "asked_at": asked_at}.items()
    ids = {
        announce(who, key).json["id"] for who in (program, other_program) for key in ("k-1", "k-2", "", "")
    }
    assert len(ids) == 8


def test_a_key_whose_photo_never_came_may_be_used_anew(store):
    photo = announce(program, "k-1").json["id"]
    store.change(photo, expires=1_000_000)
    assert program.see(photo).status == 404
    assert announce(program, "k-1", file_name="b.png").status == 201
    assert store.photo(photo)["file_name"] == "b.png"


@pytest.mark.parametrize(
    "who, status", [(program, 201), (device, 201), (lead, 201), (reviewer, 403), (stranger, 403)]
)
def test_who_may_send_photos(who, status):
    assert announce(who).status == status


def test_an_answer_is_told_as_the_register_has_it_and_nothing_else(store):
    routed = store.routed(owner=PROGRAM, reference="order 7")
    told = program.see(routed)
    assert (told.status, told.json) == (
        200,
        {
            "id": routed,
            "state": "routed",
            "label": "bicycle",
            "confidence": 1.0,
            "decided_by": "model",
            "assignment": {"loading_bay": "A", "max_distance_km": 5.0},
            "routed_at": store.photo(routed)["routed_at"],
            "source": "bay 2",
            "reference": "order 7",
        },
    )
    assert "retry-after" not in told.headers
    failed = store.put(state="failed", open="failed", since=moment(), error="ImageTooLarge", owner=PROGRAM)
    assert program.see(failed).json == {"id": failed, "state": "failed", "problem": "ImageTooLarge"}
    for state in ("expected", "claimed", "waiting"):
        told = program.see(store.put(state=state, owner=PROGRAM))
        assert (told.json["state"], told.headers["retry-after"]) == (state, "1")


def test_who_sees_a_photo(store):
    mine, of_device, nobodys = store.routed(owner=PROGRAM), store.routed(owner=DEVICE), store.routed()
    seen = {
        who.sub: [who.see(photo).status for photo in (mine, of_device, nobodys)]
        for who in (program, other_program, device, lead, reviewer, stranger)
    }
    assert seen == {
        PROGRAM: [200, 404, 404],
        "another-program": [404, 404, 404],
        DEVICE: [404, 200, 404],
        "lead-1": [200, 200, 200],
        "reviewer-1": [404, 404, 404],
        "stranger": [403, 403, 403],
    }
    forgotten = store.put(state="forgotten", owner=PROGRAM)
    for photo in (forgotten, new_id(), "no-id", "../x", "é", "A" * 64):
        assert (told := program.see(photo)).status == 404, told
        assert told.name == "PhotoNotFound"


def test_a_person_who_says_that_they_are_a_program_s_id_is_none(store):
    photo = store.routed(owner=DEVICE)
    assert Who(PROGRAM, ("x",)).see(photo).status == 403


@pytest.mark.parametrize("claim", ["[a b]", "leads", "[[leads]]", "", "[]", None, "[leads"])
def test_a_group_is_one_only_if_the_claim_says_so_as_the_gateway_writes_it(claim):
    who = Who("p", ("x",))
    claims = {**who.claims(), "cognito:groups": claim}
    object.__setattr__(who, "claims", lambda: claims)
    assert who.call("GET /summary").status == 403


def test_groups_are_told_apart_by_blanks(store):
    assert Who("p", ("a", "leads")).see(store.routed()).status == 200


def test_each_call_leaves_one_line_that_says_who_saw_which_photo(store, capsys):
    photo = store.routed(owner=PROGRAM, asked_at=moment())
    program.see(photo)
    other_program.see(photo)
    program.list()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    names = ("route", "sub", "photo", "status", "photos")
    assert [[line.get(name) for name in names] for line in lines] == [
        ["GET /photos/{id}", PROGRAM, photo, 200, None],
        ["GET /photos/{id}", "another-program", photo, 404, None],
        ["GET /photos", PROGRAM, None, 200, [photo]],
    ]
    assert lines[1]["error"] == "PhotoNotFound"


def test_a_program_pages_through_its_own_photos_by_cursor(store):
    ids = [store.routed(owner=PROGRAM, asked_at=moment(timedelta(seconds=9 - n))) for n in range(5)]
    store.routed(owner=DEVICE, asked_at=moment())
    found: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        told = program.list(most="2", **cursor).json
        found.append([it["id"] for it in told["photos"]])
        if "cursor" not in told:
            break
        cursor = {"cursor": told["cursor"]}
    assert found[:3] == [ids[:2], ids[2:4], ids[4:]]
    since = {"since": store.photo(ids[3])["asked_at"]}
    assert [it["id"] for it in program.list(**since).json["photos"]] == ids[3:]
    store.change(ids[0], state="waiting", open="waiting", since=moment())
    assert [it["id"] for it in program.list(state="waiting").json["photos"]] == ids[:1]
    assert program.list(source="bay 9").json == {"photos": []}


def test_a_cursor_is_good_for_its_own_query_alone(store):
    for n in range(3):
        for owner in (PROGRAM, "another-program"):
            store.routed(owner=owner, asked_at=moment(timedelta(seconds=9 - n)))
    cursor = program.list(most="1").json["cursor"]
    assert program.list(most="2", cursor=cursor).status == 200
    forged = base64.urlsafe_b64encode(json.dumps(["0" * 32, new_id(), moment()]).encode()).decode()
    bad = [cursor[:-2], cursor + "AA", cursor.swapcase(), forged, "", "é", "W10", "////", "=", "A" * 2049]
    for text in bad:
        told = program.list(most="1", cursor=text)
        assert (told.status, told.name) == (400, "InvalidRequest"), text
    assert other_program.list(cursor=cursor).status == 400
    assert program.list(cursor=cursor, state="routed").status == 400
    assert program.list(cursor=cursor, since="2026-01-01T00:00:00Z").status == 400


def test_a_cursor_that_somebody_computed_begins_where_dynamodb_can(store):
    """Its mark is no secret."""
    photo, since = store.routed(owner=PROGRAM, asked_at=moment()), "2026-01-01T00:00:00.000Z"
    reading = listings.Reading("owner", "owner", PROGRAM, "asked_at")

    def listed(photo, at, **query):
        asked: Any = SimpleNamespace(query=PhotoQuery(), caller=SimpleNamespace(sub=PROGRAM))
        mark = reading.mark(asked, query.get("since", ""), photo, at)
        text = base64.urlsafe_b64encode(json.dumps([mark, photo, at]).encode()).decode()
        return program.list(cursor=text, **query).status

    assert listed(photo, moment(DAY), since=since) == listed(photo, moment()) == 200
    assert [listed(photo, ""), listed("", moment()), listed("x", moment()), listed(photo, "9" * 65)] == [
        400
    ] * 4
    assert listed(photo, "2025-12-31T00:00:00.000Z", since=since) == listed(photo, "x", since=since) == 400


def test_since_leaves_out_what_nobody_waits_for(store):
    ids = [store.waiting(timedelta(minutes=9 - n)) for n in range(3)]
    store.archived()
    since = store.photo(ids[1])["since"]
    told = lead.list(state="waiting", since=since)
    assert [it["id"] for it in told.json["photos"]] == ids[1:]


def test_a_lead_lists_what_is_open_or_of_a_source(store):
    waits = store.waiting(timedelta(minutes=2), first_at=moment(), camera="source=bay 2")
    archived = store.archived()
    untold = store.routed(open="untold", since=moment(), first_at=moment(), camera="source=bay 2")

    def listed(**query):
        return [it["id"] for it in lead.list(**query).json["photos"]]

    assert listed(state="waiting") == [waits, archived]
    assert listed(state="untold") == [untold]
    assert listed(source="bay 2") == [waits, untold]
    assert listed(source="bay 2", state="routed") == [untold]
    assert listed(source="bay 3") == []
    for query in ({}, {"state": "routed"}, {"state": "expected"}):
        told = lead.list(**query)
        assert (told.status, told.name) == (400, "InvalidRequest")


def test_a_lead_lists_who_was_routed_on_a_day_and_by_whom(store):
    def by(who, ago=timedelta()):
        return store.routed(ago, decided_by=who, day=f"{moment(ago)[:10]} {who}")

    today = [by("person") for _ in range(3)]
    by("driver")
    yesterday = by("person", DAY)
    reopened = by("person")
    assert lead.call("POST /photos/{id}/objection", reopened).status == 202

    def listed(**query):
        return sorted(it["id"] for it in lead.list(decided_by="person", **query).json["photos"])

    assert listed() == sorted([*today, reopened])
    assert listed(since=moment(DAY)) == [yesterday]
    assert listed(since=f"{moment()[:10]}T00:30:00+01:00") == [yesterday]
    assert listed(source="bay 3") == []
    assert listed(state="waiting") == [reopened]
    pages = [lead.list(decided_by="person", most="3").json]
    pages.append(lead.list(decided_by="person", most="3", cursor=pages[0]["cursor"]).json)
    assert sorted(it["id"] for page in pages for it in page["photos"]) == sorted([*today, reopened])
    for other in ({"decided_by": "driver"}, {"decided_by": "person", "since": moment(DAY)}):
        assert lead.list(most="3", cursor=pages[0]["cursor"], **other).status == 400
    for who in (program, device, reviewer):
        told = who.list(decided_by="person")
        assert (told.status, told.name) == (400, "InvalidRequest")
    assert lead.list(decided_by="nobody").status == 400


def test_a_lead_has_a_picture_of_each_photo_and_the_number_of_a_correction(store):
    photo = store.routed(owner=DEVICE, decided=2, day=f"{moment()[:10]} person")
    (listed,) = lead.list(decided_by="person").json["photos"]
    seen = lead.see(photo).json
    assert (seen["number"], listed["number"]) == (3, 3)
    assert all(f"/incoming/{photo}.png?versionId=v1&" in it["picture"] for it in (seen, listed))
    assert lead.decide(photo, 3, "motorcycle").status == 202
    assert lead.see(photo).json["number"] == 4
    for who in (device, Who("reviewer-1", ("reviewers", "arrivals"))):
        mine = store.routed(owner=who.sub, asked_at=moment())
        for told in (who.see(mine).json, *who.list().json["photos"]):
            assert not told.keys() & {"picture", "number"}
    announced = announce(device).json["id"]
    assert lead.see(announced).json == {
        "id": announced,
        "state": "expected",
        "source": "bay 2",
        "reference": "order 4711",
        "number": 1,
    }


def test_a_lead_s_lists_hide_the_answer_to_a_photo_that_they_are_to_judge(store):
    blind, archived = store.routed(DAY), store.archived(label="bicycle")
    assert len(lead_who_decides.lease()["photos"]) == 2
    for query in ({"decided_by": "model", "since": moment(DAY)}, {"state": "waiting"}):
        (told,) = lead_who_decides.list(**query).json["photos"]
        assert {**told, "id": ""} == {"id": "", "state": "waiting"}
    assert lead_who_decides.decide(blind, 1, "motorcycle").status == 202
    (told,) = lead_who_decides.list(decided_by="model", since=moment(DAY)).json["photos"]
    assert told["label"] == "bicycle"
    (told,) = lead.list(state="waiting").json["photos"]
    assert told["id"] == archived


@pytest.mark.parametrize(
    "query",
    [
        {"most": "0"},
        {"most": "101"},
        {"most": "x"},
        {"most": "1e1"},
        {"most": "9" * 40},
        {"most": ""},
        {"state": "lost"},
        {"since": "yesterday"},
        {"since": "2026-01-01T00:00:00"},
        {"since": "0001-01-01T00:00:00+23:59"},
        {"source": ""},
        {"source": "a\x00b"},
        {"source": "x" * 65},
        {"unknown": "1"},
        {"\ud800": "\ud800"},
        {"source": "\ud800"},
    ],
    ids=str,
)
def test_a_query_that_is_wrong_is_refused_by_name(query):
    told = program.list(**query)
    assert (told.status, told.name) == (400, "InvalidRequest")


def test_a_driver_objects_once_and_waits_for_a_person(store):
    photo = store.routed(owner=DEVICE)
    assert program.call("POST /photos/{id}/objection", photo).status == 404
    told = device.call("POST /photos/{id}/objection", photo)
    again = device.call("POST /photos/{id}/objection", photo)
    assert (told.status, again.status, told.json) == (202, 202, again.json)
    item = store.photo(photo)
    assert item.items() >= {"state": "routed", "open": "waiting", "since": told.json["objected_at"]}.items()
    assert device.see(photo).json["objection"] == "waiting"
    for item in ({"state": "waiting", "open": "waiting", "since": moment()}, {"state": "failed"}):
        refused = lead.call("POST /photos/{id}/objection", store.put(**item))
        assert (refused.status, refused.name) == (409, "NothingToObject")
    untold = store.routed(owner=DEVICE, open="untold", since=moment())
    told = device.call("POST /photos/{id}/objection", untold)
    assert device.call("POST /photos/{id}/objection", untold).json == told.json
    # The sweep lets the driver wait, once it has told the route.
    assert store.photo(untold).items() >= {"open": "untold", "objected_at": told.json["objected_at"]}.items()
    assert device.see(untold).json["objection"] == "waiting"


def test_the_addresses_of_pictures_name_the_version_and_last_for_minutes(store):
    photo = store.waiting()
    picture = reviewer.lease()["photos"][0]["picture"]
    asked = urllib.parse.parse_qs(urllib.parse.urlsplit(picture).query)
    assert asked["versionId"] == ["v1"]
    assert asked["X-Amz-Expires"] == ["300"]
    assert re.search(rf"/incoming/{photo}.png\?", picture)


def test_on_aws_forms_and_pictures_are_in_the_bucket_s_own_region(monkeypatch):
    """By the address of all regions a page would be sent on, which its browser does not follow with a form."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    form = arrivals_desk.write_form(api_settings.settings(), "incoming/api/x", "image/png")
    picture = pictures_shown.address({"s3_bucket": BUCKET, "s3_key": "a.png", "version_id": "v1"})
    regional = f"https://{BUCKET}.s3.eu-central-1.amazonaws.com/"
    assert form.url == regional
    assert picture.startswith(f"{regional}a.png?versionId=v1&X-Amz-Algorithm=AWS4-HMAC-SHA256")
