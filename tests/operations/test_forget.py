"""`make forget`: a photo is removed wherever it is, and nothing else; what cannot be removed is named."""

import gzip
import json
import sys
from datetime import UTC, datetime, timedelta

import boto3
import numpy as np
import pytest
from tests.builders import captured, make_label, pack, png, put_label

from core.console import UserError
from core.contract.events import Pointer
from operations import capture_traces, dataset_traces, forget, forgotten, object_versions
from training.photo import Photo, read

KEY = "incoming/photo.png"
HOUR = "captures/0123456789abcdef/endpoint/AllTraffic/2026/11/26/12"
PICTURE = png(np.random.default_rng(1).integers(0, 255, (40, 30, 3), dtype=np.uint8))
OTHER = png(np.random.default_rng(2).integers(0, 255, (40, 30, 3), dtype=np.uint8))
ENDED = {"state": "routed", "routed_at": "2026-11-26T12:00:03.000Z"}


@pytest.fixture
def s3(aws):
    return aws("s3")


@pytest.fixture
def keys(s3, bucket):
    """Every version and delete marker that the bucket has, by key."""

    def listed(start: str = "") -> list[str]:
        return sorted(it.key for it in object_versions.list_versions(s3, bucket, start))

    return listed


@pytest.fixture
def upload(s3, bucket):
    def put(body: bytes = PICTURE, key: str = KEY) -> str:
        return s3.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"]

    return put


def record(photo: str, content: bytes, key: str = "") -> bytes:
    told = f"kind=live,id={photo}" if photo else "kind=live"
    named = f"s3_key={key},{told}" if key else told
    return captured("2026-11-26T12:00:02Z", image=content, customAttributes=[named])


@pytest.fixture
def command(run):
    def forget_it(photo: str, *more: str, confirm: bool = True) -> str:
        done = run("forget", f"--photo={photo}", *(["--confirm=any"] if confirm else []), *more)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return forget_it


@pytest.fixture
def item(aws, table):
    return lambda photo: aws("dynamodb").get_item(TableName=table, Key={"id": {"S": photo}})["Item"]


def test_a_photo_goes_from_the_bucket_and_its_item_says_only_that_it_was_done(
    command, upload, put, item, keys, run
):
    upload(OTHER)
    version = upload()
    more = ENDED | {"decided_by": "person", "error": "NotAnImage", "expires": "1803384000"}
    photo = put(version, assignment=True, source="gate-2", reference="Ann", **more)
    said = command(photo)
    assert "one version" in said
    assert keys() == [KEY]  # the other version, which is another photo
    left = item(photo)
    assert left.pop("forgotten_at")["S"] > "2026"
    assert left["state"] == {"S": "forgotten"}
    assert left["expires"] == {"N": "1803384000"}
    assert not {"s3_key", "version_id", "source", "reference", "assignment", "open", "since"} & set(left)
    assert not {"decided_by", "error"} & set(left)
    told = run("photo_story", f"--photo={photo}").stdout
    assert told.startswith("a photo that was forgotten at 2")


def test_nothing_of_what_people_decided_stays(command, upload, put, item, execution):
    made = {"label": "other", "vehicle": "Ann's bike", "by": "person", "at": "2026-11-26T12:00:02.000Z"}
    made["execution"] = execution
    told = {"label": "other", "vehicle": "Ann's bike", "kind": "DriverRerouted", "camera": "source=gate-2"}
    photo = put(upload(), assignment=True, decisions=[made, made], **ENDED | told)
    command(photo)
    left = item(photo)
    assert left["state"] == {"S": "forgotten"}
    assert not {"decision_1", "decision_2", "camera", "kind", "vehicle"} & set(left)
    assert "Ann" not in json.dumps(left)


SAID = {"label": "bicycle", "vehicle": "", "at": "2026-11-27T09:00:00.000Z"}


@pytest.fixture
def labelled(s3, bucket):
    """Two labels of a photo, one of them withdrawn, and one of another, as the bucket has them."""

    def write(photo: str, picture: bytes = PICTURE) -> None:
        put_label(s3, bucket, make_label(photo, 1), picture)
        put_label(s3, bucket, make_label(photo, 2, at="2026-12-01T09:00:00.000Z"), picture, withdrawn="Ann")
        put_label(s3, bucket, make_label("cd" * 32), OTHER)

    return write


