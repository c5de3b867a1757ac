"""Known answers at the desk: one place in twenty asks what two others have said already, and nothing tells which."""

import hashlib
import re

import pytest
from tests.api_tables import BUCKET, DAY, DEVICE, Context, Who, moment, new_id

from core import label_store
from lambdas import label
from lambdas.calls import candidates, known_answers, lots

anna, ben, cleo = (Who(name, ("reviewers",)) for name in ("anna", "ben", "cleo"))
lead, device = Who("lead-1", ("leads",)), Who(DEVICE, ("arrivals",))
B, M = "bicycle", "motorcycle"


def leased(who):
    return [it["id"] for it in who.lease(most=20)["photos"]]


def offered(who):
    """What they would have, and nobody has yet."""
    return [it["id"] for it in who.lease(most=20, take=False)["next"]]


@pytest.fixture
def known(store):
    """Put down a photo of which ben and cleo have said the same, and nobody else anything."""

    def known(**more):
        told = {"known": B, "labelling": "known", "labelling_at": moment(DAY), "blind": "answered"}
        opinions = {f"opinion_{n}": {"label": B, "vehicle": "", "at": moment(DAY)} for n in (1, 2)}
        photo = store.routed(2 * DAY, **opinions | told | more)
        made = {"at": moment(DAY), "label": B, "vehicle": "", "effect_at": moment(DAY), "withdrawn": False}
        said = {"decision_1": {**made, "by": "ben", "way": "blind_aside"}}
        said |= {"decision_2": {**made, "by": "cleo", "way": "blind"}}
        store.change_review(photo, by="cleo", until=moment(DAY), expires=2_000_000_000, blind=True, **said)
        return photo

    return known


@pytest.fixture
def archive(store):
    """Photos for which nobody waits: so many that a lot is full."""
    return [store.archived() for _ in range(25)]


def test_one_of_a_whole_lot_is_known_and_looks_like_the_others(known, archive, store):
    photos = [known() for _ in range(3)]
    store.routed(DAY)  # one of the blind sample
    lot = anna.lease(most=20)["photos"]
    (asked,) = [it for it in lot if it["id"] in photos]
    assert len(lot) == 20
    assert {*map(frozenset, lot)} == {frozenset(asked)}
    shown = {str({**anna.see(it["id"]).json, "id": ""}) for it in lot}
    assert shown == {"{'id': '', 'state': 'waiting'}"}
    assert {*archive} & {it["id"] for it in lot}


def ask(who, photos):
    """Have this person asked about one of the photos; which."""
    (asked,) = {*leased(who)} & {*photos}
    return asked


@pytest.mark.usefixtures("archive")
def test_an_answer_is_an_opinion_alone(known, store):
    photo = known()
    before = store.photo(photo)
    assert ask(anna, [photo]) == photo
    told = anna.decide(photo, 1, M, seconds=1.5)
    assert (told.status, told.json["label"]) == (202, M)
    after = store.photo(photo)
    opinion = after.pop("opinion_3")
    assert (opinion["label"], opinion["way"], float(opinion["seconds"])) == (M, "known", 1.5)
    assert after.pop("labelling") == "due"
    assert after.pop("labelling_at") > before["labelling_at"]
    assert after == {name: it for name, it in before.items() if not name.startswith("labelling")}
    assert store.started(photo) == {}
    # It is told as any other is, also when it is sent again.
    assert anna.decide(photo, 1, M).status == 202
    assert anna.see(photo).json == {"id": photo, "state": "waiting"}
    assert anna.decide(photo, 2, B).name == "NotDecidable"


@pytest.mark.usefixtures("archive")
def test_nobody_is_asked_twice_or_about_what_they_said_themselves(known, store):
    photo = known()
    assert ask(anna, [photo]) == photo
    anna.decide(photo, 1, B)
    store.change(photo, labelling="known")  # as the function `label` leaves it
    for who in (anna, ben, cleo):
        store.run_out(photo)
        assert photo not in offered(who)
    assert photo in offered(lead)


