"""An index is added to a register that has photos, and read in both directions, by pages, counted as well."""

import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.builders import REGISTER
from tests.localcloud.sessions import refusal

from operations import terraform

CAMERA = {"S": "source=gate-1"}
OPEN, SOURCE, *_later = REGISTER["GlobalSecondaryIndexes"]
DEFINED = [{"AttributeName": name, "AttributeType": "S"} for name in ("camera", "first_at")]
# As it was before it was read by camera, and by what came later.
BEFORE = REGISTER | {
    "GlobalSecondaryIndexes": [OPEN],
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"} for name in ("id", "open", "since")
    ],
}
PHOTOS = 7
CONFIGURATION = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "us-east-1"
}

variable "name" { type = string }
variable "indexes" { type = map(string) }

resource "aws_dynamodb_table" "this" {
  name         = var.name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  dynamic "attribute" {
    for_each = toset(concat(["id"], keys(var.indexes), values(var.indexes)))
    content {
      name = attribute.value
      type = "S"
    }
  }

  dynamic "global_secondary_index" {
    for_each = var.indexes
    content {
      name               = global_secondary_index.key
      hash_key           = global_secondary_index.key
      range_key          = global_secondary_index.value
      projection_type    = "INCLUDE"
      non_key_attributes = ["s3_key"]
    }
  }
}
"""


@pytest.fixture
def register(aws: Callable[[str], Any]) -> str:
    """A register with photos, to which the index `source` was added afterwards; its name."""
    dynamodb, name = aws("dynamodb"), f"photos-{uuid.uuid4()}"
    dynamodb.create_table(TableName=name, **BEFORE)
    for number in range(PHOTOS):
        item = {"id": {"S": f"p{number}"}, "first_at": {"S": f"2026-03-0{number + 1}"}, "camera": CAMERA}
        waited = {"waiting_at": {"S": "2026"}} if number % 2 else {}
        dynamodb.put_item(TableName=name, Item=item | waited | {"label": {"S": "bicycle"}})
    dynamodb.put_item(TableName=name, Item={"id": {"S": "bulk"}, "first_at": {"S": "2026-03-05"}})
    dynamodb.put_item(TableName=name, Item={"id": {"S": "early"}, "camera": CAMERA})
    updates = [{"Create": SOURCE}]
    dynamodb.update_table(TableName=name, AttributeDefinitions=DEFINED, GlobalSecondaryIndexUpdates=updates)
    return name


@pytest.fixture
def pages(aws: Callable[[str], Any], register: str) -> Callable[..., Iterator[dict[str, Any]]]:
    """Read the photos of a camera page by page."""

    def read(**more: Any) -> Iterator[dict[str, Any]]:
        asked = {
            "TableName": register,
            "IndexName": "source",
            "KeyConditionExpression": "camera = :camera",
            "ExpressionAttributeValues": {":camera": CAMERA},
            **more,
        }
        while True:
            page = aws("dynamodb").query(**asked)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    return read


def ids(page: dict[str, Any]) -> list[str]:
    return [item["id"]["S"] for item in page["Items"]]


def test_an_index_that_is_added_has_the_photos_that_were_there_and_leaves_the_others(aws, register):
    described = aws("dynamodb").describe_table(TableName=register)["Table"]
    indexes = {index["IndexName"]: index["IndexStatus"] for index in described["GlobalSecondaryIndexes"]}
    assert indexes == {"open": "ACTIVE", "source": "ACTIVE"}
    names = {each["AttributeName"] for each in described["AttributeDefinitions"]}
    assert names == {"id", "open", "since", "camera", "first_at"}
    updates = [{"Delete": {"IndexName": "source"}}]
    aws("dynamodb").update_table(TableName=register, GlobalSecondaryIndexUpdates=updates)
    described = aws("dynamodb").describe_table(TableName=register)["Table"]
    assert {each["AttributeName"] for each in described["AttributeDefinitions"]} == {"id", "open", "since"}


def test_a_photo_without_one_of_the_index_s_keys_is_not_in_it(pages):
    (page,) = pages()
    assert ids(page) == [f"p{number}" for number in range(PHOTOS)]
    assert page["Items"][1] == {
        "id": {"S": "p1"},
        "camera": CAMERA,
        "first_at": {"S": "2026-03-02"},
        "waiting_at": {"S": "2026"},
    }


def test_the_newest_come_first_and_go_on_where_the_last_page_ended(pages):
    read = [ids(page) for page in pages(ScanIndexForward=False, Limit=3)]
    assert read == [["p6", "p5", "p4"], ["p3", "p2", "p1"], ["p0"]]


def test_a_page_that_is_just_full_says_where_to_go_on_and_nothing_follows(pages):
    assert [ids(page) for page in pages(Limit=PHOTOS)] == [[f"p{number}" for number in range(PHOTOS)], []]


def test_photos_are_counted_by_pages_before_and_after_a_filter(pages):
    counted = list(pages(Select="COUNT", Limit=4, FilterExpression="attribute_exists(waiting_at)"))
    assert [(page["Count"], page["ScannedCount"]) for page in counted] == [(2, 4), (1, 3)]
    assert not any("Items" in page for page in counted)


def test_what_is_filtered_away_takes_its_place_on_the_page(pages):
    read = list(pages(Limit=1, FilterExpression="attribute_exists(waiting_at)", ProjectionExpression="id"))
    assert [ids(page) for page in read] == [[], ["p1"], [], ["p3"], [], ["p5"], [], []]
    assert read[1]["Items"] == [{"id": {"S": "p1"}}]


def test_waiting_drivers_are_told_from_the_archive_by_what_since_begins_with(aws, register):
    dynamodb = aws("dynamodb")
    for since in ("2026-03-01T09:20", "archive 2026-03-01T09:10", "archive 2026-03-01T09:20"):
        item = {"id": {"S": since}, "open": {"S": "waiting"}, "since": {"S": since}}
        dynamodb.put_item(TableName=register, Item=item)

    def query(condition: str) -> list[str]:
        found = dynamodb.query(
            TableName=register,
            IndexName="open",
            KeyConditionExpression=f"#open = :waiting AND {condition}",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues={":waiting": {"S": "waiting"}, ":archive": {"S": "archive "}},
        )
        return ids(found)

    assert query("since < :archive") == ["2026-03-01T09:20"]
    assert query("begins_with(since, :archive)") == ["archive 2026-03-01T09:10", "archive 2026-03-01T09:20"]


@pytest.mark.parametrize(
    ("key", "value"), [("camera", {"S": ""}), ("camera", {"N": "1"}), ("open", {"NULL": True})]
)
@pytest.mark.parametrize("photo", ["p0", "new"])
def test_no_key_of_an_index_gets_a_value_that_is_none(aws, register, key, value, photo):
    dynamodb, asked = aws("dynamodb"), {"TableName": register, "Key": {"id": {"S": photo}}}
    before = dynamodb.get_item(**asked).get("Item")
    update = {
        "UpdateExpression": "SET #key = :value, label = :label",
        "ExpressionAttributeNames": {"#key": key},
        "ExpressionAttributeValues": {":value": value, ":label": {"S": "van"}},
    }
    assert refusal(dynamodb.update_item, **asked, **update)[0] == "ValidationException"
    assert dynamodb.get_item(**asked).get("Item") == before


PUTS = {
    "attribute_not_exists(id)": ["new"],
    "attribute_not_exists(id) OR begins_with(since, :archive)": ["new", "archive"],
    "attribute_exists(run) AND begins_with(since, :archive)": ["archive"],
    "#state = :waiting AND attribute_exists(run)": ["archive"],
}


@pytest.mark.parametrize("condition", PUTS)
def test_an_item_is_put_if_its_condition_holds_of_what_is_there(aws, register, condition):
    dynamodb, waiting = aws("dynamodb"), {"state": {"S": "waiting"}}
    kept: dict[str, Any] = {
        "archive": waiting | {"since": {"S": "archive 2026"}, "run": {"S": "r"}},
        "driver": waiting | {"since": {"S": "2026"}},
    }
    for photo, item in kept.items():
        dynamodb.put_item(TableName=register, Item={"id": {"S": photo}, **item})
    names = {"ExpressionAttributeNames": {"#state": "state"}} if "#state" in condition else {}
    values = {":archive": {"S": "archive "}, ":waiting": {"S": "waiting"}}
    used = {name: value for name, value in values.items() if name in condition}
    written = []
    for photo in ("new", "archive", "driver"):
        asked = {"TableName": register, "Item": {"id": {"S": photo}, "written": {"BOOL": True}}, **names}
        asked |= {"ExpressionAttributeValues": used} if used else {}
        try:
            dynamodb.put_item(**asked, ConditionExpression=condition)
            written.append(photo)
        except dynamodb.exceptions.ConditionalCheckFailedException:
            found = dynamodb.get_item(TableName=register, Key={"id": {"S": photo}}).get("Item")
            assert found == ({"id": {"S": photo}, **kept[photo]} if photo in kept else None)
    assert written == PUTS[condition]


def test_terraform_adds_an_index_to_a_table_and_takes_it_away_again(
    aws: Callable[[str], Any], cloud: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terraform, "BUILD", tmp_path / "build")
    keys = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
    variables = terraform.variables("local") | keys | {"AWS_ENDPOINT_URL": cloud}
    name = f"photos-{uuid.uuid4()}"
    (tmp_path / "main.tf").write_text(CONFIGURATION)
    shutil.copy(terraform.CONFIGURATION / ".terraform.lock.hcl", tmp_path)

    def run(verb: str, *options: str) -> int:
        command = ["terraform", verb, "-no-color", "-input=false", *options]
        return subprocess.run(command, cwd=tmp_path, env=variables, check=False).returncode

    def apply(indexes: str) -> list[str]:
        set_to = f"-var=name={name}", f"-var=indexes={indexes}"
        assert run("apply", "-auto-approve", *set_to) == 0
        assert run("plan", "-detailed-exitcode", *set_to) == 0
        found = aws("dynamodb").describe_table(TableName=name)["Table"]["GlobalSecondaryIndexes"]
        return sorted(index["IndexName"] for index in found)

    assert run("init") == 0
    assert apply('{open="since"}') == ["open"]
    item = {"id": {"S": "p"}, "camera": CAMERA, "first_at": {"S": "2026"}}
    aws("dynamodb").put_item(TableName=name, Item=item)
    assert apply('{open="since",camera="first_at"}') == ["camera", "open"]
    found = aws("dynamodb").query(
        TableName=name,
        IndexName="camera",
        KeyConditionExpression="camera = :camera",
        ExpressionAttributeValues={":camera": CAMERA},
    )
    assert found["Items"] == [item]
    assert apply('{open="since"}') == ["open"]