def test_labels_go_with_their_copies_and_with_what_was_withdrawn(
    command, upload, put, item, keys, change, labelled
):
    photo = put(upload(), **ENDED)
    change(photo, "SET opinion_1 = :said, labelled = :numbers", said=SAID, numbers={1, 2})
    change(photo, "SET labelling = :known, known = :label", known="known", label="bicycle")
    labelled(photo)
    said = command(photo)
    assert "5 files among the labels" in said
    assert "names of its labels, by its id, in dataset.json" in said
    assert keys("labels/") == [f"labels/2026/11/27/{'cd' * 32}-1{ending}" for ending in (".json", ".png")]
    assert not {"labelling", "labelled", "known", "opinion_1"} & set(item(photo))


def test_what_was_said_of_a_forgotten_photo_becomes_no_label_later(
    command, upload, put, item, change, aws, table
):
    photo = put(upload(), **ENDED)
    change(
        photo,
        "SET opinion_1 = :said, labelling = :due, labelling_at = :at",
        said=SAID,
        due="due",
        at=SAID["at"],
    )
    command(photo)
    assert not {"labelling", "labelling_at"} & set(item(photo))
    due = {":due": {"S": "due"}}
    asked = {"IndexName": "labelling", "KeyConditionExpression": "labelling = :due"}
    found = aws("dynamodb").query(TableName=table, ExpressionAttributeValues=due, **asked)
    assert found["Count"] == 0


@pytest.mark.usefixtures("run")  # which makes the environment
def test_a_label_that_is_written_while_its_photo_is_forgotten_goes_too(
    upload, put, keys, change, labelled, monkeypatch, cloud_variables, tmp_path
):
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    photo = put(upload(), **ENDED)
    change(
        photo,
        "SET opinion_1 = :said, labelling = :due, labelling_at = :at",
        said=SAID,
        due="due",
        at=SAID["at"],
    )
    real = forgotten.stop_labelling

    def stop(*given):
        labelled(photo)
        return real(*given)

    monkeypatch.setattr(forgotten, "stop_labelling", stop)
    forget.forget("any", photo, confirmed=True, all_captures=False)
    assert [it for it in keys("labels/") if photo in it] == []


@pytest.mark.usefixtures("run")
def test_a_data_set_that_is_made_of_it_meanwhile_loses_it_too(
    upload, put, item, keys, monkeypatch, cloud_variables, tmp_path
):
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    photo = put(upload(), **ENDED)
    real = dataset_traces.empty

    def empty(*given):
        upload(key="data/made/train/drawn.png")
        origin = {"drawn.png": {"label": f"{photo}-1", "source": "", "at": ""}}
        upload(json.dumps(origin).encode(), "data/made/origins.json")
        real(*given)

    monkeypatch.setattr(dataset_traces, "empty", empty)
    forget.forget("any", photo, confirmed=True, all_captures=False)
    assert keys("data/") == ["data/made/origins.json"]
    assert item(photo)["data_sets"]["SS"] == ["made"]


@pytest.mark.usefixtures("table")
def test_who_looked_at_a_photo_that_the_register_has_forgotten_goes(
    command, upload, reviews, labelled, bucket
):
    photo = Pointer(bucket, KEY, upload()).id
    left = reviews(photo)
    reviews("another")
    labelled(photo)
    command(photo)
    assert left() == ["another"]


def test_a_photo_of_which_something_was_just_said_is_to_be_forgotten_once_more(command, upload, put, change):
    photo = put(upload(), **ENDED | {"routed_at": "2020-11-26T12:00:03.000Z"})
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}"
    change(photo, "SET opinion_1 = :said, labelling = :due, labelling_at = :at", said=SAID, due="due", at=now)
    change(photo, "SET first_at = :at, claimed_at = :at", at="2020-11-26T12:00:00.000Z")
    assert "do this again in an hour" in command(photo)


@pytest.mark.usefixtures("datasets", "table")
def test_labels_outlive_the_register_and_the_photo_and_lead_to_the_copies(command, labelled, keys):
    photo = "ab" * 32
    labelled(photo)
    said = command(photo)
    assert said.startswith("A photo of which labels are left:\n")
    assert "3 files in data sets: aaaa, bbbb" in said
    assert "so that no record stays of this" in said
    assert [it for it in keys("labels/") if photo in it] == []


