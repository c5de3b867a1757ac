"""Which photo is meant, and what is one list of probabilities: for the steps and for who reads what was captured."""

import hashlib
import math

import pytest

from core.contract.errors import InvalidEvent, UnexpectedInference
from core.contract.events import Pointer, find_fault, parse_pointer, parse_probabilities, parse_word

PHOTO = Pointer("bucket", "incoming/a.png")


@pytest.mark.parametrize(
    "values",
    [[0.75, 0.25], [1, 0], [0.33, 0.33, 0.335], [0.33, 0.33, 0.33], [0.99, 0.0], [0.14] * 7, [0.17] * 6],
)
def test_numbers_from_0_to_1_that_add_up_to_1_are_probabilities_even_if_each_is_rounded_to_two_digits(values):
    assert find_fault(values) is None
    assert parse_probabilities(values, PHOTO) is values


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (None, "not a list of at least two probabilities"),
        ((0.5, 0.5), "not a list of at least two probabilities"),
        ([1.0], "not a list of at least two probabilities"),
        ([True, False], "not made of numbers from 0 to 1"),
        ([[0.5, 0.5], 0.5], "not made of numbers from 0 to 1"),
        ([1.5, -0.5], "not made of numbers from 0 to 1"),
        ([0.5, math.nan], "not made of numbers from 0 to 1"),
        ([10**400, 0.5], "not made of numbers from 0 to 1"),
        ([0.5, 0.6], "not probabilities that add up to 1"),
        ([0.33, 0.33, 0.32], "not probabilities that add up to 1"),
        ([0.989, 0.0], "not probabilities that add up to 1"),
    ],
)
def test_anything_else_is_refused_with_the_reason(values, problem):
    with pytest.raises(UnexpectedInference, match=f"the model's answer is {problem}: "):
        parse_probabilities(values, PHOTO)


NAMED = {"s3_bucket": "bucket", "s3_key": "incoming/a.png"}


@pytest.mark.parametrize("given", [{}, {"version_id": ""}, {"version_id": None}])
def test_without_a_version_the_newest_is_meant(given):
    assert parse_pointer(NAMED | given) == PHOTO


@pytest.mark.parametrize("version", ["3HL4kqtJvjVBH40Nrjfkd", "null", "v" * 1024])
def test_a_version_that_the_event_names_is_meant(version):
    photo = parse_pointer(NAMED | {"version_id": version})
    assert photo == Pointer("bucket", "incoming/a.png", version)
    assert str(photo) == "s3://bucket/incoming/a.png"


@pytest.mark.parametrize("version", [7, 0, False, [], {}, "v" * 1025, "é" * 513, "\ud800"])
def test_a_version_that_is_no_short_text_is_refused(version):
    with pytest.raises(InvalidEvent, match=r"^version_id must be at most 1024 bytes of text, not ") as caught:
        parse_pointer(NAMED | {"version_id": version})
    assert len(str(caught.value).splitlines()) == 1


def test_an_id_is_of_one_version_alone():
    """The text whose SHA-256 it is can be made by a state machine too: BUCKET/VERSION/KEY."""
    photos = [
        Pointer("bucket", "a/b"),
        Pointer("bucket", "a/c"),
        Pointer("another", "a/b"),
        Pointer("bucket", "a/b", "1"),
        Pointer("bucket", "a/b", "2"),
        Pointer("bucket", "b", "a"),
    ]
    assert len({photo.id for photo in photos}) == len(photos)
    assert photos[3].id == hashlib.sha256(b"bucket/1/a/b").hexdigest()
    assert photos[0].id == hashlib.sha256(b"bucket//a/b").hexdigest()
    # The state machine's template makes it by States.Hash: this digest is known by heart.
    photo = Pointer("scones", 'incoming/é 🚲 {"1"}\\.png', "3HL4kqtJvjVBH40Nrjfkd")
    assert photo.id == "a5c71655457bbaa4c1f4ab0516d05345a70ccc1c500ef5c83b470524a6a3b148"


@pytest.mark.parametrize("version", ["", "v1", "v2"])
def test_what_the_api_has_uploaded_is_called_as_its_key_says(version):
    assert Pointer("bucket", "incoming/api/7f83b1", version).id == "7f83b1"


@pytest.mark.parametrize(
    "key", ["incoming/api/", "incoming/api/x/y", "incoming/api", "archive/incoming/api/x"]
)
def test_a_key_that_only_looks_like_the_api_s_is_an_ordinary_one(key):
    assert Pointer("bucket", key, "v1").id == hashlib.sha256(f"bucket/v1/{key}".encode()).hexdigest()


LONGEST = {"source": 64, "reference": 128}


@pytest.mark.parametrize(("name", "most"), LONGEST.items())
def test_who_sent_a_photo_and_what_they_call_it_need_not_be_said(name, most):
    for nothing in ({}, {name: None}, {name: ""}):
        assert parse_word(nothing, name) is None
    for text in ("é 🚲", "x" * most):
        assert parse_word({name: text}, name) == text


@pytest.mark.parametrize(("name", "most"), LONGEST.items())
def test_what_is_no_short_printable_text_is_refused(name, most):
    for wrong in (0, False, ["text"], "x" * (most + 1), "two\nlines", "\ud800"):
        with pytest.raises(
            InvalidEvent, match=f"^{name} must be at most {most} characters of printable text"
        ):
            parse_word({name: wrong}, name)
