"""The state that an alarm's data points ask for, and why, in CloudWatch's words.

AWS: the newest `EvaluationPeriods` data points decide, and at least `DatapointsToAlarm` of them have to breach. It
looks further back than that for points that are there; with too few of them the missing ones count as
`TreatMissingData` says, and as few of those as possible. How much further is not said; the documentation's example has
two points more, and so has this. `missing`, the default, also rings on a breach that is as old as `DatapointsToAlarm`
asks if nothing better has come since.
"""

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"
FURTHER_BACK = 2
COMPARISONS = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
}
FILLED = {"breaching": "Breaching", "notBreaching": "NonBreaching"}


@dataclass(frozen=True)
class Rule:
    """What an alarm asks of its data points."""

    comparison: str
    threshold: float
    periods: int
    to_alarm: int
    missing: str  # how missing data is treated

    def breaches(self, value: float) -> bool:
        return COMPARISONS[self.comparison][0](value, self.threshold)


@dataclass(frozen=True)
class Point:
    """The data point of one period: when that began, and the value if there is one."""

    begin: float
    value: float | None


@dataclass(frozen=True)
class Verdict:
    state: str
    reason: str
    points: tuple[float, ...]  # what decided, newest first


def judge(rule: Rule, points: Sequence[Point], before: str) -> Verdict:
    """The state after these points, newest first, of an alarm that was in another `before`."""
    there = [(place, point) for place, point in enumerate(points) if point.value is not None][: rule.periods]
    values = tuple(point.value for _, point in there if point.value is not None)
    breaches = sum(rule.breaches(value) for value in values)
    lacking = rule.periods - len(there)
    if rule.missing in FILLED:
        breaching = breaches + (lacking if rule.missing == "breaching" else 0)
        state = ALARM if breaching >= rule.to_alarm else OK
    elif breaches >= rule.to_alarm:
        state = ALARM
    elif breaches < len(values) or not lacking:
        state = OK
    elif rule.missing == "ignore":
        state = before
    elif there and there[-1][0] + 1 >= rule.to_alarm:  # it would have rung if the others had come
        state = ALARM
    else:
        state = INSUFFICIENT
    return Verdict(state, _explain(rule, state, before, [point for _, point in there], lacking), values)


def _explain(rule: Rule, state: str, before: str, there: list[Point], lacking: int) -> str:
    filled = FILLED.get(rule.missing, "Missing")
    missing = f"{lacking} missing {_datapoint(lacking)} {_was(lacking)} treated as [{filled}]"
    if state == INSUFFICIENT:
        return f"Insufficient Data: {lacking} {_datapoint(lacking)} {_was(lacking)} unknown."
    if not there:
        periods = f"{rule.periods} period{'s' if rule.periods > 1 else ''}"
        return f"Threshold Crossed: no datapoints were received for {periods} and {missing}."
    shown = [point for point in there if rule.breaches(point.value or 0.0) == (state == ALARM)] or there
    values = ", ".join(
        f"{point.value} ({datetime.fromtimestamp(point.begin, UTC):%d/%m/%y %H:%M:%S})" for point in shown
    )
    count, negation = len(shown), "" if state == ALARM else " not"
    crossed = f"{_was(count)}{negation} {COMPARISONS[rule.comparison][1]} the threshold ({rule.threshold})"
    if lacking:
        return f"Threshold Crossed: {count} {_datapoint(count)} [{values}] {crossed} and {missing}."
    least = rule.to_alarm if state == ALARM else rule.periods - rule.to_alarm + 1
    return (
        f"Threshold Crossed: {count} out of the last {rule.periods} datapoints [{values}] {crossed} "
        f"(minimum {least} {_datapoint(least)} for {before} -> {state} transition)."
    )


def _datapoint(count: int) -> str:
    return "datapoint" if count == 1 else "datapoints"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"