@pytest.mark.usefixtures("datasets")
def test_versions_of_data_sets_do_not_say_any_more_that_it_was_theirs(
    command, upload, put, labelled, s3, bucket, keys
):
    photo = put(upload(), **ENDED)
    labelled(photo)
    ours = {"label": f"{photo}-1", "source": "gate-2", "at": "2026-11-27T09:00:00.000Z"}
    others = ours | {"label": f"{'cd' * 32}-1"}
    upload(json.dumps({"bicycle_a.png": ours, "bicycle_b.png": others}).encode(), "data/aaaa/origins.json")
    upload(json.dumps({"bicycle_b.png": others}).encode(), "data/bbbb/origins.json")
    gone = {"photo": photo, "side": "train", "hash": "00ff"}
    upload(json.dumps({"0123": gone, "4567": gone | {"photo": "cd" * 32}}).encode(), "data/cccc/gone.json")
    assert "2 files in which data sets say where" in command(photo)

    def read(key: str) -> dict:
        return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    assert read("data/aaaa/origins.json") == {"bicycle_b.png": others}
    assert list(read("data/cccc/gone.json")) == ["4567"]
    assert len(keys("data/bbbb/origins.json")) == len(keys("data/aaaa/origins.json")) == 1


API_ID = "7f" * 32
API_KEY = f"incoming/api/{API_ID}"
BY_API = {
    "owner": "program",
    "asked_at": "2026-11-26T11:59:58.000Z",
    "file_name": "Ann.png",
    "day": "2026-11-26 model",
}


@pytest.mark.parametrize("name", [API_ID, API_KEY])
def test_nothing_stays_of_what_the_api_wrote_down_nor_any_version_of_its_key(
    command, upload, put, item, keys, change, reviews, name
):
    first, _second = upload(key=API_KEY), upload(OTHER, API_KEY)
    upload(record(API_ID, PICTURE), f"{HOUR}/00-01-000-a.jsonl")
    more = {"content_type": "image/png", "blind": "answered", "objected_at": "2026-11-26T12:00:09.000Z"}
    answer = {"label": {"S": "bicycle"}, "confidence": {"N": "0.9713"}}
    photo = put(
        first, API_KEY, assignment=True, objection="unusable", first=answer, **ENDED, **BY_API, **more
    )
    change(photo, "ADD withdrawn :numbers", numbers={1})
    change(photo, "SET opinion_2 = :given", given={"label": "other", "vehicle": "Ann's bike"})
    looked_at = reviews(photo)
    reviews("another")
    said = command(name)
    assert "all that this key ever held" in said
    assert f"who looked at {photo}, and who decided it" in said
    assert "1 records in 1 versions" in said
    assert keys() == []
    assert looked_at() == ["another"]
    left = item(photo)
    assert left["state"] == {"S": "forgotten"}
    assert not {"owner", "file_name", "content_type", "day", "blind", "objection"} & set(left)
    assert not {"withdrawn", "opinion_2", "first"} & set(left)
    assert "Ann" not in json.dumps(left)


def test_a_photo_that_was_never_uploaded_is_forgotten_like_any_other(command, put, item):
    none = dict.fromkeys(("first_at", "claimed_at", "attempts", "execution", "version_id"))
    photo = put(key=API_KEY, **none | {"state": "expected"} | BY_API, expires="1803384000")
    command(photo)
    assert item(photo)["state"] == {"S": "forgotten"}
    assert not {"owner", "s3_key"} & set(item(photo))


def test_a_photo_that_a_bulk_run_left_waiting_is_forgotten_like_any_other(command, upload, put, item):
    left = {"execution": None, "claimed_at": None, "attempts": None, "run": "20261126-110000-ab12"}
    waits = {"state": "waiting", "open": "waiting", "since": "archive 2026-11-26T12:00:00.000Z"}
    photo = put(upload(), **left, **waits, waiting_at="2026-11-26T12:00:00.000Z")
    command(photo)
    assert item(photo)["state"] == {"S": "forgotten"}
    assert not {"open", "since", "run", "s3_key"} & set(item(photo))