@pytest.mark.usefixtures("archive")
def test_who_sent_a_photo_is_not_asked_about_it(known):
    photo = known(owner=anna.sub)
    assert photo not in offered(anna)
    assert photo in offered(lead)


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize(
    "what",
    [
        {"open": "waiting", "since": moment()},
        {"objected_at": moment()},
        {"labelling": "due"},
        {"state": "forgotten"},
    ],
    ids=["a driver waits", "a driver objected", "somebody said something", "forgotten"],
)
def test_a_photo_with_which_something_is_going_on_is_no_question(known, store, what):
    photo = known()
    store.change(photo, **what)
    before = store.photo(photo)
    leased(anna)
    assert store.review(photo)["by"] == ("anna" if what.get("open") else "cleo")
    assert store.photo(photo) == before


@pytest.mark.usefixtures("archive")
def test_what_people_decided_of_the_archive_is_asked_too(known, store):
    photo = known(state="decided", decided_by="person", day="2026-11-01 person", blind="")
    assert ask(anna, [photo]) == photo
    assert anna.see(photo).json == {"id": photo, "state": "waiting"}
    assert anna.decide(photo, 1, M).status == 202
    assert store.photo(photo)["state"] == "decided"


@pytest.mark.usefixtures("archive")
def test_an_answer_may_come_while_another_s_is_written_as_a_label(known, store):
    photo = known()
    assert ask(anna, [photo]) == photo
    store.change(photo, labelling="due")
    assert anna.decide(photo, 1, B).status == 202
    assert store.photo(photo)["opinion_3"]["way"] == "known"


@pytest.mark.usefixtures("archive")
def test_an_answer_to_a_known_photo_whose_driver_objects_meanwhile_is_the_objection_s(known, store):
    photo = known(owner=DEVICE)
    assert ask(anna, [photo]) == photo
    assert device.call("POST /photos/{id}/objection", photo).status == 202
    assert anna.decide(photo, 1, M).status == 202
    assert [it["label"] for it in store.started(photo).values()] == [M]
    assert "opinion_3" not in store.photo(photo)


@pytest.mark.usefixtures("archive")
def test_an_answer_is_withdrawn_as_any_other(known, store):
    photo = known()
    assert ask(anna, [photo]) == photo
    anna.decide(photo, 1, M)
    assert anna.withdraw(photo, 1).status == 200
    item = store.photo(photo)
    assert ("opinion_3" in item, item["withdrawn"], item["blind"]) == (False, {3}, "answered")
    assert anna.decide(photo, 2, B).status == 202
    assert store.photo(photo)["opinion_4"]["label"] == B


def tell(who, photo):
    """All that the API answers somebody who has leased a photo, decides, repeats, withdraws and decides again."""
    (lease,) = [it for it in who.lease(most=20)["photos"] if it["id"] == photo]
    number = lease["number"]
    calls = [
        lambda: who.see(photo),
        lambda: who.call("PUT /leases/{id}", photo),
        lambda: who.decide(photo, number + 1, M),
        lambda: who.decide(photo, number, B, seconds=1),
        lambda: who.decide(photo, number, B),
        lambda: who.decide(photo, number, M),
        lambda: who.see(photo),
        lambda: who.withdraw(photo, number + 1),
        lambda: who.withdraw(photo, number),
        lambda: who.withdraw(photo, number),
        lambda: who.decide(photo, number, B),
        lambda: who.decide(photo, number + 1, "cannot_tell"),
        lambda: who.decide(photo, number + 2, B),
        lambda: lead.call("GET /summary"),
    ]
    said = [lease, *((it.status, it.json) for it in (call() for call in calls))]
    return re.sub(r"20\d\d-\d\d-\d\dT[\d:.]+Z|http[^']+", "*", str(said).replace(photo, "ID"))


@pytest.mark.parametrize("second", [False, True])
def test_nothing_that_is_told_differs_from_what_a_blind_photo_s_person_is_told(
    known, store, monkeypatch, second
):
    monkeypatch.setenv("PERSON_STATISTICS", "true")
    end = next(it for it in map(new_id, ["00"] * 50) if candidates.shuffle("anna", it)[0] % 2 == second)
    for _ in range(30):
        store.archived()
    asked = known(id=end)
    said = tell(anna, asked)
    others = Who("anna again", ("reviewers",))
    blind = store.routed(DAY, id=new_id("00"))
    if second:
        assert blind in leased(ben)
        assert ben.decide(blind, 1, B).status == 202
        store.run_out(blind)
    expected = tell(others, blind)
    counts = re.compile(r"'(by_person|routed_today)': {[^}]*}")
    assert counts.sub("", said) == counts.sub("", expected)
    assert "'anna': 1" in said


