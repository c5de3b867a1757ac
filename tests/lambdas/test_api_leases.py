"""What a page is given that shows a photo and has another one ready, and one at which nobody acts for a while."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.api_tables import DAY, DEVICE, Who, moment, new_id

from lambdas.calls import api_settings, stored

anna, ben = Who("anna", ("reviewers",)), Who("ben", ("reviewers",))
lead, device = Who("lead-1", ("leads",)), Who(DEVICE, ("arrivals",))
MINUTE = timedelta(minutes=1)
GIVE_BACK = "DELETE /leases/{id}"
LATE = timedelta(minutes=11)


def leased(who, **body):
    return [it["id"] for it in who.lease(**body)["photos"]]


def ids_of(photos):
    return [it["id"] for it in photos]


def seen(who, photo):
    return {**who.see(photo).json, "id": ""}


def test_what_the_caller_has_already_is_not_given_again(store):
    ids = [store.waiting(MINUTE * (9 - n)) for n in range(5)]
    assert leased(anna) == ids[:1]
    told = anna.lease(besides=ids[:1])
    assert (ids_of(told["photos"]), ids_of(told["next"])) == (ids[1:2], ids[2:])
    assert ids_of(anna.lease(besides=ids[1:3])["next"]) == ids[3:]
    assert leased(ben, besides=[new_id()]) == ids[2:3]  # what nobody has is of no matter
    assert leased(ben, besides=ids[2:]) == []


def test_who_shows_the_only_driver_has_one_of_the_archive_ready(store):
    driver, archived = store.waiting(), store.archived()
    assert leased(anna) == [driver]
    assert leased(anna, most=1, besides=[driver]) == [archived]
    blind = store.routed(DAY)
    assert leased(anna, besides=[driver, archived]) == [blind]
    assert leased(anna, besides=[driver, archived, blind]) == []


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    "body",
    [{"besides": ["0" * 64] * 21}, {"besides": ["x"]}, {"besides": None}, {"most": 21}, {"take": 0}],
    ids=["too many", "no id", "no list", "too large a lot", "no yes or no"],
)
def test_a_body_that_is_wrong_is_refused(body):
    told = anna.call("POST /leases", body=body)
    assert (told.status, told.name) == (400, "InvalidRequest")


def test_who_has_a_lot_asks_for_a_driver_alone(store):
    archived = store.archived()
    assert leased(anna) == [archived]
    told = anna.call("POST /leases", body={"most": 0})
    assert (told.json, "retry-after" in told.headers) == ({"photos": [], "next": [], "waiting": 0}, True)
    driver = store.waiting()
    assert leased(anna, most=0) == [driver]
    assert anna.decide(archived, 1, "bicycle").status == 202  # the lot is theirs still


def test_how_many_wait_is_told_without_those_who_are_decided(store):
    ids = [store.waiting(MINUTE * (40 - n)) for n in range(25)]
    store.archived()
    store.routed(DAY)
    assert ben.lease(most=0, take=False)["waiting"] == 25
    assert anna.lease()["waiting"] == 25  # somebody looks at one, and its driver waits as before
    anna.decide(ids[0], 1, "bicycle")
    assert (anna.lease()["waiting"], ben.lease()["waiting"]) == (24, 24)
    anna.withdraw(ids[0], 1)
    assert ben.lease()["waiting"] == 25
    anna.decide(ids[1], 1, "cannot_tell")
    assert anna.lease()["waiting"] == 25
    for photo in ids[3:]:
        store.change(photo, state="routed", open="claimed")
    assert anna.lease()["waiting"] == 3


def test_where_nobody_acts_it_is_told_what_would_come_and_nobody_has_it(store):
    drivers = [store.waiting(MINUTE * (9 - n)) for n in range(5)]
    told = anna.call("POST /leases", body={"take": False})
    assert (told.json["photos"], ids_of(told.json["next"])) == ([], drivers[:3])
    assert int(told.headers["retry-after"]) > 0
    assert all(it.keys() == {"id", "picture"} for it in told.json["next"])
    assert told.json["free"] is True
    assert store.review(drivers[0]) == {}
    for photo in drivers:
        assert anna.see(photo).status == 404
        assert anna.decide(photo, 1, "bicycle").name == "LeaseLost"
    assert ids_of(anna.lease(take=False, besides=drivers[:3])["next"]) == drivers[3:]
    assert leased(ben) == drivers[:1]
    assert ids_of(anna.lease(take=False)["next"]) == drivers[1:4]
    told = anna.lease(take=False, besides=drivers[1:])
    assert (told["waiting"], told["free"]) == (5, False), "ben is looking at the one that is left"
    assert "free" not in anna.lease()


def test_what_would_come_of_the_archive_and_of_the_blind_sample_looks_the_same(store, capsys):
    archived, blind = [store.archived() for _ in range(4)], [store.routed(DAY) for _ in range(3)]
    told = anna.lease(take=False, most=20)
    assert (told["photos"], told["waiting"]) == ([], 0)
    assert {*ids_of(told["next"])} == {*archived, *blind}
    assert all(it.keys() == {"id", "picture"} for it in told["next"])
    assert archived[0] in capsys.readouterr().out  # who saw what is logged
    assert {anna.see(photo).status for photo in [*archived, *blind]} == {404}
    assert ids_of(anna.lease(take=False, most=2)["next"]) == ids_of(told["next"][:2])
    assert anna.lease(take=False, most=0)["next"] == []
    # What was told is what comes, as long as nobody else takes it.
    assert leased(anna, most=1) == ids_of(told["next"][:1])


def test_who_takes_one_after_the_other_cannot_tell_the_blind_sample_by_its_turn(store, monkeypatch):
    """The sample has the lowest ids of its day, and neither comes first nor last."""
    monkeypatch.setenv("BLIND_PER_DAY", "8")
    api_settings.settings.cache_clear()
    blind = {store.routed(DAY, id=f"00{new_id()[2:]}") for _ in range(8)}
    for _ in range(24):
        store.archived()
    had: list[str] = []
    for _ in range(20):
        had += leased(anna, most=1, besides=had[-20:])
    assert len({*had}) == 20
    assert not blind >= {*had[:8]}
    assert not blind.isdisjoint(had)


def test_no_more_photos_are_looked_at_than_a_lot_needs(store, monkeypatch):
    """Each is read twice, and a page asks every few seconds."""
    monkeypatch.setenv("BLIND_PER_DAY", "30")
    api_settings.settings.cache_clear()
    for n in range(30):
        store.archived(MINUTE * n)
        store.routed(DAY)
    looked: list[str] = []
    real = stored.get_many

    def get_many(ids, *tables):
        looked.extend(ids)
        return real(ids, *tables)

    monkeypatch.setattr(stored, "get_many", get_many)
    told = anna.lease(take=False, most=20)["next"]
    assert (len(told), len(looked)) == (20, 40)
    looked.clear()
    assert len(anna.lease(take=False, most=20, besides=ids_of(told))["next"]) == 20
    assert len(looked) == 40


def test_what_is_given_back_is_free_at_once(store):
    photo = store.waiting()
    assert leased(anna) == [photo]
    assert leased(ben) == []
    told = anna.call(GIVE_BACK, photo)
    assert (told.status, told.json) == (200, {"id": photo, "until": store.review(photo)["until"]})
    assert told.json["until"] < moment()
    assert anna.decide(photo, 1, "bicycle").name == "LeaseLost"
    again = anna.call(GIVE_BACK, photo)
    assert (again.status, again.name) == (409, "LeaseLost")
    assert leased(ben) == [photo]
    assert ben.decide(photo, 1, "motorcycle").status == 202


def test_only_who_has_a_photo_gives_it_back(store):
    photo = store.waiting()
    assert leased(anna) == [photo]
    for who in (ben, lead):
        told = who.call(GIVE_BACK, photo)
        assert (told.status, told.name, told.json["detail"]) == (409, "LeaseLost", "somebody else has it")
    assert device.call(GIVE_BACK, photo).name == "NotAllowed"
    assert anna.call(GIVE_BACK, "x").name == "PhotoNotFound"
    assert anna.call(GIVE_BACK, new_id()).name == "LeaseLost"
    store.run_out(photo)
    assert anna.call(GIVE_BACK, photo).name == "LeaseLost"
    assert leased(ben) == [photo]
    assert anna.call(GIVE_BACK, photo).name == "LeaseLost"
    assert ben.decide(photo, 1, "bicycle").status == 202


def test_a_decision_stands_when_its_photo_is_given_back(store):
    photo = store.waiting()
    leased(anna)
    assert anna.decide(photo, 1, "bicycle").status == 202
    assert anna.call(GIVE_BACK, photo).status == 200
    assert leased(ben) == leased(anna) == []
    assert [*store.started(photo)] == [f"{photo}-1"]
    assert anna.see(photo).status == 200
    assert anna.withdraw(photo, 1).status == 200
    assert leased(ben) == []  # it is again with whom it was
    assert anna.call(GIVE_BACK, photo).status == 200
    assert [it["number"] for it in ben.lease()["photos"]] == [2]
    assert ben.decide(photo, 2, "motorcycle").status == 202


def test_who_gave_a_photo_back_corrects_what_they_decided(store):
    photo = store.waiting()
    leased(anna)
    assert anna.decide(photo, 1, "bicycle").status == 202
    assert anna.call(GIVE_BACK, photo).status == 200
    store.change(photo, decided=1, decision_1={"label": "bicycle"}, state="routed", open="x")
    assert ben.decide(photo, 2, "motorcycle").name == "LeaseLost"
    assert anna.decide(photo, 2, "motorcycle").status == 202
    assert store.started(photo)[f"{photo}-2"]["label"] == "motorcycle"


def test_a_blind_photo_that_was_given_back_stays_blind_for_who_had_it(store):
    photo = store.routed(DAY)
    assert leased(lead) == [photo]
    assert lead.call(GIVE_BACK, photo).status == 200
    assert seen(lead, photo) == {"id": "", "state": "waiting"}
    assert lead.decide(photo, 1, "motorcycle").name == "LeaseLost"
    store.change_review(photo, until=moment(LATE))
    assert (
        lead.decide(photo, 1, "motorcycle").status == 202
    )  # a lead's correction, as after a lease that ran out
    other = store.routed(DAY)
    assert leased(anna) == [other]
    assert anna.call(GIVE_BACK, other).status == 200
    assert seen(anna, other) == {"id": "", "state": "waiting"}
    for ago in (timedelta(), LATE):
        store.change_review(other, until=moment(ago + MINUTE))
        assert anna.decide(other, 1, "motorcycle").name == "LeaseLost"
    assert store.started(other) == {}
    assert leased(ben) == [other]


def test_who_cannot_tell_and_gives_back_still_withdraws_that(store):
    photo = store.waiting()
    leased(anna)
    assert anna.decide(photo, 1, "cannot_tell").status == 202
    assert anna.call(GIVE_BACK, photo).status == 200
    assert leased(anna) == []
    assert leased(ben) == [photo]
    assert anna.withdraw(photo, 1).status == 200
    assert leased(anna) == []  # ben has it
    assert ben.decide(photo, 2, "bicycle").status == 202


def test_of_many_who_take_and_give_back_at_once_no_two_have_a_photo(store):
    photos = [store.waiting(MINUTE * n) for n in range(4)]
    people = [Who(f"r{n}", ("reviewers",)) for n in range(6)]
    leased(anna, take=False)  # the clients are made before

    def work(who):
        """The photos that this person decided: each after a lease that others may have given back."""
        had = []
        for turn in range(30):
            for photo in leased(who):
                if turn % 3:
                    who.call(GIVE_BACK, photo)
                elif who.decide(photo, 1, "bicycle").status == 202:
                    had.append(photo)
        return had

    with ThreadPoolExecutor(len(people)) as pool:
        decided = [photo for had in pool.map(work, people) for photo in had]
    assert sorted(decided) == sorted(photos)
