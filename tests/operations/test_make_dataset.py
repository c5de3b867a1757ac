"""make dataset, as somebody uses it: labels in an environment's bucket become a version, here and there."""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.builders import make_label, png, put_label

from core import environment
from core.console import UserError
from core.contract import labels, register
from operations import dataset_traces, make_dataset
from training import dataset, dataset_versions, sample
from training.promote import MODEL_KEYS

COUNT = 45  # more than a person needs to count
NOW = datetime.now(UTC)


def photo(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


@pytest.fixture(scope="module")
def drawn() -> list[tuple[bytes, str]]:
    rows = sample.draw(60, 2, seed=9).train
    return [
        (png(pixels), ["bicycle", "motorcycle"][it])
        for pixels, it in zip(rows.images, rows.labels, strict=True)
    ]


@pytest.fixture
def place(bucket, table, reviews, prefix, staged_sample, tmp_path, monkeypatch, cloud_variables):
    """An environment's bucket and table, and a project with drawings that are staged."""
    assert reviews  # which makes the table
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    Path("terraform/envs").mkdir(parents=True)
    Path("terraform/envs/local.tfvars").touch()
    shutil.copytree(staged_sample, "build/data/sample")
    api = {"reviews_table": f"{prefix}-reviews", "person_days": 30, "person_statistics": False}
    monkeypatch.setattr(
        environment, "outputs", lambda _env: {"bucket": bucket, "api": api, "register_table": table}
    )
    return bucket


@pytest.fixture
def say(aws, place, prefix, drawn) -> Callable[..., labels.Label]:
    """Somebody says what is on a photo: say(3, by="anna", blind=True). Of whoever says little nothing counts."""

    def write(number: int, by: str = "anna", withdrawn: str = "", **more: Any) -> labels.Label:
        content, cls = drawn[number]
        at = register.write_time(NOW - timedelta(minutes=300 - number))
        told = {"blind": False, "at": at, "came_at": at, "label": cls} | more
        label = put_label(aws("s3"), place, make_label(photo(number), **told), content, withdrawn)
        decided = {"decision_1": {"M": {"by": {"S": by}, "way": {"S": "blind"}}}}
        expires = {"expires": {"N": str(int((NOW + timedelta(days=20)).timestamp()))}}
        aws("dynamodb").put_item(
            TableName=f"{prefix}-reviews", Item={"photo": {"S": photo(number)}, **decided, **expires}
        )
        return label

    return write


def command(monkeypatch, *flags: str) -> None:
    monkeypatch.setattr("sys.argv", ["make_dataset", "local", *flags])
    make_dataset.main()


@pytest.mark.parametrize("share", ["1", "-0.1", "nan"])
def test_a_share_that_is_none_is_refused(monkeypatch, share):
    with pytest.raises(UserError, match=rf"--tested {share} is not a share from 0 to below 1"):
        command(monkeypatch, f"--tested={share}")


def keys(aws, bucket: str, prefix: str) -> set[str]:
    pages = aws("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {it["Key"].removeprefix(prefix) for page in pages for it in page.get("Contents", ())}


def test_labels_become_a_version_here_and_in_the_bucket(aws, place, say, drawn, monkeypatch, capsys):
    for number in range(COUNT):
        say(number, blind=number < 10)
    command(monkeypatch, "--otherwise", "build/data/sample")
    said = capsys.readouterr().out
    newest = Path("build/data/local")
    info = dataset_versions.read_info(newest)
    base = dataset_versions.read_info(Path("build/data/sample"))
    assert newest.is_symlink() and newest.resolve().name == f"local-{info['dataset_id']}"
    assert info["parents"] == [base["dataset_id"]] and len(info["labels"]) == COUNT
    assert len(dataset.load(newest, dataset.LIVE).names) == 10
    assert f"data set {info['dataset_id']}, of {base['dataset_id']} and {COUNT} labels" in said
    assert "make train DATA=build/data/local" in said and "No photo with a label is left out." in said
    files = {path.relative_to(newest).as_posix() for path in newest.rglob("*") if path.is_file()}
    assert keys(aws, place, f"data/{info['dataset_id']}/") == files
    # What it was made of is there too.
    assert "dataset.json" in keys(aws, place, f"data/{base['dataset_id']}/")
    train = dataset.load(newest, "train")
    ours = {name for name in train.names if name in dataset_versions.read_origins(newest)}
    assert ours and all(name.split("_")[0] in ("bicycle", "motorcycle") for name in ours)
    # By which make forget finds the copy of a photo.
    known = dataset_traces.know(drawn[20][0])
    versions = dataset_traces.find_copies(aws("s3"), place, [known])
    assert [it.key.split("/")[1] for it in versions if it.key.endswith(".png")] == [info["dataset_id"]]


def test_the_next_one_is_of_the_live_models_data_set_and_has_what_is_new(say, monkeypatch, capsys):
    for number in range(42):
        say(number)
    first = make_dataset.make("local", otherwise=Path("build/data/sample"))
    model = dict.fromkeys(MODEL_KEYS, "") | {"dataset_id": first.info["dataset_id"]}
    Path("terraform/envs/local.model.tfvars.json").write_text(json.dumps({"model": model}))
    shutil.rmtree("build/data")  # somebody else's laptop
    say(50)
    say(51, withdrawn="the camera was covered")
    second = make_dataset.make("local")
    assert second.info["parents"] == [first.info["dataset_id"], first.info["parents"][0]]
    assert f"{photo(50)}-1" in second.info["labels"] and len(second.info["labels"]) == 43
    assert second.info["left_out"] == {"withdrawn": 1}
    command(monkeypatch, "--otherwise", "build/data/none")
    assert "1 withdrawn" in capsys.readouterr().out
    assert make_dataset.make("local").info == second.info


def test_a_withdrawn_label_is_in_no_later_version_and_the_earlier_one_stays(
    aws, place, say, monkeypatch, capsys
):
    said = [say(number) for number in range(42)]
    first = make_dataset.make("local", given=Path("build/data/sample"))
    marker = labels.place(said[3].at, said[3].name, labels.WITHDRAWN)
    aws("s3").put_object(Bucket=place, Key=marker, Body=json.dumps({"at": "", "reason": "wrong"}).encode())
    before = keys(aws, place, f"data/{first.info['dataset_id']}/")
    later = make_dataset.make("local", given=Path("build/data/local"))
    assert said[3].name not in later.info["labels"] and said[3].name in first.info["labels"]
    assert keys(aws, place, f"data/{first.info['dataset_id']}/") == before
    command(monkeypatch, "--data", "build/data/local")
    assert "It is what the parent is" in capsys.readouterr().out


def test_without_somebody_and_without_what_is_older(say):
    for number in range(42):
        say(number)
    for number in range(42, 46):
        say(number, by="ben")
    sample_set = Path("build/data/sample")
    whole = make_dataset.make("local", given=sample_set)
    assert whole.left_out == {"too new": 4}
    without = make_dataset.make("local", given=sample_set, exclude=["ben"])
    assert without.left_out == {"excluded": 4} and without.info["content"] == whole.info["content"]
    alone = make_dataset.make("local", given=sample_set, exclude=["anna"])
    assert alone.left_out == {"excluded": 42, "too new": 4}
    assert alone.info["content"] == alone.info["same_as"] == whole.info["parents"][0]
    with pytest.raises(UserError, match=r"EXCLUDE names eve, .*make labels"):
        make_dataset.make("local", given=sample_set, exclude=["eve"])
    late = make_dataset.make("local", given=sample_set, since=NOW - timedelta(minutes=270))
    assert 5 < len(late.info["labels"]) < 20


def test_whose_labels_were_excluded_theirs_do_not_come_back_when_nobody_knows_them_any_more(aws, prefix, say):
    ours = [say(number).name for number in range(42)]
    theirs = [say(number, by="ben").name for number in range(42, 46)]
    sample_set = Path("build/data/sample")
    first = make_dataset.make("local", given=sample_set, exclude=["ben"])
    assert first.info["excluded"] == sorted(theirs) and first.info["labels"] == sorted(ours)
    for number in range(46):  # so many days later
        aws("dynamodb").delete_item(TableName=f"{prefix}-reviews", Key={"photo": {"S": photo(number)}})
    say(50)
    second = make_dataset.make("local", given=first.folder)
    assert second.info["labels"] == sorted(ours) and second.info["excluded"] == sorted(theirs)
    # Nor where another parent is chosen, as long as the live model was made without them.
    model = dict.fromkeys(MODEL_KEYS, "") | {"dataset_id": second.info["dataset_id"]}
    Path("terraform/envs/local.model.tfvars.json").write_text(json.dumps({"model": model}))
    other = make_dataset.make("local", given=sample_set)
    assert other.info["excluded"] == sorted(theirs) and not {*other.info["labels"]} & {*theirs}


def test_what_stood_while_it_was_known_who_said_it_stands_later_though_no_model_came_of_it(
    aws, prefix, say, monkeypatch, capsys
):
    ours = [say(number).name for number in range(42)]
    sample_set = Path("build/data/sample")
    first = make_dataset.make("local", given=sample_set)
    late = [say(number).name for number in range(42, 45)]
    for number in range(45):
        aws("dynamodb").delete_item(TableName=f"{prefix}-reviews", Key={"photo": {"S": photo(number)}})
    again = make_dataset.make("local", given=sample_set)
    assert first.info["labels"] == again.info["labels"] == sorted(ours)
    assert again.left_out == {"nobody knows who said it": len(late)}
    command(monkeypatch, "--data", "build/data/sample")
    assert "3 nobody knows who said it" in capsys.readouterr().out


def test_a_data_set_in_the_bucket_that_is_broken_is_named(aws, place, say):
    say(1)
    aws("s3").put_object(Bucket=place, Key="data/0123456789abcdef/dataset.json", Body=b"{")
    with pytest.raises(UserError, match=r"data/0123456789abcdef/dataset\.json is no data set's"):
        make_dataset.make("local", given=Path("build/data/sample"))
    assert not Path("build/data/local").exists()


def test_the_live_split_has_two_strata_and_says_how_many_there_are_of_each(aws, table, say):
    said = [
        say(number, blind=number < 6, routed_day="" if number >= 6 else f"{NOW:%Y-%m-%d}")
        for number in range(45)
    ]
    for number in range(70):
        item = {"id": f"r{number}", "day": f"{NOW:%Y-%m-%d} model", "s3_key": "incoming/x.png"}
        aws("dynamodb").put_item(TableName=table, Item={name: {"S": it} for name, it in item.items()})
    made = make_dataset.make("local", given=Path("build/data/sample"))
    origins = dataset_versions.read_origins(made.folder)
    live = {name: origins[name].stratum for name in dataset.load(made.folder, dataset.LIVE).names}
    strata = Counter(live.values())
    assert strata["accepted"] == 6 and 1 <= strata["waited"] <= 14 and len(strata) == 2
    assert made.info["traffic"] == {"accepted": 70, "waited": 39}
    assert {it.at for it in origins.values()} == {it.came_at for it in said}


def test_what_has_no_readable_copy_is_named_and_counted(aws, place, say, drawn, monkeypatch, capsys):
    said = [say(number) for number in range(42)]
    aws("s3").put_object(Bucket=place, Key=said[5].picture, Body=drawn[6][0])
    aws("s3").delete_object(Bucket=place, Key=said[6].picture)
    command(monkeypatch, "--data", "build/data/sample")
    told = capsys.readouterr().out
    assert "2 its copy cannot be read" in told
    assert f"left out: {said[5].name} (its copy is not what was looked at)" in told
    assert f"left out: {said[6].name}" in told


def test_a_photo_that_was_forgotten_in_the_bucket_does_not_come_back(aws, place, say):
    for number in range(42):
        say(number)
    first = make_dataset.make("local", otherwise=Path("build/data/sample"))
    model = dict.fromkeys(MODEL_KEYS, "") | {"dataset_id": first.info["dataset_id"]}
    Path("terraform/envs/local.model.tfvars.json").write_text(json.dumps({"model": model}))
    lost = dataset.load(first.folder, "train").names[0]
    aws("s3").delete_object(Bucket=place, Key=f"data/{first.info['dataset_id']}/train/{lost}")
    say(50)
    second = make_dataset.make("local")
    assert lost not in dataset.load(second.folder, "train").names
    assert not (first.folder / "train" / lost).exists()
    assert f"train/{lost}" not in keys(aws, place, f"data/{second.info['dataset_id']}/")


@pytest.mark.usefixtures("place")
def test_a_folder_of_that_name_is_not_replaced():
    Path("build/data/local").mkdir()
    with pytest.raises(UserError, match="is no link to a version"):
        make_dataset.make("local", given=Path("build/data/sample"))


@pytest.mark.usefixtures("place")
def test_without_any_parent_one_is_asked_for():
    with pytest.raises(UserError, match="DATA="):
        make_dataset.make("local")
    with pytest.raises(UserError, match="make stage"):
        make_dataset.make("local", otherwise=Path("build/data/none"))
