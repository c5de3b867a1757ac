"""What AWS allows at most of what a bulk run of millions needs, and which variable moves the need.

As AWS's pages said on 2026-11-26:
- docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html: children at once in a map run, express ones begun a
  second, map runs that are open, bytes of an input, transitions a second (those of express executions are unlimited),
  how long an execution may take; none of these can be raised but transitions
- docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: functions at once, which can be raised
- docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html, as others of AWS's pages quote it:
  requests a second below a prefix, which is the least, as S3 parts a busy one by itself
How many items a map run reads at most was read where somebody quotes AWS's page, not on a page of AWS's own.
"""

from collections.abc import Iterator

from cost.millions import DAY, ITEM_BYTES, Millions

ITEMS = 100_000_000
CHILDREN, BEGUN, EXPRESS_SECONDS, BYTES, YEAR_DAYS = 10_000, 1_000, 300, 262_144, 365
MAP_RUNS, TRANSITIONS, FUNCTIONS = 1_000, 800, 1_000  # and 5,000 transitions in the three largest regions
GETS, PUTS = 5_500, 3_500


def rows(it: Millions) -> Iterator[tuple[str, ...]]:
    """A step, what it needs, what there may be, and what moves it."""

    def row(step: str, needed: float, most: int, moved_by: str, decimals: int = 0) -> tuple[str, ...]:
        return step, f"{needed:,.{decimals}f}", f"{most:,}", moved_by

    batches, functions = it.bulk.at_once, it.bulk.at_once + it.bulk.gathers
    second, size = it.seconds, it.bulk.batch * ITEM_BYTES
    yield row("photos that a run lists", it.count, ITEMS, "a run for each prefix")
    yield row("days that it takes", second / DAY, YEAR_DAYS, "`fleet.max_instances`", 1)
    yield row("map runs that are open", 1, MAP_RUNS, "runs at the same time")
    yield row("batches at once", batches, CHILDREN, "`bulk.max_concurrency`")
    yield row("functions at once", functions, FUNCTIONS, "`bulk.max_concurrency`")
    yield row("batches begun a second", it.batches / second, BEGUN, "`bulk.batch_size`", 1)
    yield row("transitions a second", it.transitions / second, TRANSITIONS, "`bulk.batch_size`", 1)
    yield row("seconds of a batch", it.batch_seconds, EXPRESS_SECONDS, "`bulk.batch_size`", 1)
    yield row("bytes of a batch's input", size, BYTES, "`bulk.batch_size`")
    yield row("seconds of a range", it.range_seconds, EXPRESS_SECONDS, "nothing", 1)
    yield row("reads a second below a prefix", it.gets / second, GETS, "`fleet.max_instances`")
    yield row("parts written a second", it.batches / second, PUTS, "`bulk.batch_size`", 1)
    yield row("captures written a second", it.captured / second, PUTS, "`capture_percentage`")
    yield "instances", f"{it.instances:.0f}", "the account's quota", "`fleet.max_instances`"
