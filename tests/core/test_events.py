"""What is one list of probabilities: the contract says it for the steps and for who reads what was captured."""

import math

import pytest

from core.contract.errors import UnexpectedInference
from core.contract.events import Pointer, find_fault, parse_probabilities

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