def test_what_an_endpoint_wrote_down_late_goes_when_it_is_forgotten_once_more(
    command, upload, put, item, keys
):
    soon = datetime.now(UTC).isoformat()
    photo = put(upload(), **ENDED | {"routed_at": soon})
    assert "do this again in an hour, by the photo's id" in command(photo)
    first = item(photo)
    upload(record(photo, PICTURE), f"{HOUR}/00-01-000-a.jsonl")
    said = command(photo)
    assert said.startswith("A photo that was forgotten before:\n")
    assert "1 records in 1 versions of capture files" in said
    assert keys("captures/") == []
    assert item(photo) == first


def test_without_confirmation_it_says_what_there_is_and_removes_nothing(
    command, upload, put, item, keys, run
):
    photo = put(upload(), **ENDED)
    said = command(photo, confirm=False)
    assert "1 versions and delete markers of the object" in said
    assert said.endswith("Nothing was removed. To remove all of it, give CONFIRM=any as well.\n")
    assert keys() == [KEY]
    assert item(photo)["state"] == {"S": "routed"}
    wrong = run("forget", f"--photo={photo}", "--confirm=prod")
    assert wrong.stderr == "error: CONFIRM=prod is not any: nothing was removed\n"


@pytest.mark.parametrize("key", [KEY, "incoming/cä fé 🛵 {}%2F+&<.png"])
def test_a_key_means_all_that_it_ever_held_with_delete_markers_and_without_its_neighbours(
    s3, bucket, command, upload, put, item, keys, key
):
    photos = [put(upload(it, key), key=key, **ENDED) for it in (PICTURE, OTHER)]
    s3.delete_object(Bucket=bucket, Key=key)
    expired = put("gone", key=key, **ENDED)
    upload(key=f"{key}.old")
    assert "3 versions and delete markers of the object" in command(key)
    assert keys() == [f"{key}.old"]
    assert {item(it)["state"]["S"] for it in (*photos, expired)} == {"forgotten"}


def test_a_capture_file_loses_the_photo_s_lines_and_keeps_the_others_byte_for_byte(
    s3, bucket, command, upload, put, keys
):
    photo, other = put(upload(), **ENDED), record("1" * 64, OTHER).replace(b'{"', b'{ "', 1)
    broken = b"not a record, and not the photo's\n"
    upload(record(photo, PICTURE) + other + broken + record(photo, PICTURE), f"{HOUR}/00-01-000-a.jsonl")
    upload(record(photo, PICTURE), f"{HOUR}/00-02-000-a.jsonl")
    upload(gzip.compress(other + record(photo, PICTURE)), f"{HOUR}/00-03-000-a.jsonl.gz")
    upload(b'{"half": "' + photo.encode(), f"{HOUR}/00-04-000-a.jsonl")
    untouched = upload(other, f"{HOUR}/00-05-000-a.jsonl")
    upload(record(photo, PICTURE), f"{HOUR}/00-06-000-a.jsonl")
    s3.delete_object(Bucket=bucket, Key=f"{HOUR}/00-06-000-a.jsonl")  # as it expires
    said = command(photo)
    assert "6 records in 5 versions of capture files" in said
    assert "their time begins again" in said
    read_back = lambda name: s3.get_object(Bucket=bucket, Key=f"{HOUR}/{name}")  # noqa: E731 - said three times
    assert read_back("00-01-000-a.jsonl")["Body"].read() == other + broken
    assert gzip.decompress(read_back("00-03-000-a.jsonl.gz")["Body"].read()) == other
    assert read_back("00-05-000-a.jsonl")["VersionId"] == untouched
    names = ["00-01-000-a.jsonl", "00-03-000-a.jsonl.gz", "00-05-000-a.jsonl", "00-06-000-a.jsonl"]
    assert keys("captures/") == [f"{HOUR}/{it}" for it in names]  # of the last one the delete marker


def test_only_the_hours_of_its_executions_are_looked_into_unless_all_are_asked_for(
    command, upload, put, keys
):
    later = HOUR.replace("/26/12", "/26/18")
    photo = put("gone", **ENDED)
    upload(record(photo, PICTURE), f"{HOUR.removesuffix('12')}13/00-01-000-a.jsonl")
    upload(record(photo, PICTURE), f"{later}/00-01-000-a.jsonl")
    assert "ARGS=--all-captures looks" in command(photo, confirm=False)
    said = command(photo, "--all-captures")
    assert "2 records in 2 versions" in said
    assert "--all-captures" not in said
    assert keys("captures/") == []


