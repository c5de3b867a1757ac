"""GET /summary: how many wait, and how today went."""

from collections import Counter
from datetime import UTC, datetime

from msgspec import UNSET, UnsetType

from core.contract import answered_items, register
from lambdas.calls import stored
from lambdas.calls.api_settings import Settings, client
from lambdas.calls.api_types import RoutedToday, Summary
from lambdas.calls.asking import Ask, Reply
from lambdas.calls.stored import ARCHIVE_WAITS, DRIVERS_WAIT, WAITING


def summarise(ask: Ask) -> Reply:
    given, photos = ask.given, stored.photos(ask.given)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    model, person, driver = (
        photos.count(answered_items.BY_DAY, "#day = :day", {"day": f"{today} {by}"})
        for by in ("model", *answered_items.DECIDERS)
    )
    return Reply(
        200,
        Summary(
            photos.count(register.INDEX, DRIVERS_WAIT, WAITING),
            photos.count(register.INDEX, ARCHIVE_WAITS, WAITING),
            RoutedToday(model, person, driver),
            worse(given),
            oldest(given),
            by_person(given, today) if given.person_statistics else UNSET,
        ),
    )


def oldest(given: Settings) -> int | UnsetType:
    (page,) = stored.photos(given).pages(register.INDEX, DRIVERS_WAIT, WAITING, 1, Limit=1)
    for item in page["Items"]:
        waited = datetime.now(UTC) - datetime.fromisoformat(item["since"]["S"])
        return max(0, int(waited.total_seconds()))
    return UNSET


def worse(given: Settings) -> list[str]:
    """Those whose alarm rings."""
    found = client("cloudwatch").describe_alarms(
        AlarmNamePrefix=given.alarms, StateValue="ALARM", MaxRecords=100
    )
    names = (alarm["AlarmName"].removeprefix(given.alarms) for alarm in found["MetricAlarms"])
    return sorted(name for name in names if name in given.sources)


def by_person(given: Settings, day: str) -> dict[str, int]:
    """Of the photos that were decided on that day, whose decision is the last: at most what three pages hold."""
    pages = stored.reviews(given).pages(answered_items.BY_DAY, "#day = :day", {"day": day}, 3)
    return dict(Counter(item["decided_by_sub"]["S"] for page in pages for item in page["Items"]))
