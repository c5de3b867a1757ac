"""An alarm's state follows from its data points as CloudWatch's documentation shows it, row by row."""

import pytest

from localcloud.metrics.verdict import ALARM, INSUFFICIENT, OK, Point, Rule, judge

RETAINED = "what it was"
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
# Data points, the oldest first: 0 is good, X breaches, - is missing. Then the state by each treatment of the missing.
THREE_OF_THREE = {
    "0 - X - X": (OK, OK, OK, OK),
    "0 - - - -": (OK, OK, OK, OK),
    "- - - - -": (INSUFFICIENT, RETAINED, ALARM, OK),
    "0 X X - X": (ALARM, ALARM, ALARM, ALARM),
    "- - - - X": (INSUFFICIENT, RETAINED, ALARM, OK),
    "X - - - -": (ALARM, RETAINED, ALARM, OK),
}
TWO_OF_THREE = {
    "0 - X - X": (ALARM, ALARM, ALARM, ALARM),
    "0 0 X 0 X": (ALARM, ALARM, ALARM, ALARM),
    "0 - X - -": (OK, OK, ALARM, OK),
    "- - - - 0": (OK, OK, ALARM, OK),
    "- - - - X": (INSUFFICIENT, RETAINED, ALARM, OK),
}
ROWS = [
    (to_alarm, row, missing, state)
    for to_alarm, rows in ((3, THREE_OF_THREE), (2, TWO_OF_THREE))
    for row, states in rows.items()
    for missing, state in zip(TREATMENTS, states, strict=True)
]


def points(row: str) -> list[Point]:
    values = {"0": 1.0, "X": 7.0, "-": None}
    return [Point(60.0 * age, values[each]) for age, each in enumerate(reversed(row.split()))]


@pytest.mark.parametrize(("to_alarm", "row", "missing", "state"), ROWS)
def test_missing_data_is_treated_as_the_documentation_shows(to_alarm, row, missing, state):
    rule = Rule("GreaterThanThreshold", 5.0, 3, to_alarm, missing)
    assert judge(rule, points(row), RETAINED).state == state


@pytest.mark.parametrize(
    ("row", "periods", "reason"),
    [
        (
            "0 X X",
            2,
            "Threshold Crossed: 2 out of the last 2 datapoints [7.0 (01/01/70 00:00:00), 7.0 (01/01/70 00:01:00)] "
            "were greater than the threshold (5.0) (minimum 2 datapoints for OK -> ALARM transition).",
        ),
        (
            "- - 0",
            2,
            "Threshold Crossed: 1 datapoint [1.0 (01/01/70 00:00:00)] was not greater than the threshold (5.0) "
            "and 1 missing datapoint was treated as [NonBreaching].",
        ),
        (
            "- - -",
            1,
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as "
            "[NonBreaching].",
        ),
    ],
)
def test_the_reason_is_in_cloudwatch_s_words(row, periods, reason):
    rule = Rule("GreaterThanThreshold", 5.0, periods, periods, "notBreaching")
    assert judge(rule, points(row), OK).reason == reason
