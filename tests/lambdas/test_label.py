"""What people say of photos becomes labels: through the API, as its people do, and then as the schedule starts it."""

import hashlib
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.api_tables import BUCKET, DAY, Context, Who, moment, new_id
from tests.builders import IMAGE

from core import label_store
from core.contract import labels
from core.contract.errors import StorageUnavailable
from core.contract.labels import Label
from core.contract.shapes import InvalidSetting
from lambdas import label, write_once

anna, ben, cleo = (Who(name, ("reviewers",)) for name in ("anna", "ben", "cleo"))
lead = Who("lead-1", ("leads",))
JPEG, PNG = b"\xff\xd8\xff" + IMAGE, b"\x89PNG\r\n\x1a\n" + IMAGE
HOUR = timedelta(hours=1)
TWO = "00"  # ends the id of a photo that gets two answers


@pytest.fixture(autouse=True)
def s3(store):
    s3 = store.aws("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    yield s3
    for it in s3.list_object_versions(Bucket=BUCKET).get("Versions", ()):
        s3.delete_object(Bucket=BUCKET, Key=it["Key"], VersionId=it["VersionId"])


@pytest.fixture
def upload(s3):
    """Put a photo into the bucket, under an id; what the register says of it then."""

    def upload(content=JPEG, end="ff", folder="incoming"):
        photo = new_id(end)
        key = f"{folder}/{photo}.png"
        version = s3.put_object(Bucket=BUCKET, Key=key, Body=content)["VersionId"]
        model = {"model": "0123456789abcdef", "classes": "bicycle,motorcycle"}
        return {"id": photo, "s3_key": key, "version_id": version, **model}

    return upload


def run():
    told = label.handler({"scheduled": "2026-11-27T10:10:00Z"}, LongContext())
    assert told["statusCode"] == 200
    return told["body"]


class LongContext(Context):
    def get_remaining_time_in_millis(self) -> int:
        return 900_000


def wait(store, photo):
    """The grace is over, and nobody can take anything back any more."""
    store.change(photo, labelling_at=moment(HOUR))


def decide(store, photo, number, said, by="person", known=True, **more):
    """As the state machine writes a decision; of one over the API the table of reviews knows who."""
    at = moment(HOUR)
    decision = {"label": said, "vehicle": "", "by": by, "at": at, "execution": f"e-{number}", **more}
    store.change(photo, **{f"decision_{number}": decision}, decided=number, labelling="due", labelling_at=at)
    if known:
        made = {
            "by": known,
            "at": at,
            "label": said,
            "vehicle": "",
            "seconds": Decimal("2.5"),
            "way": "route",
        }
        made |= {"withdrawn": False, "effect_at": at}
        store.change_review(photo, **{f"decision_{number}": made}, expires=2_000_000_000)


def read(s3) -> list[Label]:
    return label_store.read(s3, BUCKET).all


def one(s3) -> Label:
    (found,) = read(s3)
    return found


def unsure(upload, **more):
    return upload(**more) | {"inferences": "[0.3, 0.7]"}


def test_what_a_person_says_of_a_driver_s_photo_is_a_label_with_the_photo_beside_it(store, s3, upload):
    photo = store.waiting(**unsure(upload), first_at="2026-11-26T08:00:00.000Z")
    decide(store, photo, 1, "bicycle", known="anna")
    assert run() == {"written": 1, "known": 0, "gone": 0, "failed": 0, "left": 0}
    made = one(s3)
    assert (made.photo, made.number, made.label, made.seconds) == (photo, 1, "bicycle", 2.5)
    assert made.at == store.photo(photo)["decision_1"]["at"]
    assert made.came_at == "2026-11-26T08:00:00.000Z"
    assert not (made.blind or made.assisted or made.known or made.routed_day)
    assert (made.kind, made.source) == ("live", "bay 2")
    assert (made.model, made.answer, made.confidence) == ("0123456789abcdef", "motorcycle", 0.7)
    assert made.picture == made.key.replace(".json", ".jpg")
    assert s3.get_object(Bucket=BUCKET, Key=made.picture)["Body"].read() == JPEG
    assert made.sha256 == hashlib.sha256(JPEG).hexdigest()
    assert not store.photo(photo).keys() & {"labelling", "labelling_at", "known"}


def test_who_said_it_is_in_no_label(store, s3, upload):
    photo = store.waiting(**unsure(upload))
    decide(store, photo, 1, "bicycle", known="anna")
    run()
    for it in s3.list_objects_v2(Bucket=BUCKET, Prefix="labels/")["Contents"]:
        assert b"anna" not in s3.get_object(Bucket=BUCKET, Key=it["Key"])["Body"].read()


def test_an_answer_to_a_blind_photo_is_blind_and_one_that_can_be_taken_back_waits(store, s3, upload):
    photo = store.routed(DAY, first={"label": "bicycle", "confidence": Decimal("0.97")}, **upload())
    assert [it["id"] for it in anna.lease()["photos"]] == [photo]
    assert anna.decide(photo, 1, "motorcycle", seconds=3.25).status == 202
    assert run()["written"] == 0
    wait(store, photo)
    assert run()["written"] == 1
    made = one(s3)
    assert (made.blind, made.assisted, made.known, made.seconds) == (True, False, "", 3.25)
    assert (made.label, made.answer, made.confidence) == ("motorcycle", "bicycle", 0.97)
    assert made.routed_day == store.photo(photo)["day"].removesuffix(" model")


def test_an_answer_that_was_taken_back_makes_no_label(store, s3, upload):
    photo = store.routed(DAY, **upload())
    anna.lease()
    anna.decide(photo, 1, "motorcycle")
    assert anna.withdraw(photo, 1).status == 200
    wait(store, photo)
    assert run()["written"] == 0
    assert read(s3) == []
    assert "labelling" not in store.photo(photo)


def test_a_correction_is_made_by_somebody_who_could_see_the_model_s_answer(store, s3, upload):
    photo = store.routed(DAY, first={"label": "bicycle", "confidence": Decimal(1)}, **upload())
    decide(store, photo, 1, "motorcycle", known="lead-1")
    run()
    assert (one(s3).assisted, one(s3).blind) == (True, False)


def test_a_decision_before_the_model_routed_the_same_photo_was_made_without_its_answer(store, s3, upload):
    photo = store.routed(
        first={"label": "bicycle", "confidence": Decimal(1)}, claimed_at=moment(), **upload()
    )
    decide(store, photo, 1, "motorcycle", known="anna")
    run()
    assert not one(s3).assisted


def test_make_decide_s_people_could_see_all_and_are_not_known(store, s3, upload):
    photo = store.waiting(**unsure(upload))
    decide(store, photo, 1, "bicycle", known=False)
    run()
    assert (one(s3).assisted, one(s3).seconds) == (True, None)


def test_what_a_driver_decided_is_no_label(store, s3, upload):
    photo = store.waiting(**unsure(upload))
    decide(store, photo, 1, "bicycle", by="driver", known=False)
    assert run()["written"] == 0
    assert read(s3) == []
    assert "labelling" not in store.photo(photo)


@pytest.mark.parametrize(
    ("folder", "run_id", "kind"),
    [
        ("archive/2025", "2025-archive", "bulk"),
        ("incoming/evaluation", "", "evaluation"),
        ("incoming", "review-queue", "live"),
    ],
)
def test_a_label_says_whether_somebody_chose_the_photo(store, s3, upload, folder, run_id, kind):
    photo = store.archived(**unsure(upload, folder=folder), **({"run": run_id} if run_id else {}))
    decide(store, photo, 1, "bicycle", known="anna")
    run()
    assert one(s3).kind == kind


def test_a_label_is_written_once_and_what_is_said_later_is_another(store, s3, upload):
    photo = store.waiting(**unsure(upload))
    decide(store, photo, 1, "bicycle", known="anna")
    run()
    first = one(s3)
    decide(store, photo, 2, "motorcycle", known="anna")
    assert run()["written"] == 1
    assert run()["written"] == 0
    assert [it.label for it in read(s3)] == ["bicycle", "motorcycle"]
    assert read(s3)[0] == first


def test_a_run_that_broke_off_is_made_up_for_by_the_next(store, s3, upload, monkeypatch, capsys):
    broken, whole = (store.waiting(**unsure(upload)) for _ in "12")
    for photo in (broken, whole):
        decide(store, photo, 1, "bicycle", known="anna")
    real = write_once.write

    def write(client, bucket, key, content):
        if broken in key and key.endswith(".json"):
            raise StorageUnavailable("S3 is down")
        return real(client, bucket, key, content)

    capsys.readouterr()
    with monkeypatch.context() as patch:
        patch.setattr(write_once, "write", write)
        with pytest.raises(StorageUnavailable):
            label.handler({}, LongContext())
    warned, told = map(json.loads, capsys.readouterr().out.splitlines())
    assert (warned["photo"], warned["error"]) == (broken, "StorageUnavailable")
    assert (told["written"], told["failed"]) == (1, 1)
    assert [it.photo for it in read(s3)] == [whole]
    assert run()["written"] == 1
    assert {it.photo for it in read(s3)} == {broken, whole}


def test_what_is_said_while_the_label_is_written_is_due_again(store, s3, upload, monkeypatch):
    photo = store.waiting(**unsure(upload))
    decide(store, photo, 1, "bicycle", known="anna")
    real = label.take_copy

    def take_copy(item):
        decide(store, photo, 2, "motorcycle", known="ben")
        return real(item)

    with monkeypatch.context() as patch:
        patch.setattr(label, "take_copy", take_copy)
        assert run()["written"] == 1
    assert store.photo(photo)["labelling"] == "due"
    assert run()["written"] == 1
    assert {it.label for it in read(s3)} == {"bicycle", "motorcycle"}


def test_a_photo_that_is_gone_leaves_a_label_without_a_picture(store, s3, upload):
    photo = upload()
    s3.delete_object(Bucket=BUCKET, Key=photo["s3_key"], VersionId=photo["version_id"])
    decide(store, store.waiting(**photo, inferences="[0.3, 0.7]"), 1, "bicycle", known="anna")
    assert run() == {"written": 1, "known": 0, "gone": 1, "failed": 0, "left": 0}
    assert (one(s3).picture, one(s3).sha256, one(s3).answer) == ("", "", "motorcycle")


@pytest.mark.parametrize(("content", "ending"), [(JPEG, ".jpg"), (PNG, ".png")])
def test_a_copy_that_a_run_left_is_named_though_the_photo_is_gone_since(store, s3, upload, content, ending):
    photo = upload(content)
    s3.delete_object(Bucket=BUCKET, Key=photo["s3_key"], VersionId=photo["version_id"])
    decide(store, store.waiting(**photo), 1, "bicycle", known="anna")
    at = store.photo(photo["id"])["decision_1"]["at"]
    key = labels.place(at, f"{photo['id']}-1", ending)
    s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    assert run()["gone"] == 0
    assert (one(s3).picture, one(s3).sha256) == (key, hashlib.sha256(content).hexdigest())


def test_the_photo_that_people_saw_is_copied_and_not_what_came_under_its_key_later(store, s3, upload):
    photo = unsure(upload)
    s3.put_object(Bucket=BUCKET, Key=photo["s3_key"], Body=JPEG + b"another")
    decide(store, store.waiting(**photo), 1, "bicycle", known="anna")
    run()
    assert s3.get_object(Bucket=BUCKET, Key=one(s3).picture)["Body"].read() == JPEG


def test_of_photos_of_an_earlier_release_it_is_not_known_what_the_model_said(store, s3, upload):
    photo = {name: it for name, it in unsure(upload).items() if name not in ("model", "classes")}
    decide(store, store.waiting(**photo), 1, "bicycle", known="anna")
    run()
    assert (one(s3).model, one(s3).answer, one(s3).confidence) == ("", "", None)


def test_when_its_time_is_up_the_rest_is_left_for_the_next_run(store, s3, upload):
    for _ in range(3):
        decide(store, store.waiting(**unsure(upload)), 1, "bicycle", known="anna")
    told = label.handler({}, Context())["body"]
    assert told == {"written": 0, "known": 0, "gone": 0, "failed": 0, "left": 3}
    assert run()["written"] == 3
    assert len(read(s3)) == 3


def answer_twice(store, upload, first, second, who=("anna", "ben")):
    """Two people answer to the same photo of the blind sample."""
    photo = store.routed(DAY, first={"label": "bicycle", "confidence": Decimal(1)}, **upload(end=TWO))
    for number, (said, person) in enumerate(zip((first, second), who, strict=True), 1):
        reviewer = Who(person, ("reviewers",))
        assert [it["id"] for it in reviewer.lease()["photos"]] == [photo]
        assert reviewer.decide(photo, number, said).status == 202
        store.run_out(photo)
    wait(store, photo)
    return photo


def test_what_two_people_say_the_same_of_unaided_is_known(store, s3, upload):
    photo = answer_twice(store, upload, "motorcycle", "motorcycle")
    assert run() == {"written": 2, "known": 1, "gone": 0, "failed": 0, "left": 0}
    kept = store.photo(photo)
    assert (kept["labelling"], kept["known"]) == ("known", "motorcycle")
    assert run() == {"written": 0, "known": 0, "gone": 0, "failed": 0, "left": 0}
    assert {it.known for it in read(s3)} == {""}


@pytest.mark.parametrize("second", ["bicycle", "unusable", "cannot_tell"])
def test_what_people_do_not_agree_on_is_not_known(store, upload, second):
    photo = answer_twice(store, upload, "motorcycle", second)
    assert run()["known"] == 0
    assert not store.photo(photo).keys() & {"labelling", "known"}


def test_one_person_alone_makes_nothing_known_nor_do_people_who_saw_the_answer(store, upload):
    same = store.waiting(**unsure(upload))
    for number in (1, 2):
        decide(store, same, number, "bicycle", known="anna")
    shown = store.routed(DAY, first={"label": "bicycle", "confidence": Decimal(1)}, **upload())
    decide(store, shown, 1, "motorcycle", known="lead-1")
    decide(store, shown, 2, "motorcycle", known="lead-2")
    assert run() == {"written": 4, "known": 0, "gone": 0, "failed": 0, "left": 0}


def check(store, photo, number, said, who):
    """Somebody is asked what the photo shows whose class is known."""
    at = moment(HOUR)
    told = {"label": said, "vehicle": "", "at": at, "seconds": 1, "way": "known"}
    store.change(photo, **{f"opinion_{number}": told}, labelling="due", labelling_at=at)
    store.change_review(photo, **{f"decision_{number}": told | {"by": who, "withdrawn": False}})


def test_an_answer_to_what_is_known_says_so_and_one_that_is_right_leaves_it_known(store, s3, upload):
    photo = answer_twice(store, upload, "motorcycle", "motorcycle")
    run()
    check(store, photo, 3, "motorcycle", "cleo")
    assert run() == {"written": 1, "known": 0, "gone": 0, "failed": 0, "left": 0}
    made = next(it for it in read(s3) if it.number == 3)
    assert (made.known, made.label, made.blind, made.assisted) == ("motorcycle", "motorcycle", False, False)
    assert (store.photo(photo)["labelling"], store.photo(photo)["known"]) == ("known", "motorcycle")


@pytest.mark.parametrize("said", ["bicycle", "cannot_tell"])
def test_what_somebody_contradicts_is_known_no_more_and_was_for_this_label(store, s3, upload, said):
    photo = answer_twice(store, upload, "motorcycle", "motorcycle")
    run()
    check(store, photo, 3, said, "cleo")
    run()
    assert next(it for it in read(s3) if it.number == 3).known == "motorcycle"
    assert not store.photo(photo).keys() & {"labelling", "labelling_at", "known"}
    wait(store, photo)
    store.change(photo, labelling="due")
    assert run()["known"] == 0


def test_what_was_withdrawn_makes_nothing_known_again(store, s3, upload):
    photo = answer_twice(store, upload, "motorcycle", "motorcycle")
    run()
    made = read(s3)[0]
    marker = labels.place(made.at, made.name, labels.WITHDRAWN)
    s3.put_object(Bucket=BUCKET, Key=marker, Body=b'{"at": "", "reason": "by mistake"}')
    item = {name: it for name, it in store.photo(photo).items() if name not in ("known", "labelling")}
    store.put(**item | {"labelling": "due", "labelling_at": moment(HOUR)})
    assert run()["known"] == 0
    assert not store.photo(photo).keys() & {"labelling", "known"}


def test_what_is_known_stays_so_when_it_is_not_known_any_more_who_said_it(store, upload, monkeypatch):
    photo = answer_twice(store, upload, "motorcycle", "motorcycle")
    run()
    check(store, photo, 3, "motorcycle", "cleo")
    monkeypatch.setenv("PERSON_DAYS", "0")
    label.settings.cache_clear()
    run()
    assert store.photo(photo)["known"] == "motorcycle"


def test_who_may_not_be_known_any_more_makes_nothing_known(store, s3, upload, monkeypatch):
    photo = answer_twice(store, upload, "motorcycle", "motorcycle")
    monkeypatch.setenv("PERSON_DAYS", "0")
    label.settings.cache_clear()
    assert run()["known"] == 0
    assert [(it.blind, it.assisted) for it in read(s3)] == [(True, False)] * 2
    assert "known" not in store.photo(photo)


def test_settings_that_are_missing_or_wrong_are_named():
    whole = {"BUCKET": "b", "TABLE": "t", "REVIEWS": "r", "GRACE_SECONDS": "5", "PERSON_DAYS": "30"}
    with pytest.raises(InvalidSetting, match="TABLE, REVIEWS must be set"):
        label.read_settings(whole | {"TABLE": "", "REVIEWS": ""})
    with pytest.raises(InvalidSetting, match="PERSON_DAYS 'x'"):
        label.read_settings(whole | {"PERSON_DAYS": "x"})


def test_one_line_of_log_says_what_a_run_came_to(store, upload, capsys):
    decide(store, store.waiting(**unsure(upload)), 1, "bicycle", known="anna")
    capsys.readouterr()
    run()
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (line["function"], line["level"], line["written"]) == ("label", "INFO", 1)
