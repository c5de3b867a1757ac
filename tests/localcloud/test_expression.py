"""Metric math counts period by period, and what is missing stays missing."""

import pytest

from localcloud.metrics import statistic
from localcloud.metrics.expression import UnknownPart, Values, evaluate
from localcloud.metrics.series import Sample

SERIES: dict[str, Values] = {
    "failed": [6.0, 4.0, None, 1.0],
    "started": [10.0, 10.0, 20.0, 0.0],
    "silent": [None, None, None, None],
}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("IF(started >= 10, 100 * failed / started, 0)", [60.0, 40.0, None, 0.0]),
        ("FILL(failed, 0) - FILL(silent, 0)", [6.0, 4.0, 0.0, 1.0]),
        ("failed / started", [0.6, 0.4, None, None]),
        ("IF(silent < 1, started, 0)", [None] * 4),
        ("-MAX(failed, started)", [-10.0, -10.0, None, -1.0]),
    ],
)
def test_an_expression_has_a_value_where_all_that_it_needs_has_one(text, values):
    assert evaluate(text, SERIES, 4) == values


@pytest.mark.parametrize("text", ["RATE(failed)", "nowhere + 1", "failed +", "FILL(failed, REPEAT)"])
def test_an_expression_that_is_not_known_here_is_refused(text):
    with pytest.raises(UnknownPart):
        evaluate(text, SERIES, 4)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Sum", 210.0),
        ("Average", 10.5),
        ("Minimum", 1.0),
        ("Maximum", 20.0),
        ("SampleCount", 20.0),
        ("p95", 19.0),
    ],
)
def test_a_statistic_is_that_of_all_values_in_the_period(name, value):
    assert statistic.compute(name, [Sample(each, each, each, 1) for each in range(1, 21)]) == value
    assert statistic.compute(name, []) is None
