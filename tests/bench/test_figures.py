"""A figure is the median of its rounds, with their spread, and says how busy the machine was."""

import pytest

from bench.figures import Figure, gather, show


def rounds(*values: float, unit: str = "ms") -> list[list[Figure]]:
    return [[Figure("row_ms", value, unit, f"round with {value}")] for value in values]


def test_the_value_is_the_median_of_the_rounds_between_their_least_and_most() -> None:
    (found,) = gather(rounds(3.0, 100.0, 1.0, 2.0, 4.0), busy=0.05)
    assert (found.value, found.least, found.most, found.rounds, found.busy) == (3.0, 1.0, 100.0, 5, 0.05)
    assert (found.name, found.unit) == ("row_ms", "ms")


def test_figures_keep_their_order_and_one_may_come_in_some_rounds_only() -> None:
    one, two, three = (Figure(name, 1.0, "s", "") for name in ("one", "two", "three"))
    found = gather([[one, three], [one, two, three]], busy=0.0)
    assert [(it.name, it.rounds) for it in found] == [("one", 2), ("three", 2), ("two", 1)]


@pytest.mark.parametrize(
    ("busy", "unit", "disturbed"),
    [(0.10, "ms", False), (0.11, "ms", True), (0.11, "/s", True), (0.9, "MB", False)],
)
def test_a_busy_machine_disturbs_times_and_not_sizes(busy: float, unit: str, disturbed: bool) -> None:
    (found,) = gather(rounds(1.0, unit=unit), busy)
    assert found.disturbed is disturbed


def test_numbers_have_three_digits_or_their_whole_part() -> None:
    assert [show(value) for value in (0.12345, 12.345, 1234.5)] == ["0.123", "12.3", "1,234"]
