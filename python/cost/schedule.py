"""How many instances an endpoint has on average, by its limits and the schedule that changes them over a week."""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from core import cron
from core.console import UserError

WEEK = 7 * 24 * 60  # minutes
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
WEEKLY = re.compile(r"cron\(\S+ \S+ [*?] \* \S+ \*\)")


@dataclass(frozen=True)
class Limits:
    minimum: int
    maximum: int
    cron: str = ""  # when they come into force; the fleet's own hold from the start
    timezone: str = "UTC"


def mean(limits: Limits, schedule: Sequence[Limits]) -> tuple[float, float]:
    """The mean of the fewest and of the most instances."""
    now, minimum, maximum = limits, 0, 0
    for minute in range(2 * WEEK):  # the first week only says with which limits a week begins
        for entry in schedule:
            if is_due(entry.cron, entry.timezone, minute):
                now = entry
        if minute >= WEEK:
            minimum += now.minimum
            maximum += now.maximum
    return minimum / WEEK, maximum / WEEK


def times_a_day(expression: str) -> float:
    return sum(is_due(expression, "UTC", minute) for minute in range(WEEK)) / 7


def is_due(expression: str, timezone: str, minute: int) -> bool:
    """Whether it is, in this minute since MONDAY."""
    there = (MONDAY + timedelta(minutes=minute)).astimezone(ZoneInfo(timezone))
    return cron.is_due(read_weekly(expression), there)


@functools.cache
def read_weekly(expression: str) -> cron.Times:
    if not WEEKLY.fullmatch(expression):
        raise UserError(
            f"what the schedule {expression!r} costs is unknown: only a weekly cron(...) is understood"
        )
    try:
        return cron.read(cron.split(expression))
    except cron.UnknownPart as part:
        raise UserError(
            f"what a schedule with {str(part)!r} costs is unknown: only days, numbers, ranges and steps are"
        ) from part
