"""How many live photos a model accepted and how many waited for a person, on days of which labels tell.

    count(s3, bucket, table, labels, today)  ->  {"accepted": 4321, "waited": 567}, or nothing

By these the two strata of a data set's split `live` are weighed. The register counts what was accepted, for as long as
it keeps an item; what waited is counted by its labels, so that a photo which its driver decided is none.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from core.contract.labels import Label, by_photo
from monitoring.blind_sample import BlindSample
from training.dataset_versions import ACCEPTED, WAITED, find_stratum

DAY = timedelta(days=1)
DAYS = 28  # the last so many


def count(s3: Any, bucket: str, table: str, labels: Iterable[Label], today: date) -> dict[str, int]:
    accepted, waited = set(), []
    for its in by_photo(labels).values():
        match find_stratum(its, any(it.blind and not it.known for it in its)):
            case "accepted":
                accepted |= {date.fromisoformat(it.routed_day) for it in its if it.routed_day}
            case "waited":
                waited.append(date.fromisoformat(min(it.came_at or it.at for it in its)[:10]))
    days = accepted.union(waited)
    if not days:
        return {}
    last = min(max(days), today)
    first = max(min(days), last - (DAYS - 1) * DAY)
    sample = BlindSample(s3, bucket, table, today)
    routed = {day: sample.count(day) for day in (first + n * DAY for n in range((last - first).days + 1))}
    kept = [day for day, it in routed.items() if it.accepted + it.objected]
    if not kept:
        return {}
    # Before the first of them the register keeps nothing any more.
    return {
        ACCEPTED: sum(it.accepted + it.objected for it in routed.values()),
        WAITED: sum(kept[0] <= day <= last for day in waited),
    }
