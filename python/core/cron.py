"""When a cron expression of AWS's is due: `cron(minute hour day month weekday year)`.

    times = cron.read(cron.split("cron(0 8 ? * MON-FRI *)"))
    cron.is_due(times, moment)

Numbers, ranges, steps, lists and days of the week by name are understood; `L`, `W`, `#` and names of months are not.
"""

import functools
import re
from datetime import datetime

EXPRESSION = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
PART = re.compile(r"(?:[*?]|(\d+)(?:-(\d+))?)(?:/([1-9]\d*))?")
WEEKDAY = 4  # its place among the fields
BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2199))
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")  # 1 to 7
DAY = re.compile(rf"\b({'|'.join(DAYS)})\b")

Times = tuple[frozenset[int], ...]  # of each field, the values that it names


class UnknownPart(ValueError):
    """The text is the part of a field that is not understood."""


def split(expression: str) -> tuple[str, ...]:
    """Its six fields; none if it is no cron expression."""
    found = EXPRESSION.fullmatch(expression)
    return found.groups() if found else ()


@functools.cache
def read(fields: tuple[str, ...]) -> Times:
    """Every part is looked at, so one that is not understood is refused even where it would not matter."""
    return tuple(
        frozenset(value for part in field.split(",") for value in _expand(part, place))
        for place, field in enumerate(fields)
    )


def _expand(part: str, place: int) -> range:
    named = DAY.sub(lambda day: str(DAYS.index(day[0]) + 1), part) if place == WEEKDAY else part
    found = PART.fullmatch(named)
    if not found:
        raise UnknownPart(part)
    lowest, highest = BOUNDS[place]
    first, last, step = found.groups()
    start = int(first or lowest)
    end = int(last) if last else start if first and not step else highest
    return range(start, end + 1, int(step or 1))


def is_due(times: Times, moment: datetime) -> bool:
    """Whether it is, in the moment's minute."""
    weekday = moment.isoweekday() % 7 + 1  # Sunday is 1
    now = (moment.minute, moment.hour, moment.day, moment.month, weekday, moment.year)
    return all(value in named for value, named in zip(now, times, strict=True))
