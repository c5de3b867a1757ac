"""How long a driver's photo waits behind a bulk run: single photos, alone and while thousands run in bulk.

Twice a second a photo starts an execution, and between two of them the endpoint is asked for one directly. In a local
cloud the model shares the machine with all else, so that bulk slows a photo by the processor too, which it does not in
AWS. So the endpoint is also asked beside as many busy processes as there are cores, without a bulk run: what is slower
than that has waited in line.
"""

import contextlib
import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from os import cpu_count

from bench import prefix
from bench.deployed import Deployed, deploy
from bench.figures import Figure
from bench.single import start_event
from bench.training import busy_processes
from operations.bulk_run import Run

PHOTOS = 60  # of those that no bulk run is beside
EVERY_SECONDS = 0.5
KEY = "archive/waiting/photo.png"  # nothing starts by itself there


@dataclass
class Waited:
    """Milliseconds of single photos, in one situation."""

    whole: list[float] = field(default_factory=list)  # of executions
    endpoint: list[float] = field(default_factory=list)  # of the endpoint's answers


@contextlib.contextmanager
def ready() -> Iterator[Callable[[], list[Figure]]]:
    made, photos = deploy(), prefix.drawings()
    with made.inside():
        prefix.upload(photos)
        prefix.classify(prefix.SIZES[500])  # so that everything is warm
        send(made, photos[0], lambda sent: sent < PHOTOS // 4)
        yield lambda: measure(made, photos[0])


def measure(made: Deployed, photo: bytes) -> list[Figure]:
    some: Callable[[int], bool] = lambda sent: sent < PHOTOS  # noqa: E731 - said twice
    alone = send(made, photo, some)
    with busy_processes(cpu_count() or 1):
        crowded = send(made, photo, some)
    run = Run("local")
    run.start(prefix=prefix.SIZES[max(prefix.SIZES)])
    beside = send(made, photo, lambda _: run.describe()["status"] == "RUNNING")
    return figures(alone, crowded, beside, rate(run))


def figures(alone: Waited, crowded: Waited, beside: Waited, speed: float) -> list[Figure]:
    many = f"while {max(prefix.SIZES):,} run in bulk"
    return [
        *both("single_alone", alone.whole, "an execution from start to stop, twice a second, nothing else"),
        *both("single_in_bulk", beside.whole, f"the same {many}"),
        *both("endpoint_alone", alone.endpoint, "the endpoint's answer to one photo, nothing else"),
        *both("endpoint_busy", crowded.endpoint, "the same beside a busy process for each core"),
        *both("endpoint_in_bulk", beside.endpoint, f"the same {many}"),
        Figure("waiting_bulk_images_per_s", speed, "/s", "images of that bulk run meanwhile"),
    ]


def both(name: str, milliseconds: list[float], meaning: str) -> list[Figure]:
    """The median, and what 95 of 100 stay below."""
    middle, most = statistics.median(milliseconds), statistics.quantiles(milliseconds, n=20)[-1]
    return [
        Figure(f"waiting_{name}_ms", middle, "ms", f"{meaning}, the median of {len(milliseconds)}"),
        Figure(f"waiting_{name}_95_ms", most, "ms", "and its 95th percentile"),
    ]


def send(made: Deployed, photo: bytes, more: Callable[[int], bool]) -> Waited:
    """Photos at even times, as long as there are to be more; how long they took is looked up afterwards."""
    s3, steps, runtime = made.client("s3"), made.client("stepfunctions"), made.client("sagemaker-runtime")
    bucket = made.outputs["bucket"]
    waited, due = Waited(), time.monotonic()
    started: list[str] = []
    while more(len(started)):
        put = s3.put_object(Bucket=bucket, Key=KEY, Body=photo)
        event = start_event(bucket, KEY, put["VersionId"])
        execution = steps.start_execution(stateMachineArn=made.outputs["state_machine_arn"], input=event)
        started.append(execution["executionArn"])
        wait(due + EVERY_SECONDS / 2)
        before = time.perf_counter()
        runtime.invoke_endpoint(
            EndpointName=made.outputs["endpoint_name"], ContentType="image/png", Body=photo
        )["Body"].read()
        waited.endpoint.append(1000 * (time.perf_counter() - before))
        due = max(due + EVERY_SECONDS, time.monotonic())
        wait(due)
    for arn in started:
        while (ended := steps.describe_execution(executionArn=arn))["status"] == "RUNNING":
            time.sleep(EVERY_SECONDS)
        waited.whole.append(1000 * (ended["stopDate"] - ended["startDate"]).total_seconds())
    return waited


def wait(until: float) -> None:
    time.sleep(max(until - time.monotonic(), 0))


def rate(run: Run) -> float:
    """Images a second of a bulk run that has ended."""
    ended = run.describe()
    summary = json.loads(ended["output"])
    assert summary["images"] > 0 == summary["failed"], summary
    return summary["images"] / (ended["stopDate"] - ended["startDate"]).total_seconds()