def test_all_captures_are_looked_into_from_the_first_execution_on_if_only_a_younger_version_is_left(
    command, upload, put, keys
):
    photo = put("gone", **ENDED)
    upload(OTHER)
    upload(record(photo, PICTURE), f"{HOUR}/00-01-000-a.jsonl")
    assert "1 records in 1 versions" in command(photo, "--all-captures", confirm=False)
    assert "1 records in 1 versions" in command(KEY)
    assert keys("captures/") == []


def test_all_captures_are_looked_into_of_a_key_of_which_only_a_delete_marker_is_left(
    s3, bucket, table, command, upload, keys
):
    assert table
    upload(record(Pointer(bucket, KEY).id, PICTURE), f"{HOUR}/00-01-000-a.jsonl")
    s3.delete_object(Bucket=bucket, Key=KEY)
    assert "1 records in 1 versions" in command(KEY)
    assert keys("captures/") == []


def test_an_item_without_a_version_means_its_key_with_all_items_of_it(command, upload, put, item, keys):
    routed = put(upload(), source="gate-2", **ENDED)
    photo = put(state="failed", expires="1803384000")
    assert "all that this key ever held" in command(photo)
    assert keys() == []
    assert {item(it)["state"]["S"] for it in (photo, routed)} == {"forgotten"}
    assert "source" not in item(routed)


def test_an_item_without_a_version_is_closed_last_so_that_its_id_leads_to_the_others_again(
    table, bucket, put, run, tmp_path, monkeypatch, cloud_variables
):
    assert run  # which makes the environment
    photo = put(state="failed", expires="1803384000")
    for version in "abcd":
        put(version, **ENDED)
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    register = boto3.resource("dynamodb").Table(table)
    found = forget.find(boto3.client("s3"), register, "any", bucket, photo, False)
    assert len(found.items) == 5
    assert found.items[-1]["id"] == photo


def test_an_item_without_a_version_is_refused_while_another_of_its_key_is_on_its_way(run, upload, put, keys):
    going = put(upload())
    done = run("forget", f"--photo={put(state='failed', expires='1803384000')}", "--confirm=any")
    assert done.stderr.startswith(f"error: photo {going} has not come to its end")
    assert keys() == [KEY]


def test_of_an_empty_upload_no_empty_file_in_a_data_set_is_a_copy(command, upload, put, keys):
    upload(b"", "data/aaaa/train/")  # a folder, as the console makes it
    assert "0 files in data sets: none" in command(put(upload(b""), **ENDED))
    assert keys() == ["data/aaaa/train/"]


def test_a_photo_is_named_as_make_photo_prints_it(bucket, command, upload, put):
    photo = put(upload(), **ENDED)
    said = command(photo, confirm=False)
    assert command(photo.upper(), confirm=False) == said
    assert command(f"s3://{bucket}/{KEY}", confirm=False) == command(KEY, confirm=False)


def test_what_goes_between_listing_and_reading_is_passed_over(
    s3, table, bucket, upload, put, run, tmp_path, monkeypatch, cloud_variables
):
    assert run  # which makes the environment
    photo = put(upload(), **ENDED)
    upload(PICTURE, "data/aaaa/test/drawn.png")
    upload(record(photo, PICTURE), f"{HOUR}/00-01-000-a.jsonl")
    upload(record(photo, PICTURE), f"{HOUR}/00-02-000-a.jsonl")
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    client, register = boto3.client("s3"), boto3.resource("dynamodb").Table(table)

    def expire(params: dict[str, str], **_: object) -> None:
        if params["Key"].endswith(("00-01-000-a.jsonl", "drawn.png")):
            s3.delete_object(Bucket=bucket, Key=params["Key"], VersionId=params["VersionId"])

    client.meta.events.register("provide-client-params.s3.GetObject", expire)
    found = forget.find(client, register, "any", bucket, photo, False)
    assert [it.version.key for it in found.captures] == [f"{HOUR}/00-02-000-a.jsonl"]
    assert found.copies == []
    s3.delete_object(Bucket=bucket, Key=found.captures[0].version.key)
    s3.delete_object(
        Bucket=bucket, Key=found.captures[0].version.key, VersionId=found.captures[0].version.number
    )
    forget.remove(client, register, bucket, found)


