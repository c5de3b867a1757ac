"""`make withdraw` and `make labels`: a label counts no more, and what was made with it is told, both ways."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.builders import make_label, pack, put_label

from core import environment, label_store
from core.console import UserError
from core.contract import register
from operations import labels_now, monitor_now, withdraw

NOW = datetime.now(UTC)
ANNA_S, BEN_S = "a" * 64, "b" * 64  # photos
LABELS = (f"{ANNA_S}-1", f"{ANNA_S}-2", f"{BEN_S}-1")
SETS = {"drawings": None, "empty": [], "first": [LABELS[0]], "second": [*LABELS]}  # and their labels
MODELS = {"0123456789abcdef": "first", "1123456789abcdef": "second", "2123456789abcdef": "drawings"}


@pytest.fixture
def s3(aws):
    return aws("s3")


@pytest.fixture
def deployed(s3, bucket, table, reviews, prefix, tmp_path, monkeypatch, cloud_variables):
    """An environment with three labels of two photos, data sets and models; what its outputs say."""
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "terraform/envs").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    at = register.write_time(NOW - timedelta(days=1))
    for photo, number in ((ANNA_S, 1), (ANNA_S, 2), (BEN_S, 1)):
        put_label(s3, bucket, make_label(photo, number, at=at, routed_day="", blind=False))
    for dataset, names in SETS.items():
        sheet = {"dataset_id": dataset} | ({} if names is None else {"labels": names})
        s3.put_object(Bucket=bucket, Key=f"data/{dataset}/dataset.json", Body=json.dumps(sheet).encode())
    for model, dataset in MODELS.items():
        artefact = pack({"metrics.json": json.dumps({"dataset_id": dataset}).encode()})
        s3.put_object(Bucket=bucket, Key=f"models/{model}/model.tar.gz", Body=artefact)
    api = {"reviews_table": f"{prefix}-reviews", "person_days": 30, "person_statistics": False}
    told = {"bucket": bucket, "register_table": table, "api": api, "function_names": {"label": "label"}}
    monkeypatch.setattr(environment, "outputs", lambda _env: told)
    reviews(ANNA_S)  # makes the table
    return told


@pytest.fixture
def decided(aws, deployed):
    """Put down who said a photo's labels."""

    def put(photo: str, **who: str) -> None:
        item: dict[str, Any] = {"photo": {"S": photo}, "expires": {"N": str(int(NOW.timestamp()) + 86_400)}}
        at = {"S": register.write_time(NOW - timedelta(days=1))}
        item |= {name: {"M": {"by": {"S": by}, "at": at}} for name, by in who.items()}
        aws("dynamodb").put_item(TableName=deployed["api"]["reviews_table"], Item=item)

    return put


@pytest.fixture
def call(monkeypatch, capsys):
    def call(command, *arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["command", "any", *arguments])
        command.main()
        return capsys.readouterr().out

    return call


@pytest.mark.usefixtures("deployed")
def test_a_label_counts_no_more_and_what_was_made_with_it_is_named(call, s3, bucket):
    said = call(withdraw, f"--id={LABELS[0]}", "--reason=the wrong vehicle")
    assert said.splitlines() == [
        "1 labels are withdrawn",
        f"  {LABELS[0]}",
        "A data set that was made with 1 of them: first",
        "A data set that was made with 1 of them: second",
        "A model that was trained on it, and stays: models/0123456789abcdef",
        "A model that was trained on it, and stays: models/1123456789abcdef",
        "make dataset ENV=any makes a version without them.",
    ]
    labels = label_store.read(s3, bucket)
    assert labels.withdrawn == {LABELS[0]: "the wrong vehicle"}
    assert [it.name for it in labels.standing] == [*LABELS[1:]]
    # The label itself is as it was, and so is the first reason.
    again = call(withdraw, f"--id={LABELS[0]}", "--reason=another")
    assert again.startswith("0 labels are withdrawn; 1 were before\n")
    assert label_store.read(s3, bucket).withdrawn == {LABELS[0]: "the wrong vehicle"}


