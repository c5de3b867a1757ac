"""A lead's list of what people decided on a day, and what it must not tell of the blind sample."""

import json
from datetime import timedelta

import pytest
from tests.api_tables import DAY, DEVICE, Who, moment, new_id

anna, device = Who("anna", ("reviewers",)), Who(DEVICE, ("arrivals",))
lead, lead_who_decides = Who("lead-1", ("leads",)), Who("lead-2", ("leads",))


def listed(**query):
    return {it["id"]: it for it in lead.list(decided_by="person", **query).json["photos"]}


def decide(who, photo, label, number=1):
    assert who.decide(photo, number, label).status == 202


def carry_out(store, photo, label, **more):
    """As the workflow does."""
    store.change(photo, label=label, decided=1, decided_by="person", **more)


def unusable(store):
    photo = store.waiting()
    assert [it["id"] for it in anna.lease()["photos"]] == [photo]
    decide(anna, photo, "unusable")
    carry_out(store, photo, "unusable", state="decided", open="told")
    return photo


def corrected(store, ago=timedelta()):
    photo = store.routed(ago)
    decide(lead, photo, "motorcycle")
    carry_out(store, photo, "motorcycle")
    return photo


def first_routed(store, **more):
    return store.routed(decided_by="person", day=f"{moment()[:10]} person", **more)


def test_it_has_what_people_decided_beside_whom_they_routed_first(store):
    first, wrong, nothing = first_routed(store), corrected(store, DAY), unusable(store)
    objected = store.routed(owner=DEVICE)
    assert device.call("POST /photos/{id}/objection", objected).status == 202
    assert [it["id"] for it in anna.lease()["photos"]] == [objected]
    decide(anna, objected, "unusable")
    told = listed()
    assert told.keys() == {first, wrong, nothing, objected}
    assert {photo: (it["state"], it["label"]) for photo, it in told.items()} == {
        first: ("routed", "bicycle"),
        wrong: ("routed", "motorcycle"),
        nothing: ("decided", "unusable"),
        objected: ("routed", "bicycle"),
    }
    assert told[objected]["objection"] == "unusable"
    assert told[first]["decided_at"] == told[first]["routed_at"]
    assert told[wrong]["decided_at"] == store.review(wrong)["decision_1"]["at"] > told[wrong]["routed_at"]
    assert not {"anna", "lead-1"} & set(json.dumps(told).replace('"', " ").split())
    assert listed(state="decided").keys() == {nothing}
    assert listed(since=moment(DAY)) == {}


def test_a_photo_that_was_decided_twice_is_in_it_once(store):
    photo = first_routed(store)
    decide(lead, photo, "motorcycle")
    carry_out(store, photo, "motorcycle")
    (told,) = lead.list(decided_by="person").json["photos"]
    assert told["decided_at"] == store.review(photo)["decision_1"]["at"]


def test_it_has_nothing_that_did_not_take_effect(store):
    underway, withdrawn = store.routed(), store.routed()
    for photo in (underway, withdrawn):
        decide(lead, photo, "motorcycle")
    assert lead.withdraw(withdrawn, 1).status == 200
    unsure = store.waiting()
    assert [it["id"] for it in anna.lease()["photos"]] == [unsure]
    decide(anna, unsure, "cannot_tell")
    assert listed() == {}


@pytest.mark.parametrize("end", ["ff", "00"], ids=["last", "first of two"])
def test_it_tells_no_blind_photo(store, end):
    photo = store.routed(DAY, id=new_id(end))
    assert [it["id"] for it in anna.lease()["photos"]] == [photo]
    decide(anna, photo, "motorcycle")
    assert store.review(photo)["day"] == moment()[:10]
    assert listed() == {}


def test_it_leaves_out_what_the_lead_is_to_judge(store):
    photo = corrected(store, DAY)
    store.run_out(photo)
    assert [it["id"] for it in lead_who_decides.lease()["photos"]] == [photo]
    assert lead_who_decides.list(decided_by="person").json["photos"] == []
    assert listed().keys() == {photo}


@pytest.mark.parametrize("most", ["1", "2", "3", "4"])
def test_its_pages_lead_through_all_of_it(store, most):
    wanted = {*(first_routed(store) for _ in range(3)), corrected(store), corrected(store)}
    found, query = [], {"decided_by": "person", "most": most}
    while True:
        told = lead.list(**query).json
        assert len(told["photos"]) <= int(most)
        found += [it["id"] for it in told["photos"]]
        if "cursor" not in told:
            break
        assert lead.list(**query | {"decided_by": "model", "cursor": told["cursor"]}).status == 400
        query["cursor"] = told["cursor"]
    assert sorted(found) == sorted(wanted)


def test_no_other_list_says_when_a_person_decided(store):
    photo = corrected(store)
    (told,) = lead.list(decided_by="model").json["photos"]
    assert told["id"] == photo
    assert not {"decided_at"} & {*told, *lead.see(photo).json}