def test_what_aws_refuses_is_one_line(run, put, s3, bucket):
    photo = put("gone", **ENDED)
    s3.delete_bucket(Bucket=bucket)
    done = run("forget", f"--photo={photo}", "--confirm=any")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(f"error: photo '{photo}' of any cannot be forgotten: ")


def test_a_photo_of_another_bucket_is_refused(run, upload, put, keys):
    upload()
    photo = put(s3_bucket="another", **ENDED)
    done = run("forget", f"--photo={photo}", "--confirm=any")
    assert done.stderr == f"error: photo {photo} lies in the bucket another, which is not any's\n"
    assert keys() == [KEY]


def test_a_key_is_looked_up_without_paging_through_the_folder_behind_it(s3, bucket, upload):
    for number in range(5):
        upload(key=f"incoming/{number}.png")
    asked = []
    s3.meta.events.register("before-call.s3.ListObjectVersions", lambda **_: asked.append(1))
    s3.meta.events.register(
        "provide-client-params.s3.ListObjectVersions", lambda params, **_: params | {"MaxKeys": 1}
    )
    assert list(object_versions.list_of_key(s3, bucket, "incoming/")) == []
    assert len(asked) == 1


@pytest.mark.parametrize(
    "key",
    [
        "models/1/model.tar.gz",
        "captures/a.jsonl",
        "data/aaaa/dataset.json",
        "jobs/a/run.json",
        "deployments/a.json",
        "results/a.jsonl",
    ],
)
@pytest.mark.usefixtures("table")
def test_what_the_project_keeps_itself_is_no_photo(run, upload, keys, key):
    upload(key=key)
    done = run("forget", f"--photo={key}", "--confirm=any")
    assert done.stderr == f"error: '{key}' is no photo: what lies in that folder is the project's own\n"
    assert keys() == [key]


@pytest.mark.usefixtures("table")
def test_a_photo_of_before_the_register_is_found_by_its_key(command, upload, keys):
    upload(key="archive/old.png")
    folder = f"captures/0123456789abcdef/endpoint/AllTraffic/{datetime.now(UTC):%Y/%m/%d/%H}"
    unnamed, other = record("", PICTURE, "archive/old.png"), record("", OTHER, "archive/older.png")
    upload(unnamed + other, f"{folder}/00-01-000-a.jsonl")
    said = command("archive/old.png")
    assert "1 records in 1 versions" in said
    assert "no item in the register, so that no record stays of this" in said
    assert keys() == [f"{folder}/00-01-000-a.jsonl"]


@pytest.fixture
def datasets(upload, tmp_path):
    """Two data sets: in the first the photo as `stage` writes it, in the second as it was copied, beside others."""
    path = tmp_path / "photo.png"
    path.write_bytes(PICTURE)
    seen = read(Photo(path, "bicycle", path.name))
    upload(png(seen.pixels), f"data/aaaa/train/bicycle_{seen.digest[:16]}.png")
    upload(OTHER, "data/aaaa/train/bicycle_0000000000000000.png")
    upload(b"{}", "data/aaaa/dataset.json")
    upload(b"with the photo", "data/aaaa/sheet.png")
    upload(PICTURE, "data/bbbb/test/drawn.png")
    upload(OTHER, "data/bbbb/test/drawn.png")  # only an old version has the photo
    upload(PICTURE[:-1] + b"!", "data/cccc/test/of_the_same_size.png")
    upload(b"without the photo", "data/cccc/sheet.png")


@pytest.fixture
def models(upload, bucket, tmp_path, run):
    """A model of each data set, one of the built-in algorithm, and a run that nobody promoted."""
    for model, dataset in (("1" * 16, "aaaa"), ("2" * 16, "bbbb"), ("3" * 16, "cccc")):
        upload(
            pack({"metrics.json": json.dumps({"dataset_id": dataset}).encode()}),
            f"models/{model}/model.tar.gz",
        )
    for model in ("4" * 16, "5" * 16):
        upload(pack({"model.params": b"1"}), f"models/{model}/model.tar.gz")
    upload(json.dumps({"dataset_id": "aaaa"}).encode(), "jobs/tried/run.json")
    upload(json.dumps({"dataset_id": "cccc"}).encode(), "jobs/other/run.json")
    live = dict.fromkeys(("sha256", "image", "environment", "labels", "metrics", "run", "override_reason"))
    live |= {"artefact": f"s3://{bucket}/models/{'5' * 16}/model.tar.gz", "dataset_id": "bbbb"}
    assert run  # which makes the folder
    (tmp_path / "terraform/envs/any.model.tfvars.json").write_text(json.dumps({"model": live}))