@pytest.mark.usefixtures("deployed")
def test_a_data_set_s_labels_are_named_and_which_of_them_are_withdrawn(call, s3, bucket):
    call(withdraw, f"--id={LABELS[2]}", "--reason=blurred")
    said = call(labels_now, "--dataset=second")
    assert all(name in said for name in LABELS)
    assert said.count("blurred") == 1
    assert "1 of them are withdrawn or gone" in said
    s3.delete_object(Bucket=bucket, Key=next(it.key for it in label_store.read(s3, bucket).all))
    assert "2 of them are withdrawn or gone" in call(labels_now, "--dataset=second")
    assert "0 labels of drawings" in call(labels_now, "--dataset=drawings")
    with pytest.raises(UserError, match="there is no data set 'nothing'"):
        call(labels_now, "--dataset=nothing")


@pytest.mark.usefixtures("deployed")
def test_all_labels_of_a_photo(call):
    said = call(withdraw, f"--id={ANNA_S}", "--reason=a mistake")
    assert said.startswith("2 labels are withdrawn\n")
    assert "made with 2 of them: second" in said


def test_all_labels_of_a_person_as_long_as_it_is_known(call, decided, s3, bucket):
    decided(ANNA_S, decision_1="anna", decision_2="ben")
    decided(BEN_S, decision_1="ben")
    said = call(withdraw, "--id=ben", "--reason=did not look")
    assert {*label_store.read(s3, bucket).withdrawn} == {*LABELS[1:]}
    assert "made with 2 of them: second" in said
    assert "ben" not in json.dumps(label_store.read(s3, bucket).withdrawn)
    with pytest.raises(UserError, match="any has no label of 'cleo'"):
        call(withdraw, "--id=cleo", "--reason=did not look")


@pytest.mark.usefixtures("deployed")
def test_nobody_is_asked_any_more_what_rests_on_a_withdrawn_label(call, aws, table):
    dynamodb = aws("dynamodb")
    for photo, state in ((ANNA_S, "known"), (BEN_S, "due")):
        item = {
            "id": photo,
            "labelling": state,
            "labelling_at": "2026-11-26",
            "known": "bicycle",
            "state": "routed",
        }
        dynamodb.put_item(TableName=table, Item={name: {"S": text} for name, text in item.items()})
    for photo in (ANNA_S, BEN_S):
        call(withdraw, f"--id={photo}-1", "--reason=wrong")
    left = [
        dynamodb.get_item(TableName=table, Key={"id": {"S": it}})["Item"].keys() for it in (ANNA_S, BEN_S)
    ]
    assert [{*it} for it in left] == [{"id", "state"}, {"id", "state", "labelling", "labelling_at"}]


@pytest.mark.usefixtures("deployed")
def test_nothing_is_withdrawn_where_a_data_set_cannot_be_read(call, s3, bucket):
    s3.put_object(Bucket=bucket, Key="data/broken/dataset.json", Body=b"{")
    with pytest.raises(UserError, match=r"data/broken/dataset.json cannot be read"):
        call(withdraw, f"--id={ANNA_S}", "--reason=wrong")
    assert label_store.read(s3, bucket).withdrawn == {}


@pytest.mark.usefixtures("deployed")
def test_what_could_not_be_written_is_said_and_the_rest_is_counted(monkeypatch, capsys):
    def fail(name: str) -> None:
        raise UserError(f"{name} failed: AccessDenied: no")

    monkeypatch.setattr(monitor_now, "invoke", fail)
    monkeypatch.setattr("sys.argv", ["labels_now", "any"])
    assert labels_now.main() == 1
    said = capsys.readouterr().out
    assert said.startswith("Not all labels were written: label failed: AccessDenied: no\n")
    assert "What people said" in said


def test_since_a_time_to_come_is_refused(call):
    with pytest.raises(UserError, match="2031-01-01 is not over yet"):
        call(labels_now, "--since=2031-01-01")


def test_labels_are_written_and_counted(call, decided, monkeypatch):
    done = {"written": 1234, "known": 2, "gone": 1, "left": 0}
    monkeypatch.setattr(monitor_now, "invoke", lambda name: done if name == "label" else None)
    decided(ANNA_S, decision_1="anna", decision_2="ben")
    said = call(labels_now)
    assert said.splitlines()[0] == (
        "1,234 labels were written; 1 photos were gone, so that there is no copy; of 2 more photos the answer is known"
    )
    assert "too new" in said
    assert "1 photos were judged by two people: they agree on 100.0%" in said
    assert "anna" not in said
    assert "any has no labels since" in call(labels_now, f"--since={NOW:%Y-%m-%dT%H:%M:%SZ}")
