"""The blind sample where something comes in between: an objection, a lead's correction, photos that were chosen."""

from datetime import timedelta

import pytest
from tests.api_tables import DAY, DEVICE, Who, moment, new_id

from lambdas.calls import person_decisions

anna, ben = Who("anna", ("reviewers",)), Who("ben", ("reviewers",))
lead, device = Who("lead-1", ("leads",)), Who(DEVICE, ("arrivals",))
LATE = timedelta(minutes=11)


def leased(who, **body):
    return [it["id"] for it in who.lease(**body)["photos"]]


def object_to(photo):
    assert device.call("POST /photos/{id}/objection", photo).status == 202


def age(store, photo, ago):
    """Its lease ended so long ago."""
    store.change_review(photo, until=moment(ago))


def test_an_answer_to_a_blind_photo_whose_driver_objects_meanwhile_is_the_objection_s(store):
    photo = store.routed(DAY, owner=DEVICE)
    assert leased(anna) == [photo]
    assert anna.see(photo).json == {"id": photo, "state": "waiting"}
    object_to(photo)
    assert anna.decide(photo, 1, "motorcycle").status == 202
    assert [it["label"] for it in store.started(photo).values()] == ["motorcycle"]
    assert not store.photo(photo).keys() & {"blind", "opinion_1"}
    other = store.routed(DAY, owner=DEVICE)
    assert leased(ben) == [other]
    object_to(other)
    store.run_out(other)
    assert ben.decide(other, 1, "motorcycle").name == "LeaseLost"
    assert leased(ben) == [other]


@pytest.mark.parametrize("end", ["ff", "00"], ids=["last", "first of two"])
def test_an_objection_that_comes_while_a_blind_answer_is_written_is_not_answered_by_it(
    store, end, monkeypatch
):
    photo = store.routed(DAY, owner=DEVICE, id=new_id(end))
    assert leased(anna) == [photo]
    real = person_decisions.carry_out

    def carry_out(*given):
        object_to(photo)
        real(*given)

    with monkeypatch.context() as patch:
        patch.setattr(person_decisions, "carry_out", carry_out)
        told = anna.call("PUT /photos/{id}/decisions/{number}", photo, 1, {"label": "motorcycle"})
    assert (told.status, told.name) == (409, "NotDecidable")
    assert not store.photo(photo).keys() & {"blind", "opinion_1"}
    assert leased(anna) == [photo]
    assert anna.decide(photo, 2, "motorcycle").status == 202
    assert [*store.started(photo)] == [f"{photo}-2"]


def test_a_lead_corrects_a_photo_that_was_their_own_blind_one(store):
    answered, left = sorted(store.routed(DAY) for _ in range(2))
    assert {*leased(lead)} == {answered, left}
    assert lead.decide(answered, 1, "motorcycle").status == 202
    assert lead.see(answered).json["label"] == "bicycle"
    assert lead.decide(answered, 2, "motorcycle").status == 202
    assert [*store.started(answered)] == [f"{answered}-2"]
    # An answer that comes late was meant for the sample: it sends no driver anywhere.
    store.run_out(left)
    assert lead.decide(left, 1, "motorcycle").name == "LeaseLost"
    age(store, left, LATE)
    assert lead.decide(left, 1, "motorcycle").status == 202
    assert [*store.started(left)] == [f"{left}-1"]


def test_a_reviewer_s_late_blind_answer_sends_no_driver_anywhere(store):
    photo = store.routed(DAY)
    assert leased(anna) == [photo]
    for ago in (timedelta(seconds=1), LATE):
        age(store, photo, ago)
        assert anna.decide(photo, 1, "motorcycle").name == "LeaseLost"
    assert store.started(photo) == {}


def test_a_lead_s_correction_does_not_wait_for_a_reviewer_s_blind_lease(store):
    photo = store.routed(DAY)
    assert leased(anna) == [photo]
    assert lead.decide(photo, 1, "motorcycle").status == 202
    assert [*store.started(photo)] == [f"{photo}-1"]
    assert anna.decide(photo, 2, "bicycle").name == "LeaseLost"


def test_who_sent_a_photo_does_not_get_it_blind(store):
    photo = store.routed(DAY, owner=anna.sub)
    assert (leased(anna), leased(ben)) == ([], [photo])


def test_photos_that_people_chose_are_not_in_the_sample(store):
    live = sorted(store.routed(DAY, s3_key=f"incoming/api/{n}") for n in range(5))[:3]
    for n in range(20):
        store.routed(
            DAY, id=f"00{new_id()[2:]}", s3_key=f"incoming/{('evaluation', 'verify')[n % 2]}/{n}.png"
        )
    assert sorted(leased(anna)) == live


def test_a_blind_answer_that_contradicts_the_model_asks_another_person(store):
    """People err, too: one alone does not say that the model was wrong."""
    agreed, contradicted, unusable = (store.routed(DAY, id=new_id("ff")) for _ in range(3))
    for photo, label in ((agreed, "bicycle"), (contradicted, "motorcycle"), (unusable, "unusable")):
        assert photo in leased(anna, most=20)
        assert anna.decide(photo, 1, label).status == 202
        store.run_out(photo)
    assert [store.photo(it).get("blind") for it in (agreed, contradicted, unusable)] == [
        "answered",
        None,
        "answered",
    ]
    assert leased(ben, most=20) == [contradicted]
    assert ben.see(contradicted).json == {"id": contradicted, "state": "waiting"}
    assert ben.decide(contradicted, 2, "bicycle").status == 202
    item = store.photo(contradicted)
    assert item["blind"] == "answered"
    assert [item[f"opinion_{n}"]["label"] for n in (1, 2)] == ["motorcycle", "bicycle"]
    assert store.started(contradicted) == {}


def test_what_the_model_said_counts_where_the_route_is_another_by_now(store):
    """A person corrected it since: the answer that the blind one is compared with is the model's."""
    photo = store.routed(
        DAY, id=new_id("ff"), label="motorcycle", first={"label": "bicycle", "confidence": 1}
    )
    assert leased(anna) == [photo]
    assert anna.decide(photo, 1, "motorcycle").status == 202
    store.run_out(photo)
    assert leased(ben) == [photo]
