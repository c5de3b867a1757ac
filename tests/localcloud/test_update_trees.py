"""Expressions of DynamoDB whose trees are kept: each request has its own names, values and item all the same."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from tests.localcloud.sessions import refusal

UPDATES: dict[str, list[tuple[dict[str, str], dict[str, Any], dict[str, Any]]]] = {
    "SET #a = :a, #b = if_not_exists(#b, :b) REMOVE #c ADD n :one": [
        (
            {"#a": "a", "#b": "b", "#c": "c"},
            {":a": {"S": "x"}, ":b": {"S": "first"}, ":one": {"N": "1"}},
            {"a": {"S": "x"}, "b": {"S": "first"}, "n": {"N": "1"}},
        ),
        (
            {"#a": "c", "#b": "b", "#c": "a"},
            {":a": {"S": "y"}, ":b": {"S": "second"}, ":one": {"N": "2"}},
            {"c": {"S": "y"}, "b": {"S": "first"}, "n": {"N": "3"}},
        ),
    ],
    "SET l = list_append(if_not_exists(l, :none), :more)": [
        ({}, {":none": {"L": []}, ":more": {"L": [{"S": "1"}]}}, {"l": {"L": [{"S": "1"}]}}),
        ({}, {":none": {"L": []}, ":more": {"L": [{"S": "2"}]}}, {"l": {"L": [{"S": "1"}, {"S": "2"}]}}),
    ],
    "SET m = :m, k = :k": [
        (
            {},
            {":m": {"M": {"a": {"N": "1"}}}, ":k": {"N": "5"}},
            {"m": {"M": {"a": {"N": "1"}}}, "k": {"N": "5"}},
        ),
        (
            {},
            {":m": {"M": {"a": {"N": "2"}}}, ":k": {"N": "6"}},
            {"m": {"M": {"a": {"N": "2"}}}, "k": {"N": "6"}},
        ),
    ],
}
THEN: dict[str, tuple[dict[str, str], dict[str, Any], dict[str, Any]]] = {
    "SET m.#a = m.#a + :n, copied = k": (
        {"#a": "a"},
        {":n": {"N": "3"}},
        {"m": {"M": {"a": {"N": "5"}}}, "copied": {"N": "6"}, "k": {"N": "6"}},
    ),
    "REMOVE l[0], l[1]": ({}, {}, {"l": {"L": []}}),
    "DELETE s :s": ({}, {":s": {"SS": ["b"]}}, {"s": {"SS": ["a"]}}),
}
MISTAKES = {
    "SET a = :v, a = :v": "Two document paths overlap",
    "SET #a = :v REMOVE #b": "Two document paths overlap",
    "SET a = :v SET b = :v": "can only be used once",
    "SET id = :v": "This attribute is part of the key",
    "SET state = :v": "reserved keyword",
    "SET a = :v REMOVE": "Syntax error",
}


@pytest.fixture
def update(aws: Callable[[str], Any], table: str) -> Callable[..., dict[str, Any]]:
    """Update the photo; answer what it has then besides its id."""

    def run(expression: str, names: dict[str, str], values: dict[str, Any], **more: Any) -> dict[str, Any]:
        asked = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
        answer = aws("dynamodb").update_item(
            TableName=table,
            Key={"id": {"S": more.pop("photo", "p")}},
            UpdateExpression=expression,
            ReturnValues="ALL_NEW",
            **{name: given for name, given in asked.items() if given},
            **more,
        )
        return {name: value for name, value in answer["Attributes"].items() if name != "id"}

    return run


@pytest.mark.parametrize("expression", UPDATES)
def test_the_same_expression_means_each_time_what_its_request_says(update, expression):
    for names, values, expected in UPDATES[expression]:
        assert update(expression, names, values) == expected
    names, values, expected = UPDATES[expression][0]
    assert update(expression, names, values, photo="another") == expected


def test_parts_of_an_item_are_changed_in_their_places(update):
    kept: dict[str, Any] = {
        "m": {"M": {"a": {"N": "2"}}},
        "k": {"N": "6"},
        "l": {"L": [{"S": "1"}, {"S": "2"}]},
    }
    kept["s"] = {"SS": ["a", "b"]}
    values = {f":{name}": value for name, value in kept.items()}
    assert update("SET m = :m, k = :k, l = :l, s = :s", {}, values) == kept
    for expression, (names, values, expected) in THEN.items():
        kept |= expected
        assert update(expression, names, values) == kept


@pytest.mark.parametrize("expression", MISTAKES)
def test_a_mistake_is_refused_each_time_and_nothing_is_written(aws, table, update, expression):
    names = {name: "a" for name in ("#a", "#b") if name in expression}
    for _ in range(2):
        code, _, message = refusal(update, expression=expression, names=names, values={":v": {"S": "x"}})
        assert (code, MISTAKES[expression] in message) == ("ValidationException", True), message
    assert aws("dynamodb").scan(TableName=table)["Items"] == []


def test_two_names_are_one_attribute_in_one_request_and_two_in_the_next(update):
    expression, value = "SET #a = :v, #b = :v", {":v": {"S": "x"}}
    assert update(expression, {"#a": "a", "#b": "b"}, value) == {"a": {"S": "x"}, "b": {"S": "x"}}
    assert "overlap" in refusal(update, expression=expression, names={"#a": "a", "#b": "a"}, values=value)[2]
    assert update(expression, {"#a": "c", "#b": "b"}, value).keys() == {"a", "b", "c"}


def test_a_condition_is_asked_of_the_item_as_it_is_and_with_the_request_s_own_values(aws, update):
    condition = "attribute_not_exists(#s) OR #s = :before OR (n < :n AND begins_with(#s, :start))"
    refused = aws("dynamodb").exceptions.ConditionalCheckFailedException

    def change(before: str, after: str, n: str, start: str = "z", name: str = "state") -> dict[str, Any]:
        values = {":before": {"S": before}, ":after": {"S": after}, ":n": {"N": n}, ":start": {"S": start}}
        return update("SET #s = :after, n = :n", {"#s": name}, values, ConditionExpression=condition)

    assert change("", "claimed", "1")["state"] == {"S": "claimed"}
    with pytest.raises(refused):
        change("waiting", "routed", "2")
    assert change("claimed", "waiting", "2")["state"] == {"S": "waiting"}
    with pytest.raises(refused):
        change("claimed", "routed", "3", start="cla")
    assert change("claimed", "routed", "3", start="wait")["state"] == {"S": "routed"}
    with pytest.raises(refused):
        change("claimed", "failed", "3", start="rout")
    assert change("", "other", "0", name="kind")["kind"] == {"S": "other"}


def test_a_request_without_a_condition_has_none_whatever_came_before(aws, update, table):
    with pytest.raises(aws("dynamodb").exceptions.ConditionalCheckFailedException):
        update("REMOVE a", {}, {}, ConditionExpression="attribute_exists(a)")
    assert update("REMOVE a", {}, {}) == {}
    aws("dynamodb").put_item(TableName=table, Item={"id": {"S": "p"}, "b": {"S": "x"}})
    assert update("REMOVE b", {}, {}) == {}


def test_what_an_item_was_is_answered_as_it_was(aws, table, update):
    update("SET m = :m, l = :l", {}, {":m": {"M": {"a": {"S": "x"}}}, ":l": {"L": [{"S": "x"}]}})
    asked = {"TableName": table, "Key": {"id": {"S": "p"}}, "ReturnValues": "ALL_OLD"}
    value = {":y": {"S": "y"}}
    answer = aws("dynamodb").update_item(
        **asked, UpdateExpression="SET m.a = :y, l[0] = :y, n = :y", ExpressionAttributeValues=value
    )
    before = {"id": {"S": "p"}, "m": {"M": {"a": {"S": "x"}}}, "l": {"L": [{"S": "x"}]}}
    assert answer["Attributes"] == before


def test_an_item_that_grows_too_large_is_refused(update):
    values = {":v": {"S": str(uuid.uuid4()) * 6000}}
    assert update("SET a = :v", {}, values).keys() == {"a"}
    assert refusal(update, expression="SET b = :v", names={}, values=values)[0] == "ValidationException"
