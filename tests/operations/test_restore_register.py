"""`make restore`: what the register lost comes back, and what it has stays as it is."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.builders import REGISTER

from core.console import UserError
from operations import photo_register, restore_register
from operations.restore_register import read_time, say

DAYS = 90 * 86400
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
MANY = 230  # more than two requests take


class Register:
    """The register of an environment `any`, and the command that restores it."""

    def __init__(self, dynamodb: Any, key: str, root: Path, variables: dict[str, str]) -> None:
        self.dynamodb, self.key, self.root, self.variables = dynamodb, key, root, variables
        prefix = f"p{uuid.uuid4().hex[:8]}"
        self.table, self.copy = f"{prefix}-photos", f"{prefix}-photos-restored"
        (root / "terraform/envs").mkdir(parents=True)
        (root / "terraform/envs/any.tfvars").write_text(f'prefix = "{prefix}"\n')

    def make(self, recovers: bool = True) -> None:
        encryption = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": self.key}
        self.dynamodb.create_table(TableName=self.table, **REGISTER, SSESpecification=encryption)
        self.dynamodb.update_continuous_backups(
            TableName=self.table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": recovers}
        )

    def put(self, photo: str, state: str = "routed", kept: float = DAYS, table: str = "") -> None:
        entry = {"id": {"S": photo}, "state": {"S": state}, "expires": {"N": f"{time.time() + kept:.0f}"}}
        bay = {"M": {"loading_bay": {"S": "A"}, "max_distance_km": {"N": "5"}}}
        self.dynamodb.put_item(TableName=table or self.table, Item={**entry, "assignment": bay})

    def delete(self, *photos: str) -> None:
        for photo in photos:
            self.dynamodb.delete_item(TableName=self.table, Key={"id": {"S": photo}})

    def items(self, table: str = "") -> dict[str, Any]:
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=table or self.table)
        return {item["id"]["S"]: item for page in pages for item in page["Items"]}

    def tables(self) -> list[str]:
        return [name for name in (self.table, self.copy) if photo_register.describe(self.dynamodb, name)]

    def restore(self, at: str, *more: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "operations.restore_register", "any", "--at", at, *more],
            cwd=self.root,
            env=os.environ | self.variables,
            capture_output=True,
            text=True,
        )


@pytest.fixture
def register(aws: Callable[[str], Any], tmp_path: Path, cloud_variables: dict[str, str]) -> Register:
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    return Register(aws("dynamodb"), key, tmp_path, cloud_variables)


def pass_a_second() -> str:
    """The time of now, when it is over: AWS restores to the second."""
    at = int(time.time()) + 1
    time.sleep(at + 0.05 - time.time())
    return say(datetime.fromtimestamp(at, UTC))


def test_what_was_deleted_by_mistake_comes_back_as_it_was(register):
    register.make()
    for number in range(MANY):
        register.put(f"photo-{number:03}")
    before, at = register.items(), pass_a_second()
    register.delete(*(f"photo-{number:03}" for number in range(0, MANY, 2)))
    done = register.restore(at)
    assert done.returncode == 0, done.stderr
    assert register.items() == before
    assert f"{MANY // 2} items put back, {MANY // 2} are as they were" in done.stdout
    assert done.stdout.endswith(f"{register.copy} is deleted\n")
    assert register.tables() == [register.table]
    assert f"call make forget again for whoever asked for it since {at}" in done.stdout


def test_what_people_decided_comes_back_and_what_waits_for_them_is_counted(register):
    register.make()
    made = {name: {"S": "bicycle"} for name in ("label", "vehicle", "by", "at", "execution")}
    days = {"N": f"{time.time() + DAYS:.0f}"}
    decided = {"decided": {"N": "1"}, "decision_1": {"M": made}, "confidence": {"NULL": True}}
    left = {"open": {"S": "waiting"}, "since": {"S": "archive 2026-11-26T12:00:00.000Z"}, "run": {"S": "r"}}
    for photo, state, more in (("routed", "routed", decided), ("bulk's", "waiting", left)):
        item = {"id": {"S": photo}, "state": {"S": state}, "expires": days, **more}
        register.dynamodb.put_item(TableName=register.table, Item=item)
    before, at = register.items(), pass_a_second()
    register.delete("routed", "bulk's")
    done = register.restore(at)
    assert register.items() == before
    assert f"1 of what is back wait for a person: of what was decided of them since {at}" in done.stdout
    assert "the record is lost, and make decide names it instead of routing twice" in done.stdout
    assert "wait for a person" not in register.restore(at).stdout


def test_a_photo_that_the_api_expects_still_comes_back_and_an_objection_is_one_who_waits(register):
    register.make()
    register.put("expected", "expected")
    register.put("no longer", "expected", kept=-1)
    register.put("objected")
    objected = {"open": {"S": "waiting"}, "since": {"S": "2026-11-26T12:00:00.000Z"}}
    register.dynamodb.put_item(TableName=register.table, Item=register.items()["objected"] | objected)
    at = pass_a_second()
    register.delete("expected", "no longer", "objected")
    done = register.restore(at)
    assert set(register.items()) == {"expected", "objected"}
    assert "2 items put back, 0 are as they were\n1 left out, since their days are over" in done.stdout
    assert "1 of what is back wait for a person" in done.stdout


def test_a_photo_that_went_on_since_is_named_and_left_as_it_is(register):
    register.make()
    register.put("kept")
    register.put("moved", "claimed")
    register.put("lost", "claimed")
    at = pass_a_second()
    register.put("moved")
    register.put("new")
    register.delete("lost")
    now = register.items()
    done = register.restore(at)
    assert "1 items put back, 1 are as they were\n1 differ by now, and were left as they are:\n  moved\n" in (
        done.stdout
    )
    after = register.items()
    assert after.pop("lost")["state"] == {"S": "claimed"}
    assert after == now


def test_what_would_be_deleted_by_its_age_anyhow_does_not_come_back(register):
    register.make()
    register.put("old", kept=-1)
    at = pass_a_second()
    register.delete("old")
    assert "1 left out, since their days are over" in register.restore(at).stdout
    assert register.items() == {}


def test_the_copy_has_the_same_key_no_index_and_is_paid_by_request_and_is_kept_if_asked_for(register):
    register.make()
    register.put("overwritten", "waiting")
    at = pass_a_second()
    register.put("overwritten")
    done = register.restore(at, "--keep")
    assert f"aws dynamodb delete-table --table-name {register.copy}" in done.stdout
    made = photo_register.describe(register.dynamodb, register.copy)
    assert made["SSEDescription"]["KMSMasterKeyArn"] == register.key
    assert made["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert not made.get("GlobalSecondaryIndexes")
    assert register.items(register.copy)["overwritten"]["state"] == {"S": "waiting"}


def test_one_that_was_cut_short_goes_on_with_the_copy_that_is_there(register, monkeypatch, capsys):
    register.make()
    register.put("first")
    at = pass_a_second()
    register.delete("first")
    moment = datetime.fromisoformat(at)

    def cut_short(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(restore_register, "add", cut_short)
        with pytest.raises(KeyboardInterrupt):
            restore_register.restore(register.dynamodb, register.table, moment, False, "make restore ...")
    assert f"{register.copy} is kept, go on with make restore ..." in capsys.readouterr().out
    assert register.tables() == [register.table, register.copy]
    other = register.restore(say(moment - timedelta(seconds=1)))
    assert (
        f"error: there is already a table {register.copy}, as of {at}: go on with that time" in other.stderr
    )
    done = register.restore(at)
    assert f"going on with {register.copy}" in done.stdout
    assert list(register.items()) == ["first"]
    assert register.tables() == [register.table]


def test_a_photo_that_is_claimed_between_the_look_and_the_write_is_not_overwritten(register, monkeypatch):
    register.make()
    register.put("again", "routed")
    at = datetime.fromisoformat(pass_a_second())
    register.delete("again")
    look_up = restore_register.look_up

    def claim_then(*given: Any) -> dict[str, Any]:
        found = look_up(*given)
        register.put("again", "claimed")
        return found

    monkeypatch.setattr(restore_register, "look_up", claim_then)
    restore_register.restore(register.dynamodb, register.table, at, False, "")
    assert register.items()["again"]["state"] == {"S": "claimed"}


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-11-26", "2026-11-26T05:00:00", "2026-11-26T25:00:00Z"]
)
def test_what_is_no_moment_is_a_mistake(text):
    with pytest.raises(UserError, match="is no time: write it as in AT=2026-11-27T05:00:00Z"):
        read_time(text, NOON)


def test_a_moment_may_be_given_in_any_zone_and_is_read_to_the_second():
    assert say(read_time("2026-11-26T05:00:00.9+02:00", NOON)) == "2026-11-26T03:00:00Z"
    with pytest.raises(UserError, match="lies in the future"):
        read_time("2026-11-26T12:00:01Z", NOON)


def test_its_help_says_what_it_does(register):
    assert "Put back what the register has lost" in register.restore("", "--help").stdout


def test_what_cannot_be_restored_is_one_line(register):
    def said() -> str:
        done = register.restore(say(datetime.now(UTC) - timedelta(hours=1)))
        assert (done.returncode, done.stdout) == (1, "")
        (line,) = done.stderr.splitlines()
        return line

    assert said() == f"error: there is no table {register.table} in this account and region"
    register.make(recovers=False)
    assert said().startswith(f"error: point-in-time recovery of {register.table} is off")
    register.dynamodb.update_continuous_backups(
        TableName=register.table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    assert said().startswith(f"error: {register.table} can be restored as of 20")
