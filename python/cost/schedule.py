"""How many instances an endpoint has on average, by its limits and the schedule that changes them over a week."""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from core.console import UserError

WEEK = 7 * 24 * 60  # minutes
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")  # 1 to 7 in AWS's expressions
WEEKLY = re.compile(r"cron\((\S+) (\S+) [*?] \* (\S+) \*\)")
PART = re.compile(r"(?:[*?]|(\d+)(?:-(\d+))?)(?:/(\d+))?")


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


def times_a_day(cron: str) -> float:
    return sum(is_due(cron, "UTC", minute) for minute in range(WEEK)) / 7


def is_due(cron: str, timezone: str, minute: int) -> bool:
    """Whether it is, in this minute since MONDAY."""
    fields = WEEKLY.fullmatch(cron)
    if not fields:
        raise UserError(f"what the schedule {cron!r} costs is unknown: only a weekly cron(...) is understood")
    there = (MONDAY + timedelta(minutes=minute)).astimezone(ZoneInfo(timezone))
    wanted = (there.minute, there.hour, there.isoweekday() % 7 + 1)
    return all(value in matching(field) for field, value in zip(fields.groups(), wanted, strict=True))


@functools.cache
def matching(field: str) -> set[int]:
    """The values that a field of a cron expression names, of the 60 that there can be at most."""
    for number, day in enumerate(DAYS, start=1):
        field = field.replace(day, str(number))
    values: set[int] = set()
    for text in field.split(","):
        part = PART.fullmatch(text)
        if not part:
            raise UserError(
                f"what a schedule with {text!r} costs is unknown: only days, numbers, ranges and steps are"
            )
        first, last, step = part.groups()
        open_ended = first is None or (step and not last)
        values |= set(range(int(first or 0), 60 if open_ended else int(last or first) + 1, int(step or 1)))
    return values