@pytest.mark.usefixtures("datasets", "models")
def test_copies_in_data_sets_go_and_the_models_that_learned_from_them_are_named(
    command, upload, put, item, keys
):
    photo = put(upload(), **ENDED)
    said = command(photo)
    assert "3 files in data sets: aaaa, bbbb" in said
    assert keys("data/") == [
        "data/aaaa/dataset.json",
        "data/aaaa/train/bicycle_0000000000000000.png",
        "data/cccc/sheet.png",
        "data/cccc/test/of_the_same_size.png",
    ]
    lines = [line.partition(": ")[2] for line in said.splitlines() if line.startswith("A ")]
    assert lines == [
        f"models/{'1' * 16}",
        f"models/{'2' * 16}",
        f"models/{'5' * 16} (live)",
        "jobs/tried",
        f"models/{'4' * 16}",
    ]
    assert "A model that does not say what it was trained on: models/4" in said
    assert sorted(item(photo)["data_sets"]["SS"]) == ["aaaa", "bbbb"]
    assert f"models/{'1' * 16}" in item(photo)["models"]["SS"]
    assert len(keys("models/")) == 5


@pytest.mark.usefixtures("datasets", "models")
def test_people_are_shown_no_photographs_of_a_model_that_learned_from_it(
    s3, bucket, command, upload, put, keys
):
    """Which photographs a guideline shows, it does not say."""
    learned, other = (f"models/{model * 16}/guideline.json" for model in "13")
    for key in (learned, learned, other):
        upload(b"pictures", key)
    upload(b"another's", f"{learned}.note")
    photo = put(upload(), **ENDED)
    assert "Their guidelines, which may show it, are emptied" in command(photo)
    shown = {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in (learned, other)}
    assert shown == {learned: b'{"classes": {}}', other: b"pictures"}
    assert [it for it in keys("models/") if "guideline" in it] == [learned, f"{learned}.note", other]


@pytest.mark.usefixtures("datasets")
def test_of_a_photo_that_has_expired_the_copies_are_found_by_what_was_captured(command, upload, put, keys):
    photo = put("gone", **ENDED)
    upload(record(photo, PICTURE), f"{HOUR}/00-01-000-a.jsonl")
    assert "3 files in data sets: aaaa, bbbb" in command(photo)
    assert keys("captures/") == []


@pytest.mark.usefixtures("datasets")
@pytest.mark.parametrize("breaks_at", range(9))
def test_a_run_that_breaks_off_anywhere_is_begun_again_and_does_the_rest(
    breaks_at, command, upload, put, item, keys, tmp_path, monkeypatch, cloud_variables, capsys
):
    photo = put(upload(), **ENDED)
    upload(record(photo, PICTURE) + record("1" * 64, OTHER), f"{HOUR}/00-01-000-a.jsonl")
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    changes = iter(range(100))

    def count(**_: object) -> None:
        if next(changes) == breaks_at:
            raise KeyboardInterrupt

    boto3.setup_default_session()
    for change in ("s3.DeleteObject", "s3.PutObject", "dynamodb.UpdateItem"):
        boto3.DEFAULT_SESSION.events.register(f"before-call.{change}", count)
    monkeypatch.setattr(sys, "argv", ["forget", "any", f"--photo={photo}", "--confirm=any"])
    with pytest.raises(KeyboardInterrupt):
        forget.main()
    boto3.setup_default_session()
    assert capsys.readouterr().out.endswith("some of this may be left: do the same again.\n")
    assert item(photo)["state"] == {"S": "routed"}
    command(photo)
    assert item(photo)["state"] == {"S": "forgotten"}
    assert sorted(item(photo)["data_sets"]["SS"]) == ["aaaa", "bbbb"]
    assert keys(KEY) == []
    assert keys("captures/") == [f"{HOUR}/00-01-000-a.jsonl"]
    assert len(keys("data/")) == 4


