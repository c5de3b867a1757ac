"""The report on a busy month: some five million answers, most of which the monitor has counted, hour by hour.

The newest hours are real captures at which the real monitor has looked; those before them are its results, once more.
"""

import contextlib
import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bench import captures
from bench.deployed import Deployed, command, deploy
from bench.figures import Figure
from lambdas import monitor
from monitoring.results import RESULTS, Results, whole_hour
from monitoring.watch import watch

HOUR = timedelta(hours=1)
HOURS, FRESH = 30 * 24, 8  # of which the newest are captured
FILES, LINES = 7, 993  # an hour, and a file
OUT = "build/month"


@contextlib.contextmanager
def ready() -> Iterator[Callable[[], list[Figure]]]:
    made, until = deploy(), whole_hour(datetime.now(UTC))
    with made.inside():
        results = Results(
            made.client("s3"), made.outputs["bucket"], f"{RESULTS}/{made.outputs['endpoint_name']}"
        )
        capture(made, until)
        results.close(until - FRESH * HOUR)
        look(made, until)
        repeat(results, made.outputs["model"]["id"], until)
    yield lambda: measure(made)


def measure(made: Deployed) -> list[Figure]:
    with made.inside():
        started = time.perf_counter()
        command("report", "--env", "local", "--since", "30d", "--out", OUT)
        seconds = time.perf_counter() - started
    found = json.loads((made.folder / OUT / "report.json").read_bytes())
    read, counted = found["records"] - found["counted"], found["counted"]
    return [
        Figure(
            "month_report_s",
            seconds,
            "s",
            f"the report on 30 days: {read:,} records read, {counted:,} counted",
        ),
    ]


def capture(made: Deployed, until: datetime) -> None:
    s3, name = made.client("s3"), made.outputs["endpoint_name"]
    pictures = captures.pictures()
    for hour, file in itertools.product(range(FRESH), range(FILES)):
        start = until - (hour + 1) * HOUR
        lines = (captures.line(number, png, start) for number, png in enumerate(pictures[:LINES]))
        place = f"captures/{made.outputs['model']['id']}/{name}/AllTraffic/{start:%Y/%m/%d/%H}/{file:02}-00-000-a.jsonl"
        s3.put_object(Bucket=made.outputs["bucket"], Key=place, Body="".join(lines).encode())


def look(made: Deployed, until: datetime) -> None:
    """As the function does."""
    settings = monitor.read_settings(
        {
            "BUCKET": made.outputs["bucket"],
            "ENDPOINT_NAME": made.outputs["endpoint_name"],
            "MODEL": made.outputs["model"]["id"],
            "NAMESPACE": "month",
            "THRESHOLD": str(made.outputs["threshold"]),
        }
    )
    watch(settings, until + HOUR, until, lambda: 600)


def repeat(results: Results, model: str, until: datetime) -> None:
    """The results of the newest hours again and again, up to a month before."""
    fresh = [result for hour in range(FRESH) if (result := results.read(model, until - (hour + 1) * HOUR))]
    for hour in range(FRESH, HOURS):
        start = until - (hour + 1) * HOUR
        again = replace(fresh[hour % FRESH], since=start.isoformat(), until=(start + HOUR).isoformat())
        results.write(model, start, again)
