"""How many live photos a model accepted and how many waited: by the register, and by labels."""

import hashlib
from datetime import date
from typing import Any

import pytest
from tests.builders import make_label

from operations import live_traffic

DAY = "2026-11-{:02}"
TODAY = date(2026, 11, 28)


def photo(number: object) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


@pytest.fixture
def routed(put):
    """So many photos that somebody routed on a day: routed(26, 3), routed(26, 2, by="person")."""

    def write(day: int, count: int, by: str = "model", folder: str = "incoming", **more: str) -> None:
        for number in range(count):
            key = f"{folder}/{day}-{by}-{number}-{len(more)}.png"
            put(version="v", key=key, state="routed", day=f"{DAY.format(day)} {by}", **more)

    return write


@pytest.fixture
def count(aws, table, monkeypatch, cloud_variables):
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    return lambda *labels: live_traffic.count(aws("s3"), "no-bucket", table, labels, TODAY)


def blind(which: int, day: int, **more: Any) -> Any:
    told = {"routed_day": DAY.format(day), "at": f"{DAY.format(day + 1)}T09:00:00.000Z"} | more
    return make_label(photo(which), **told)


def waited(which: int, day: int, **more: Any) -> Any:
    came = {"came_at": f"{DAY.format(day)}T23:59:00.000Z", "at": f"{DAY.format(day + 1)}T00:01:00.000Z"}
    told: dict[str, Any] = {"routed_day": "", "blind": False} | came | more
    return make_label(photo(which), **told)


def test_what_was_accepted_is_the_registers_and_what_waited_the_labels(routed, count):
    routed(25, 3)
    routed(26, 4)
    routed(26, 1, objected_at="2026-11-26T10:00:00.000Z")  # accepted it was
    routed(26, 5, by="person")
    routed(26, 2, folder="incoming/evaluation")
    labels = [
        blind(1, 25),
        blind(2, 26),
        waited(3, 25),
        waited(4, 26),
        waited(4, 26, number=2, known="bicycle"),
    ]
    chosen = [waited(5, 26, kind="evaluation"), waited(6, 26, assisted=True)]
    assert count(*labels, *chosen) == {"accepted": 8, "waited": 2}


def test_days_that_the_register_has_no_more_count_on_neither_side(routed, count):
    routed(24, 2)
    assert count(waited(1, 22), waited(2, 23), waited(3, 24), waited(4, 25)) == {"accepted": 2, "waited": 2}


def test_the_last_four_weeks_count(routed, count):
    routed(26, 2)
    old = waited(1, 1, came_at="", at="2026-10-01T09:00:00.000Z")
    assert count(old, waited(2, 26)) == {"accepted": 2, "waited": 1}


def test_of_nothing_there_is_no_count(routed, count):
    assert count() == {}
    assert count(waited(1, 26)) == {}
    routed(26, 1)
    assert count(waited(1, 26, kind="bulk")) == {}
