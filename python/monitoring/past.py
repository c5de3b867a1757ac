"""The hours that the monitor has closed: most of what a long window is made of, without reading its captures again.

    past = read("bucket", "results/monitor/<endpoint>", since, until, most=50_000)

A busy month is millions of captures and 720 small results. The newest records, as many as `most` allows, are left to
be read one by one, as charts of single answers need them; of what is older the results are enough.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.figures.true_accuracy import Truth
from monitoring import places
from monitoring.capture import SourceError
from monitoring.places import Period
from monitoring.repeats import HOURS
from monitoring.results import LAST, Result, list_counted, whole_hour

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


@dataclass(frozen=True)
class Past:
    results: Sequence[Result]  # of every model, whole hours, the oldest first
    since: datetime
    until: datetime  # from here on, records are to be read one by one

    @property
    def records(self) -> int:
        return sum(each.records for each in self.results)

    def counted(self, model: str) -> dict[int, list[int]]:
        """The pictures that were counted in its last day, by hour: what repeats them is in no figure either."""
        last = self.until - timedelta(hours=HOURS)
        own = (it for it in self.results if it.model == model and datetime.fromisoformat(it.since) > last)
        return list_counted(own)

    def at_other_thresholds(self, threshold: float) -> Counter[float]:
        """How many live records were counted at another threshold than this one, which was in use then."""
        found = Counter[float]()
        for each in self.results:
            if each.threshold not in (None, threshold) and each.tally.records:
                found[each.threshold] += each.tally.records
        return found


def read(bucket: str, prefix: str, since: datetime, until: datetime, most: int) -> Past | None:
    """What the results say of the window's older hours; None if its records are few enough to be read."""
    closed, results = _read_results(f"s3://{bucket}/{prefix}", Period(whole_hour(since), until))
    hours = Counter[datetime]()
    for result in results:
        hours[datetime.fromisoformat(result.since)] += result.records
    if closed is None or hours.total() <= most:
        return None
    end = _find_end(hours, min(closed, whole_hour(until)), most)
    older = [each for each in results if datetime.fromisoformat(each.until) <= end]
    return Past(older, min(hours), end) if older else None


def read_week_before(bucket: str, prefix: str, since: datetime, until: datetime) -> list[Result]:
    """Those of the same hours a week before, of every model."""
    period = Period(whole_hour(since) - WEEK, until - WEEK)
    return _read_results(f"s3://{bucket}/{prefix}", period)[1]


def read_truths(bucket: str, prefix: str, until: datetime) -> dict[str, Truth]:
    """By model, what people had said of the week before, as of the last hour of the day before that time."""
    period = Period(whole_hour(until) - DAY, until)
    results = _read_results(f"s3://{bucket}/{prefix}", period)[1]
    return {each.model: each.truth for each in results if each.truth}


def _find_end(hours: Counter[datetime], closed: datetime, most: int) -> datetime:
    """The beginning of the oldest hour that can be read together with all that follow."""
    end, total = closed, 0
    for hour in sorted(hours, reverse=True):
        total += hours[hour]
        if total > most:
            break
        end = min(end, hour)
    return end


def _read_results(source: str, period: Period) -> tuple[datetime | None, list[Result]]:
    """The end of the last closed hour, and the results whose hour begins in the period."""
    closed, found = None, []
    try:
        for name, file in places.open_files(source, period):
            content = json.loads(file.read())
            if name.rpartition("/")[2] == LAST:
                closed = datetime.fromisoformat(content["until"])
            elif period.holds(datetime.fromisoformat(content["since"])):
                found.append(Result.from_json(content))
    except (*places.FAULTS, ValueError, KeyError, TypeError) as error:
        raise SourceError(f"the monitor's results in {source} cannot be read: {error!r}") from error
    return closed, sorted(found, key=lambda each: (each.since, each.model))
