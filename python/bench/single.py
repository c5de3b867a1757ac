"""The single path: one photo after the other through the whole workflow, against the endpoint's answer alone."""

import contextlib
import json
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from bench.deployed import Deployed, deploy
from bench.figures import Figure
from report import executions

PHOTOS = 60
WARM = 10  # more before them, for which processes and clients are made
POLL_SECONDS = 0.02


@contextlib.contextmanager
def ready() -> Iterator[Callable[[], list[Figure]]]:
    made = deploy()
    photos = [path.read_bytes() for path in sorted((made.data / "test").glob("*.png"))[: PHOTOS + WARM]]
    route(made, photos[:WARM])
    list(answers(made, photos[:WARM]))
    yield lambda: measure(made, photos[WARM:])


def measure(made: Deployed, photos: list[bytes]) -> list[Figure]:
    alone = 1000 * statistics.median(answers(made, photos))
    since = datetime.now(UTC)
    route(made, photos)
    machine = executions.read(
        made.outputs["state_machine_arn"], since, datetime.now(UTC), client=made.client("stepfunctions")
    )
    ended = [it for it in machine.executions if it.outcome in ("accepted", "review")]
    whole = 1000 * statistics.median((it.stop - it.start).total_seconds() for it in ended if it.stop)
    conditions = f"the median of {len(ended)} photos, one after the other"
    return [
        Figure(
            "endpoint_call_ms",
            alone,
            "ms",
            f"the endpoint's answer alone, the median of {len(photos)} photos",
        ),
        Figure("single_ms", whole, "ms", f"an execution from start to stop, {conditions}"),
        Figure("single_over_endpoint", whole / alone, "x", "an execution's time over the endpoint's alone"),
        *(
            Figure(
                f"single_{state.replace(' ', '_')}_ms",
                1000 * statistics.median(seconds),
                "ms",
                f"of it in {state}, where entered",
            )
            for state, seconds in executions.latencies(ended).items()
        ),
    ]


def answers(made: Deployed, photos: list[bytes]) -> Iterator[float]:
    """Seconds for each answer of the endpoint."""
    runtime, name = made.client("sagemaker-runtime"), made.outputs["endpoint_name"]
    for photo in photos:
        started = time.perf_counter()
        runtime.invoke_endpoint(EndpointName=name, ContentType="image/png", Body=photo)["Body"].read()
        yield time.perf_counter() - started


def start_event(bucket: str, key: str, version: str) -> str:
    """What an upload starts an execution with: by its version a photo is a new one each time that it is put."""
    return json.dumps(
        {"s3_bucket": bucket, "s3_key": key, "version_id": version, "source": "", "reference": ""}
    )


def route(made: Deployed, photos: list[bytes]) -> float:
    """Take the photos through the workflow, each after the end of the one before; the seconds from start to stop."""
    s3, steps, bucket = made.client("s3"), made.client("stepfunctions"), made.outputs["bucket"]
    events = []
    for number, photo in enumerate(photos):
        key = f"archive/one-by-one/{number}.png"  # nothing starts by itself there
        put = s3.put_object(Bucket=bucket, Key=key, Body=photo)
        events.append(start_event(bucket, key, put["VersionId"]))
    seconds = 0.0
    for event in events:
        started = steps.start_execution(stateMachineArn=made.outputs["state_machine_arn"], input=event)
        while (ended := steps.describe_execution(executionArn=started["executionArn"]))[
            "status"
        ] == "RUNNING":
            time.sleep(POLL_SECONDS)
        seconds += (ended["stopDate"] - ended["startDate"]).total_seconds()
    return seconds
