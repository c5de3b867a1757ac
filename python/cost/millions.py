"""What a bulk run of millions of photos takes: time, what it starts, reads and writes, and dollars by service.

The endpoint's answers are by the slowest recipe of answering.json, an instance answering one photo at a time; a batch's
own work on a photo, and what `collect` does for one afterwards, are measured.json's `batch` and `collect`.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cost import schedule, transitions
from cost.answering import Answer
from cost.batches import Bulk
from cost.photos import LISTED, MB_A_GB, Costs, Photos
from lambdas import line_ranges

COUNTS = (1_000_000, 10_000_000, 100_000_000)
HOUR, DAY = 3600, 86_400
ITEM_BYTES = 210  # a photo's share of the map's result files


@dataclass(frozen=True)
class Millions:
    """Photos in bulk, by so many instances and batches at once."""

    photos: Photos
    bulk: Bulk
    answer: Answer
    instances: float

    @property
    def count(self) -> int:
        return self.photos.count

    @property
    def bounds(self) -> dict[str, float]:
        """The seconds that it takes at least, by what would be waited for."""
        work = self.photos.measured.functions["batch"].milliseconds
        return {
            "the endpoint": self.count * self.answer.milliseconds / 1000 / self.instances,
            "the batches": self.count * work / 1000 / self.bulk.at_once,
        }

    @property
    def bound(self) -> str:
        return max(self.bounds, key=self.bounds.__getitem__)

    @property
    def seconds(self) -> float:
        return self.bounds[self.bound]

    @property
    def batches(self) -> int:
        return math.ceil(self.count / self.bulk.batch)

    @property
    def ranges(self) -> int:
        return math.ceil(self.count * ITEM_BYTES / line_ranges.BYTES)

    @property
    def batch_seconds(self) -> float:
        """A batch waits for the endpoint, too."""
        return self.seconds * self.bulk.at_once / self.batches

    @property
    def range_seconds(self) -> float:
        return self.photos.measured.functions["collect"].milliseconds / 1000 * self.count / self.ranges

    @property
    def transitions(self) -> int:
        """A map pays one for each child, whose own are the express execution's."""
        return self.bulk.states + self.batches + self.ranges

    @property
    def gb_seconds(self) -> float:
        batches = self.bulk.function.memory_mb * self.batches * self.batch_seconds
        return (batches + self.bulk.collect.memory_mb * self.ranges * self.range_seconds) / MB_A_GB

    @property
    def listings_and_puts(self) -> int:
        """Pages of the prefix, parts, and each range's counts."""
        return math.ceil(self.count / LISTED) + self.batches + self.ranges

    @property
    def gets(self) -> int:
        """Photos, each part when it is checked, and each range."""
        return self.count + self.batches + self.ranges

    @property
    def captured(self) -> float:
        return self.count * self.photos.environment.captured

    @property
    def reviewed(self) -> float:
        return self.count * (1 - self.answer.coverage)

    @property
    def costs(self) -> Costs:
        photos, prices, bulk = self.photos, self.photos.prices, self.bulk
        fleet = photos.environment.fleet
        days = transitions.registered_days(transitions.path(photos.environment.machines["workflow"]))
        log_bytes = sum(photos.measured.functions[stage].log_bytes for stage in ("batch", "collect"))
        return {
            "endpoint": self.seconds / HOUR * self.instances * prices.hour(fleet.instance_type)
            if fleet
            else 0.0,
            "Step Functions": self.transitions * prices["step_functions_transition"]
            + self.batches * photos.execution(1000 * self.batch_seconds)
            + self.ranges * photos.execution(1000 * self.range_seconds),
            "Lambda": self.batches * photos.run(bulk.function, 1000 * self.batch_seconds)
            + self.ranges * photos.run(bulk.collect, 1000 * self.range_seconds),
            "S3": self.listings_and_puts * prices["s3_put"] + self.gets * prices["s3_get"],
            "captures in S3": self.count * photos.capture(),
            "EventBridge": (self.batches + self.ranges + self.captured) * prices["event"],
            "register": self.reviewed * photos.item(transitions.BULK_WRITES, days),
            "logs": self.count * photos.logs(log_bytes),
            "X-Ray": (self.batches + self.ranges) * prices["trace"],
        }


def as_it_is(photos: Photos, bulk: Bulk, answer: Answer, count: int) -> Millions:
    """By the most instances that there may be, as the schedule has them over a week."""
    fleet = photos.environment.fleet
    _, most = schedule.mean(fleet.limits, fleet.schedule) if fleet else (1, 1)
    return Millions(replace(photos, count=count), bulk, answer, most)


def within_a_day(it: Millions) -> Millions:
    """With a fleet, and a batch for each of its instances, that end it in a day."""
    each = {name: seconds / DAY for name, seconds in it.bounds.items()}
    instances = math.ceil(each["the endpoint"] * it.instances)
    at_once = max(math.ceil(each["the batches"] * it.bulk.at_once), instances)
    return replace(it, instances=instances, bulk=replace(it.bulk, at_once=at_once))


def rows(runs: list[Millions]) -> Iterator[tuple[str, ...]]:
    """A row's name, and its figure for each of the runs."""

    def whole(name: str, figures: list[float]) -> tuple[str, ...]:
        return name, *(f"{it:,.0f}" for it in figures)

    yield "instances", *(f"{it.instances:.3g}" for it in runs)
    yield whole("batches at once", [it.bulk.at_once for it in runs])
    yield "hours", *(f"{it.seconds / HOUR:,.1f}" for it in runs)
    yield whole("batches", [it.batches for it in runs])
    yield whole("ranges of results", [it.ranges for it in runs])
    yield whole("state transitions", [it.transitions for it in runs])
    yield whole("GB-seconds of functions", [it.gb_seconds for it in runs])
    yield whole("listings and writes in S3", [it.listings_and_puts for it in runs])
    yield whole("reads in S3", [it.gets for it in runs])
    yield whole("captured records", [it.captured for it in runs])
    yield whole("photos that are left to a person", [it.reviewed for it in runs])
    costs = [it.costs for it in runs]
    for service in costs[0]:
        yield f"dollars, {service}", *(f"{it[service]:,.2f}" for it in costs)
    yield "dollars, total", *(f"{sum(it.values()):,.2f}" for it in costs)
