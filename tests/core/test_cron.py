"""When a cron expression is due, for the local cloud that fires it and for the bill that counts it."""

from datetime import datetime

import pytest

from core import cron


@pytest.mark.parametrize(
    ("field", "place", "values"),
    [
        ("5,35", 0, {5, 35}),
        ("50/5", 0, {50, 55}),
        ("0-30/15", 0, {0, 15, 30}),
        ("*/6", 1, {0, 6, 12, 18}),
        ("*/10", 2, {1, 11, 21, 31}),  # days begin with 1
        ("MON-FRI", 4, {2, 3, 4, 5, 6}),
        ("SUN,4-5", 4, {1, 4, 5}),
        ("?", 4, {1, 2, 3, 4, 5, 6, 7}),
    ],
)
def test_a_field_names_its_values(field, place, values):
    fields = ["*"] * 6
    fields[place] = field
    assert cron.read(tuple(fields))[place] == values


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("cron(0 8 L * ? *)", "L"),
        ("cron(0 8 ? * 1,MON#2 *)", "MON#2"),
        ("cron(MON 8 ? * * *)", "MON"),
        ("cron(0/0 8 ? * * *)", "0/0"),
        ("cron(0 8 ? JAN * *)", "JAN"),
    ],
)
def test_a_part_that_is_not_understood_is_refused_by_itself(expression, part):
    with pytest.raises(cron.UnknownPart) as refused:
        cron.read(cron.split(expression))
    assert str(refused.value) == part


def test_another_kind_of_expression_has_no_fields():
    assert cron.split("rate(5 minutes)") == cron.split("cron(0 8 * * ?)") == ()


def test_it_is_due_where_every_field_holds():
    times = cron.read(cron.split("cron(30 6 * * SUN 2026)"))
    assert cron.is_due(times, datetime(2026, 3, 1, 6, 30, 59))
    assert not cron.is_due(times, datetime(2026, 3, 2, 6, 30))
    assert not cron.is_due(times, datetime(2027, 3, 7, 6, 30))
