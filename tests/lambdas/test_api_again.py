"""The same sent again, calls that end halfway, and what a table still holds of long ago."""

from datetime import timedelta

import pytest
from tests.api_tables import DAY, DEVICE, Who, moment

from lambdas.calls import withdrawals

anna, ben = Who("anna", ("reviewers",)), Who("ben", ("reviewers",))
lead, device = Who("lead-1", ("leads",)), Who(DEVICE, ("arrivals",))
MINUTE = timedelta(minutes=1)


def leased(who, **body):
    return [it["id"] for it in who.lease(**body)["photos"]]


def object_to(photo):
    assert device.call("POST /photos/{id}/objection", photo).status == 202


def test_an_old_unusable_that_is_sent_again_closes_no_new_objection(store):
    photo = store.routed(owner=DEVICE)
    object_to(photo)
    assert leased(anna) == [photo]
    assert anna.decide(photo, 1, "unusable").status == 202
    object_to(photo)
    assert anna.decide(photo, 1, "unusable").status == 202
    assert store.photo(photo)["open"] == "waiting"
    assert leased(ben) == []
    store.run_out(photo)
    assert leased(ben) == [photo]


def test_an_unusable_that_was_only_half_done_closes_no_later_objection(store, monkeypatch):
    photo = store.routed(owner=DEVICE)
    object_to(photo)
    assert leased(anna) == [photo]
    with monkeypatch.context() as patch:
        patch.setattr("lambdas.calls.person_decisions.carry_out", lambda *_given: None)
        assert anna.decide(photo, 1, "unusable").status == 202
    store.change(photo, objected_at=moment(-MINUTE), since=moment(-MINUTE))
    assert anna.decide(photo, 1, "unusable").name == "NotDecidable"
    assert store.photo(photo)["open"] == "waiting"


def test_a_withdrawal_that_ended_halfway_counts_and_is_made_whole(store, monkeypatch):
    monkeypatch.setenv("PERSON_STATISTICS", "true")
    photo = store.waiting()
    assert leased(anna) == [photo]
    assert anna.decide(photo, 1, "bicycle").status == 202
    store.change(photo, withdrawn={1})  # the register alone was told
    assert anna.decide(photo, 1, "bicycle").name == "DecisionTaken"
    assert leased(anna) == [photo]  # nothing is under way
    review = store.review(photo)["decision_1"]
    assert not review["withdrawn"]
    store.change_review(photo, decision_1=review | {"effect_at": moment(MINUTE)})
    for _ in range(2):
        told = anna.withdraw(photo, 1)
        assert (told.status, told.json["withdrawn"]) == (200, True)
    assert store.review(photo)["decision_1"]["withdrawn"]
    assert lead.call("GET /summary").json["by_person"] == {}


def test_a_withdrawal_that_is_made_whole_late_takes_the_photo_from_nobody(store):
    photo = store.waiting()
    assert leased(anna) == [photo]
    anna.decide(photo, 1, "bicycle")
    store.change(photo, withdrawn={1})
    store.run_out(photo)
    assert leased(ben) == [photo]
    until = store.review(photo)["until"]
    assert anna.withdraw(photo, 1).status == 200
    assert (review := store.review(photo))["decision_1"]["withdrawn"]
    assert (review["by"], review["until"]) == ("ben", until)
    assert ben.decide(photo, 2, "motorcycle").status == 202


def test_of_several_decisions_the_last_that_stands_is_counted(store, monkeypatch):
    monkeypatch.setenv("PERSON_STATISTICS", "true")
    photo = store.waiting()
    assert leased(anna) == [photo]
    for number in range(1, 11):
        anna.decide(photo, number, "bicycle")
        told = {f"decision_{number}": {"label": "bicycle"}}
        store.change(photo, state="routed", open="x", decided=number, **told)
    anna.decide(photo, 11, "motorcycle")
    store.change_review(photo, decision_9=store.review(photo)["decision_9"] | {"by": "ben"})
    assert anna.withdraw(photo, 11).status == 200
    assert lead.call("GET /summary").json["by_person"] == {"anna": 1}


def test_a_photo_of_which_much_was_withdrawn_can_still_be_decided(store, monkeypatch):
    monkeypatch.setattr(withdrawals, "MOST", 2)
    photo = store.waiting()
    assert leased(anna) == [photo]
    for number in (1, 2):
        assert anna.decide(photo, number, "bicycle").status == 202
        assert anna.withdraw(photo, number).status == 200
    assert anna.decide(photo, 3, "motorcycle").status == 202
    told = anna.withdraw(photo, 3)
    assert (told.status, told.name) == (409, "DecisionTooLate")
    assert anna.withdraw(photo, 2).status == 200
    assert next(iter(store.started(photo))) == f"{photo}-3"


def test_the_driver_behind_many_whom_this_person_cannot_have_is_found(store):
    for n in range(42):
        taken = store.waiting(MINUTE * (99 - n))
        lease = {"by": "ben", "until": moment(-MINUTE), "blind": False, "expires": 2_000_000_000}
        store.change_review(taken, **lease)
    photo = store.waiting()
    told = anna.lease()
    assert [it["id"] for it in told["photos"]] == [photo]


def test_the_archive_s_photo_behind_many_that_have_two_answers_is_found(store):
    answers = {f"opinion_{n}": {"label": "cannot_tell", "vehicle": "", "at": moment()} for n in (1, 2)}
    for n in range(160):
        store.archived(MINUTE * (999 - n), **answers)
    photo = store.archived()
    assert leased(anna) == [photo]


def test_whoever_never_had_a_photo_learns_nothing_of_it(store):
    waits, failed = store.waiting(decided=4), store.put(state="failed")
    for photo in (waits, failed):
        for number in (1, 5, 9):
            told = anna.decide(photo, number, "bicycle")
            assert (told.name, told.json["detail"]) == ("LeaseLost", "you have no lease of it: ask for one")
    assert leased(anna) == [waits]
    assert ben.decide(waits, 1, "bicycle").json["detail"] == "somebody else has it"


@pytest.mark.parametrize("by_a_lease", [True, False], ids=["lease", "decision"])
def test_who_decided_is_gone_after_its_days_however_often_the_photo_is_leased(store, by_a_lease):
    photo, long_ago = store.waiting(), moment(DAY * 31)
    assert leased(anna) == [photo]
    assert anna.decide(photo, 1, "bicycle").status == 202
    store.change(photo, decided=1, decision_1={"label": "bicycle"})
    old = store.review(photo)["decision_1"] | {"at": long_ago}
    store.change_review(photo, decision_1=old, day=long_ago[:10], until=moment(MINUTE))
    assert anna.withdraw(photo, 1).status == 404
    if by_a_lease:
        assert leased(ben) == [photo]
        assert not store.review(photo).keys() & {"decision_1", "day", "decided_by_sub"}
    else:
        store.change(photo, state="routed", open="x")
        assert lead.decide(photo, 2, "motorcycle").status == 202
        review = store.review(photo)
        assert ("decision_1" in review, review["decided_by_sub"]) == (False, "lead-1")
