"""People's part of the API: leases, decisions, what is withdrawn and corrected, second opinions, the blind sample."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.api_tables import DAY, DEVICE, Who, moment, new_id

from lambdas.calls import api_settings, candidates

anna, ben = Who("anna", ("reviewers",)), Who("ben", ("reviewers", "x"))
cora, lead = Who("cora", ("reviewers",)), Who("lead-1", ("leads",))
device = Who(DEVICE, ("arrivals",))
MINUTE = timedelta(minutes=1)
RENEW = "PUT /leases/{id}"


def leased(who, **body):
    return [it["id"] for it in who.lease(**body)["photos"]]


def test_the_driver_who_waits_longest_comes_first_and_the_next_pictures_are_told(store):
    ids = [store.waiting(MINUTE * (9 - n)) for n in range(6)]
    store.archived()
    told = anna.lease()
    (photo,) = told["photos"]
    since = store.photo(ids[0])["since"]
    assert (photo["id"], photo["number"], photo["waits_since"]) == (ids[0], 1, since)
    assert moment(-timedelta(seconds=50)) < photo["until"] < moment(-timedelta(seconds=61))
    assert [it["id"] for it in told["next"]] == ids[1:4]
    assert leased(ben) == [ids[1]]
    assert leased(anna) == [ids[0]]  # a page that was loaded anew has the same photo


def test_of_many_who_wait_each_is_looked_at(store):
    ids = [store.waiting(MINUTE * (20 - n)) for n in range(12)]
    assert [leased(Who(f"r{n}", ("reviewers",)))[0] for n in range(12)] == ids


@pytest.mark.usefixtures("store")
def test_nothing_to_do_is_said_with_when_to_ask_again():
    told = anna.call("POST /leases")
    assert (told.status, told.json) == (200, {"photos": [], "next": [], "waiting": 0})
    assert int(told.headers["retry-after"]) > 0


def test_only_those_who_decide_get_photos(store):
    store.waiting()
    for who in (device, Who("program"), Who("x", ("y",))):
        told = who.call("POST /leases")
        assert (told.status, told.name) == (403, "NotAllowed")


def test_two_people_who_race_for_a_photo_never_both_have_it(store):
    with ThreadPoolExecutor(2) as pool:
        leased(anna)  # the clients are made before
        for _ in range(200):
            photo = store.waiting()
            start = threading.Barrier(2)

            def race(who, start=start):
                start.wait()
                return leased(who)

            found = [*pool.map(race, (anna, ben))]
            assert sorted(found) == [[], [photo]]
            store.change(photo, state="routed", open="claimed")


def test_a_closed_browser_gives_the_photo_back_within_a_minute(store):
    photo = store.waiting()
    assert leased(anna) == [photo]
    assert leased(ben) == []
    store.run_out(photo)
    assert leased(ben) == [photo]
    told = anna.call(RENEW, photo)
    assert (told.status, told.name, told.json["detail"]) == (409, "LeaseLost", "somebody else has it")
    told = anna.decide(photo, 1, "bicycle")
    assert (told.status, told.name, told.json["detail"]) == (409, "LeaseLost", "somebody else has it")
    assert ben.decide(photo, 1, "bicycle").status == 202


def test_a_lease_is_renewed_by_its_holder_until_it_runs_out(store):
    photo = store.waiting()
    until = anna.lease()["photos"][0]["until"]
    told = anna.call(RENEW, photo)
    assert told.status == 200
    assert until <= told.json["until"] == store.review(photo)["until"]
    assert ben.call(RENEW, photo).name == "LeaseLost"
    store.run_out(photo)
    for told in (anna.call(RENEW, photo), anna.decide(photo, 1, "bicycle")):
        assert (told.status, told.name) == (409, "LeaseLost")
        assert told.json["detail"].startswith("your lease ran out")
    assert ben.call(RENEW, store.waiting()).json["detail"].startswith("you have no lease")


def test_a_decision_starts_the_workflow_which_knows_no_person(store):
    photo = store.waiting()
    leased(anna)
    told = anna.decide(photo, 1, "other", vehicle="cargo bike", seconds=1.8)
    expected = {"id": photo, "number": 1, "label": "other", "vehicle": "cargo bike"}
    assert (told.status, {**told.json, "effect_at": ""}) == (202, {**expected, "effect_at": ""})
    assert moment() < told.json["effect_at"] < moment(-timedelta(seconds=6))
    assert store.started(photo) == {
        f"{photo}-1": {
            "s3_bucket": "scones-api-123456789012",
            "s3_key": f"incoming/{photo}.png",
            "version_id": "v1",
            "label": "other",
            "vehicle": "cargo bike",
            "decided_by": "person",
            "decision": 1,
            "grace_seconds": 5,
            "image_data": "",
            "inferences": [],
        }
    }
    review = store.review(photo)
    assert review["decision_1"].items() >= {"by": "anna", "label": "other", "withdrawn": False}.items()
    assert (review["day"], review["decided_by_sub"]) == (moment()[:10], "anna")
    assert "anna" not in str(store.photo(photo))
    assert leased(anna) == leased(ben) == []  # nobody has it while it takes effect


def test_nobody_has_a_photo_whose_decision_is_claimed_until_its_driver_objects(store):
    """The execution says first that the decision is its own, and some moments later that nobody waits."""
    photo = store.waiting(owner=DEVICE)
    leased(anna)
    assert anna.decide(photo, 1, "bicycle").status == 202
    store.change(photo, decided=1, decision_1={"by": "person"})
    told = anna.lease()
    assert (told["photos"], told["waiting"]) == ([], 0)
    store.change(photo, state="routed", open="claimed")
    store.change(photo, open="waiting", since=moment(), objected_at=moment())
    assert leased(anna) == [photo]


def test_a_double_click_is_one_decision_and_another_is_refused(store):
    photo = store.waiting()
    leased(anna)
    first, again = (anna.decide(photo, 1, "bicycle", seconds=n) for n in (1, 2))
    assert (first.status, again.status, first.json) == (202, 202, again.json)
    for who, label, name in ((anna, "motorcycle", "DecisionTaken"), (ben, "bicycle", "LeaseLost")):
        told = who.decide(photo, 1, label)
        assert (told.status, told.name) == (409, name)
    assert len(store.started(photo)) == 1


def test_two_clicks_at_once_are_one_decision(store):
    photo = store.waiting()
    leased(anna)
    with ThreadPoolExecutor(2) as pool:
        told = [*pool.map(lambda label: anna.decide(photo, 1, label).status, ("bicycle", "motorcycle"))]
    assert sorted(told) == [202, 409]
    assert [it["label"] for it in store.started(photo).values()] == [
        store.review(photo)["decision_1"]["label"]
    ]


def test_a_decision_that_could_not_be_started_is_started_when_it_is_sent_again(store, scripted, monkeypatch):
    photo = store.waiting()
    leased(anna)
    scripted.refuse("ServiceUnavailable", 503)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SFN", scripted.url)
    told = anna.decide(photo, 1, "bicycle")
    assert (told.status, told.name, told.headers["retry-after"]) == (503, "Unavailable", "2")
    assert len(scripted.asked) == api_settings.ATTEMPTS
    monkeypatch.delenv("AWS_ENDPOINT_URL_SFN")
    api_settings.client.cache_clear()
    assert anna.decide(photo, 1, "bicycle").status == 202
    assert [*store.started(photo)] == [f"{photo}-1"]


def test_a_number_that_is_not_the_next_is_refused(store):
    photo = store.waiting(decided=2, decision_1={"by": "person"}, decision_2={"by": "person"})
    assert anna.lease()["photos"][0]["number"] == 3
    assert anna.decide(photo, 2, "bicycle").name == "DecisionTaken"
    assert anna.decide(photo, 4, "bicycle").name == "NotDecidable"
    for number in ("0", "1001", "x", "1.0", "-1", "9" * 30):
        told = anna.decide(photo, number, "bicycle")
        assert (told.status, told.name) == (400, "InvalidRequest")


@pytest.mark.parametrize(
    "body",
    [
        {"label": "tricycle"},
        {"label": "other"},
        {"label": "other", "vehicle": " "},
        {"label": "bicycle", "vehicle": "van"},
        {"label": "bicycle", "seconds": -1},
        {"label": "bicycle", "seconds": 3601},
        {"label": "bicycle", "by": "x"},
        {},
    ],
    ids=str,
)
def test_what_is_no_decision_is_refused_by_name(store, body):
    photo = store.waiting()
    leased(anna)
    told = anna.call("PUT /photos/{id}/decisions/{number}", photo, 1, body)
    assert (told.status, told.name) == (400, "InvalidRequest")


def test_a_decision_is_withdrawn_and_made_again_under_the_next_number(store):
    photo = store.waiting()
    leased(anna)
    anna.decide(photo, 1, "bicycle")
    assert ben.withdraw(photo, 1).status == 404
    told, again = anna.withdraw(photo, 1), anna.withdraw(photo, 1)
    assert (told.status, told.json["withdrawn"], again.json) == (200, True, told.json)
    assert store.photo(photo)["withdrawn"] == {1}
    assert anna.decide(photo, 1, "bicycle").name == "DecisionTaken"
    assert anna.lease()["photos"][0]["number"] == 2
    assert anna.decide(photo, 2, "motorcycle").status == 202
    assert [*store.started(photo)] == [f"{photo}-2", f"{photo}-1"]
    assert anna.withdraw(photo, 3).status == 404


def test_what_has_taken_effect_is_not_withdrawn(store, monkeypatch):
    photo = store.waiting()
    leased(anna)
    anna.decide(photo, 1, "bicycle")
    store.change(photo, decided=1, decision_1={"label": "bicycle"}, state="routed")
    assert anna.withdraw(photo, 1).name == "DecisionTooLate"
    monkeypatch.setenv("GRACE_SECONDS", "0")
    api_settings.settings.cache_clear()
    other = store.waiting()
    leased(ben)
    ben.decide(other, 1, "bicycle")
    told = ben.withdraw(other, 1)
    assert (told.status, told.name) == (409, "DecisionTooLate")


def decided(store, who=anna):
    """A photo that this person decided, and whose driver was told."""
    photo = store.waiting()
    assert leased(who) == [photo]
    assert who.decide(photo, 1, "bicycle").status == 202
    store.change(photo, decided=1, decision_1={"label": "bicycle"}, state="routed", open="x")
    store.aws("dynamodb").update_item(
        TableName=store.table,
        Key={"id": {"S": photo}},
        UpdateExpression="REMOVE #open, since",
        ExpressionAttributeNames={"#open": "open"},
    )
    return photo


def test_a_correction_is_the_last_holder_s_or_a_lead_s(store):
    photo = decided(store)
    store.run_out(photo)
    assert ben.decide(photo, 2, "motorcycle").name == "LeaseLost"
    for label in ("unusable", "cannot_tell"):
        told = anna.decide(photo, 2, label)
        assert (told.status, told.name) == (409, "NotDecidable")
    assert anna.decide(photo, 2, "motorcycle").status == 202
    assert store.started(photo)[f"{photo}-2"]["label"] == "motorcycle"
    other = decided(store)
    assert lead.decide(other, 2, "motorcycle").name == "LeaseLost"  # anna has it still
    store.run_out(other)
    assert lead.decide(other, 2, "motorcycle").status == 202
    third = store.waiting()
    assert leased(lead) == [third]
    lead.decide(third, 1, "cannot_tell")  # which says nothing of a route that somebody else decided since
    store.change(third, state="routed", open="x", decided=2)
    store.run_out(third)
    assert lead.decide(third, 3, "motorcycle").status == 202
    for state in ("claimed", "failed", "decided"):
        told = lead.decide(store.put(state=state), 1, "bicycle")
        assert told.name in ("NotDecidable", "LeaseLost")


def test_a_reviewer_sees_what_they_lease_and_what_became_of_it(store):
    photo = store.waiting()
    assert anna.see(photo).status == 404
    leased(anna)
    assert anna.see(photo).json == {"id": photo, "state": "waiting", "source": "bay 2"}
    assert ben.see(photo).status == 404


def test_who_cannot_tell_leaves_the_driver_to_somebody_else(store):
    photo = store.waiting()
    leased(anna)
    assert anna.decide(photo, 1, "cannot_tell", seconds=3).status == 202
    opinion = store.photo(photo)["opinion_1"]
    said = {"label": "cannot_tell", "vehicle": "", "seconds": 3, "way": "aside"}
    assert {**opinion, "at": ""} == {**said, "at": ""}
    assert store.photo(photo)["state"] == "waiting"
    assert store.started(photo) == {}
    assert anna.decide(photo, 2, "bicycle").name == "NotDecidable"
    store.run_out(photo)
    assert leased(anna) == []
    assert ben.lease()["photos"][0]["number"] == 2
    assert ben.decide(photo, 2, "bicycle").status == 202
    assert [*store.started(photo)] == [f"{photo}-2"]


def test_an_opinion_is_withdrawn_like_a_decision(store):
    photo = store.waiting()
    leased(anna)
    anna.decide(photo, 1, "cannot_tell")
    assert anna.withdraw(photo, 1).json["withdrawn"]
    assert "opinion_1" not in store.photo(photo)
    assert anna.decide(photo, 2, "bicycle").status == 202


def test_an_archive_s_photos_come_in_lots_when_no_driver_waits(store):
    ids = [store.archived(MINUTE * n) for n in range(12)]
    told = anna.lease()
    assert (len(told["photos"]), told["next"]) == (10, [])
    assert all(it.keys() == {"id", "number", "picture", "until"} for it in told["photos"])
    assert len(leased(ben, most=20)) == 2
    assert anna.decide(told["photos"][0]["id"], 1, "unusable").status == 202
    driver = store.waiting()
    assert leased(cora) == [driver]
    assert set(ids) >= set(leased(anna))


def test_one_archive_photo_in_ten_gets_two_answers_of_different_people(store):
    photo = store.archived(id=new_id("19"))
    assert leased(anna) == [photo]
    assert anna.decide(photo, 1, "bicycle").status == 202
    assert store.started(photo) == {}
    assert store.photo(photo)["opinion_1"]["label"] == "bicycle"
    assert "anna" not in str(store.photo(photo))
    store.run_out(photo)
    assert leased(anna) == []
    assert leased(ben) == [photo]
    assert ben.decide(photo, 2, "motorcycle").status == 202
    assert [*store.started(photo)] == [f"{photo}-2"]
    assert candidates.is_sampled(new_id("19")) and not candidates.is_sampled(new_id("1a"))


def test_what_two_people_cannot_tell_is_asked_of_no_third(store):
    photo = store.archived()
    for who, number in ((anna, 1), (ben, 2)):
        assert leased(who) == [photo]
        assert who.decide(photo, number, "cannot_tell").status == 202
        store.run_out(photo)
    assert leased(cora) == []


def test_a_blind_photo_looks_like_the_archive_s_and_routes_nobody(store):
    blind, archived = store.routed(DAY), store.archived()
    store.routed()  # of today, which is not over
    store.routed(DAY * 4)
    told = anna.lease()["photos"]
    assert {it["id"] for it in told} == {blind, archived}
    assert told[0].keys() == told[1].keys() == {"id", "number", "picture", "until"}
    seen = [{**anna.see(photo).json, "id": ""} for photo in (blind, archived)]
    assert seen == [{"id": "", "state": "waiting"}] * 2
    assert [anna.see(photo).headers["retry-after"] for photo in (blind, archived)] == ["1", "1"]
    before = store.photo(blind)
    assert anna.decide(blind, 1, "bicycle", seconds=2).status == 202
    after = store.photo(blind)
    opinion = after.pop("opinion_1")
    said = {"label": "bicycle", "vehicle": "", "seconds": 2, "way": "blind"}
    assert {**opinion, "at": ""} == {**said, "at": ""}
    due = {"labelling": "due", "labelling_at": after["labelling_at"]}
    assert after == before | {"blind": "answered"} | due
    assert store.started(blind) == {}
    store.run_out(blind)
    assert blind not in leased(ben)
    assert anna.see(blind).json == {"id": blind, "state": "waiting"}
    assert (
        anna.decide(blind, 2, "motorcycle").name == "NotDecidable"
    )  # who had it blind corrects nobody's way
    assert store.started(blind) == {}


def test_a_blind_answer_is_withdrawn(store):
    photo = store.routed(DAY)
    leased(anna)
    anna.decide(photo, 1, "motorcycle")
    assert anna.withdraw(photo, 1).status == 200
    assert not store.photo(photo).keys() & {"blind", "opinion_1"}
    assert [it["number"] for it in anna.lease()["photos"]] == [2]


def test_a_blind_photo_gets_a_second_opinion_too(store):
    photo = store.routed(DAY, id=new_id("00"))
    for who, number, blind in ((anna, 1, None), (ben, 2, "answered")):
        assert leased(who) == [photo]
        assert who.decide(photo, number, "bicycle").status == 202
        assert store.photo(photo).get("blind") == blind
        store.run_out(photo)
    assert leased(cora) == leased(anna) == []


def test_the_blind_sample_is_the_first_of_each_day_by_their_ids(store):
    ids = sorted(store.routed(DAY) for _ in range(6))
    assert sorted(leased(anna)) == ids[:3]
    store.change(ids[0], blind="answered")
    store.change(ids[1], objected_at=moment())
    for photo in ids:
        store.run_out(photo)
    assert leased(ben) == [ids[2]]


def test_an_objection_goes_before_a_person_and_the_answer_is_a_correction(store):
    photo = store.routed(DAY, owner=DEVICE)
    since = device.call("POST /photos/{id}/objection", photo).json["objected_at"]
    told = anna.lease()["photos"][0]
    assert (told["id"], told["waits_since"]) == (photo, since)
    assert anna.see(photo).json["label"] == "bicycle"
    assert anna.decide(photo, 1, "motorcycle").status == 202
    assert store.started(photo)[f"{photo}-1"]["label"] == "motorcycle"


def test_an_objection_whose_photo_is_unusable_is_closed(store):
    photo = store.routed(owner=DEVICE)
    device.call("POST /photos/{id}/objection", photo)
    leased(anna)
    assert anna.decide(photo, 1, "unusable").status == 202
    item = store.photo(photo)
    assert (item["state"], item["objection"]) == ("routed", "unusable")
    assert not item.keys() & {"open", "since"}
    assert store.started(photo) == {}
    assert device.see(photo).json["objection"] == "unusable"
    assert anna.withdraw(photo, 1).status == 200
    assert store.photo(photo).items() >= {"open": "waiting", "since": item["objected_at"]}.items()
    assert device.see(photo).json["objection"] == "waiting"


def test_who_cannot_tell_leaves_an_objection_to_somebody_else(store):
    photo = store.routed(owner=DEVICE)
    device.call("POST /photos/{id}/objection", photo)
    leased(anna)
    assert anna.decide(photo, 1, "cannot_tell").status == 202
    store.run_out(photo)
    assert leased(anna) == []
    assert leased(ben) == [photo]


def test_the_summary_counts_and_names_what_got_worse(store, monkeypatch):
    store.waiting(MINUTE * 3)
    store.waiting(MINUTE)
    store.archived()
    store.routed()
    store.routed(day=f"{moment()[:10]} person")
    names = {"unsure": "bay 3", "other": "bay 9"}
    cloudwatch = store.aws("cloudwatch")
    for source in names.values():
        alarm = f"{api_settings.settings().alarms}{source}"
        cloudwatch.put_metric_alarm(
            AlarmName=alarm,
            MetricName="m",
            Namespace="n",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            TreatMissingData="ignore",
            ComparisonOperator="GreaterThanThreshold",
        )
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a test")
    told = anna.call("GET /summary")
    assert told.status == 200, told
    assert 180 <= told.json.pop("oldest_seconds") < 240
    assert told.json == {
        "waiting": 2,
        "archive": 1,
        "routed_today": {"model": 1, "person": 1, "driver": 0},
        "worse": ["bay 3"],
    }
    monkeypatch.setenv("PERSON_STATISTICS", "true")
    api_settings.settings.cache_clear()
    assert anna.call("GET /summary").json["by_person"] == {}
    for who in (anna, ben):
        (photo,) = leased(who)
        who.decide(photo, 1, "bicycle")
    assert lead.call("GET /summary").json["by_person"] == {"anna": 1, "ben": 1}
    ben.withdraw(photo, 1)
    assert lead.call("GET /summary").json["by_person"] == {"anna": 1}
    assert device.call("GET /summary").status == 403


def test_who_decided_is_forgotten_by_comparison(store):
    photo = decided(store)
    store.aws("dynamodb").update_item(
        TableName=store.reviews,
        Key={"photo": {"S": photo}},
        UpdateExpression="SET expires = :past",
        ExpressionAttributeValues={":past": {"N": "1000"}},
    )
    assert anna.see(photo).status == 404
    assert anna.withdraw(photo, 1).status == 404