@pytest.mark.usefixtures("archive")
def test_a_lead_who_has_answered_sees_the_photo_as_leads_do_and_corrects_it(known, store):
    photo = known()
    assert ask(lead, [photo]) == photo
    assert lead.see(photo).json["state"] == "waiting"
    assert lead.decide(photo, 1, M).status == 202
    told = lead.see(photo).json
    assert (told["label"], told["number"]) == (B, 2)
    assert lead.decide(photo, 2, M).status == 202
    assert [*store.started(photo)] == [f"{photo}-4"]


def test_one_in_twenty_is_asked_whoever_takes_one_photo_at_a_time(known, store, monkeypatch):
    """Of as many answers as a lot is large. By chance: these are one person's, ten in an hour."""
    ids = [hashlib.sha256(str(n).encode()).hexdigest()[:62] + "ff" for n in range(90)]
    photos = {known(id=it) for it in ids[:10]}
    for it in ids[10:]:
        store.archived(id=it)
    asked: list[str] = []
    for module in (lots, known_answers):
        monkeypatch.setattr(module, "write_now", lambda: f"2026-11-27T{len(asked) // 10:02}:00:00.000Z")
    while len(asked) < 60:
        (photo,) = anna.lease(most=1)["photos"]
        asked.append(photo["id"])
        anna.decide(photo["id"], photo["number"], B)
    assert 2 <= len(photos & {*asked}) <= 4
    assert len({*asked}) == 60


@pytest.mark.parametrize("others", [0, 1, 3])
def test_where_there_is_little_to_do_known_answers_do_not_fill_the_day(known, store, others):
    photos = {known() for _ in range(5)}
    for _ in range(others):
        store.archived()
    asked = []
    while got := anna.lease(most=1)["photos"]:
        asked.append(got[0]["id"])
        anna.decide(got[0]["id"], got[0]["number"], B)
    assert len(photos & {*asked}) <= min(1, others)
    assert len(asked) - len(photos & {*asked}) == others


def test_with_few_others_some_people_are_asked_on_some_days(known, store):
    """One in twenty, on average: of those who are given three photos a day, three in nineteen are asked."""
    known()
    others = [store.archived() for _ in range(3)]
    people = [Who(f"person {n}", ("reviewers",)) for n in range(60)]
    asked = sum(len(offered(who)) - len(others) for who in people)
    assert 2 <= asked <= 22
    assert known_answers.SHARE == 20


class LongContext(Context):
    def get_remaining_time_in_millis(self) -> int:
        return 900_000


@pytest.fixture
def s3(store):
    """Labels, which are gone afterwards."""
    s3 = store.aws("s3")
    s3.create_bucket(Bucket=BUCKET)
    yield s3
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET):
        for it in page.get("Versions", ()):
            s3.delete_object(Bucket=BUCKET, Key=it["Key"], VersionId=it["VersionId"])


def test_what_two_people_say_blind_is_asked_of_a_third_and_their_label_says_so(store, s3):
    """From the first answer to the label by which it is seen how often the third is right."""
    for _ in range(60):
        store.archived()
    photo = store.routed(
        DAY, id=new_id("00"), first={"label": M, "confidence": 1}
    )  # one of those that get two answers

    def write_labels():
        store.change(photo, labelling_at=moment(DAY))  # the grace is over
        return label.handler({}, LongContext())["body"]

    for number, who in enumerate((anna, ben), start=1):
        assert photo in leased(who)
        assert who.decide(photo, number, B).status == 202
        store.run_out(photo)
    assert write_labels()["known"] == 1
    assert photo not in offered(anna)
    (lease,) = [it for it in cleo.lease(most=20)["photos"] if it["id"] == photo]
    assert lease["number"] in (1, 2)
    assert cleo.decide(photo, lease["number"], M).status == 202
    assert write_labels() == {"written": 1, "known": 0, "gone": 1, "failed": 0, "left": 0}
    told = [(it.label, it.blind, it.known) for it in label_store.read(s3, BUCKET).all if it.photo == photo]
    assert told == [(B, True, ""), (B, True, ""), (M, False, B)]
    assert "labelling" not in store.photo(photo)  # one who contradicts, and nobody is asked any more