@pytest.mark.parametrize(
    "state",
    [
        {"state": "claimed"},
        ENDED | {"open": "untold", "since": ENDED["routed_at"]},
        {
            "state": "failed",
            "open": "failed",
            "since": ENDED["routed_at"],
        },  # the sweep gives it no age otherwise
    ],
)
def test_a_photo_that_has_not_come_to_its_end_is_refused(run, upload, put, keys, state):
    photo = put(upload(), **state)
    done = run("forget", f"--photo={photo}", "--confirm=any")
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"error: photo {photo} has not come to its end (make photo ENV=any ID={photo} shows it)"
    )
    assert done.stderr.endswith("nothing was removed\n")
    assert keys() == [KEY]


def test_a_photo_that_is_sent_again_meanwhile_is_not_called_forgotten(
    table, bucket, upload, put, item, tmp_path, monkeypatch, cloud_variables, run
):
    assert run  # which makes the environment
    photo = put(
        upload(), state="failed", open="failed", since="2026-11-26T12:00:03.000Z", expires="1803384000"
    )
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    s3, register = boto3.client("s3"), boto3.resource("dynamodb").Table(table)
    found = forget.find(s3, register, "any", bucket, photo, False)
    put(found.items[0]["version_id"], state="claimed")
    with pytest.raises(UserError, match="was sent again or decided meanwhile, and is not forgotten"):
        forget.remove(s3, register, bucket, found)
    assert item(photo)["state"] == {"S": "claimed"}


def test_a_capture_file_that_cannot_be_unpacked_stops_it_before_anything_is_removed(run, upload, put, keys):
    photo = put(upload(), **ENDED)
    upload(capture_traces.GZIP + b"damaged", f"{HOUR}/00-01-000-a.jsonl.gz")
    done = run("forget", f"--photo={photo}", "--confirm=any")
    assert done.returncode == 1
    assert "00-01-000-a.jsonl.gz cannot be unpacked" in done.stderr
    assert KEY in keys()


def test_what_remains_is_said_with_its_dates(s3, aws, prefix, bucket, table, command, upload, put, tmp_path):
    rules = [
        {"ID": "results", "Filter": {"Prefix": "results/"}, "Expiration": {"Days": 90}},
        {
            "ID": "old",
            "Filter": {"Prefix": ""},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
        },
    ]
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": [it | {"Status": "Enabled"} for it in rules]}
    )
    aws("logs").create_log_group(logGroupName=f"/aws/lambda/{prefix}-classify")
    aws("logs").put_retention_policy(logGroupName=f"/aws/lambda/{prefix}-classify", retentionInDays=30)
    said = command(put(upload(b"no picture"), **ENDED))
    assert "histories of its executions hold the photo itself, as inline_photos is true, until 2" in said
    assert "logs that name the key, until 2" in said
    last = datetime.now(UTC) + timedelta(days=120)  # as an old version, too
    assert f"results of bulk runs that name the key, until {last:%Y-%m-%d} at the latest" in said
    assert "mails about it" in said
    assert "the same photo under another key of the bucket" in said
    assert "only make forget by the key looks" in said
    assert "-restored" not in said
    aws("logs").create_log_group(logGroupName=f"/aws/lambda/{prefix}-serialize")  # which keeps all
    schema = {"AttributeName": "id", "KeyType": "HASH"}
    aws("dynamodb").create_table(
        TableName=f"{table}-restored",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[schema],
    )
    said = command(put(upload(), **ENDED))
    assert "logs that name the key, for good" in said
    assert f"its item in {table}-restored, for good" in said
    settings = tmp_path / "terraform/envs/any.tfvars"
    settings.write_text(settings.read_text() + "inline_photos       = false # a remark\n")
    assert "histories of its executions name the key until 2" in command(put(upload(), **ENDED))


@pytest.mark.parametrize(
    ("photo", "said"),
    [
        ("", "ID= names no photo"),
        ("photo.png", "ID=photo.png names no photo"),
        ("0" * 64, "the register of any has no photo '0000"),
        ("incoming/none.png", "any has nothing of 'incoming/none.png'"),
    ],
)
@pytest.mark.usefixtures("table", "bucket")
def test_a_photo_that_is_not_there_gets_one_line(run, photo, said):
    done = run("forget", f"--photo={photo}", "--confirm=any")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {said}")
