"""When the driver may decide: while nobody is there to decide, or after having waited long enough for somebody.

`review` is what Terraform's output of that name says: the minutes, and from when until when people are there.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.contract.shapes import Json


class UnknownZone(Exception):
    """By its name: Terraform asks only how it is written, and each machine has zones of its own."""


def driver_may_decide(since: datetime, now: datetime, review: Json) -> bool:
    """Of a driver who waits since then; both times say in which zone they are."""
    return now - since >= timedelta(minutes=review["minutes"]) or not is_staffed(now, review["staffed_hours"])


def is_staffed(now: datetime, hours: Json) -> bool:
    """Hours may pass midnight; the same time twice is all day."""
    there = now.astimezone(read_zone(hours["time_zone"])).time()
    begin, end = time.fromisoformat(hours["from"]), time.fromisoformat(hours["until"])
    return begin <= there < end if begin < end else there >= begin or there < end


def read_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    # OSError: of a name that is a folder of zones.
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZone(name) from error
