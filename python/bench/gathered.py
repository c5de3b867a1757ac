"""The functions that say what became of a bulk run: whether they take it at any size, in time and in memory.

Parts and result files are made up: batches in no order, two of five done by a redrive. They lie in a local cloud's S3;
the functions run one after the other in a process of their own, whose peak of memory is theirs.
"""

import contextlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3

from bench.figures import Figure
from core.contract.lines import Line, join
from core.contract.outcomes import ACCEPTED
from lambdas.bulk_parts import Part
from localcloud.server import running

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

SIZES = (1_000_000, 5_000_000)
BATCH = 500
IN_A_FILE = 500  # batches: of a result file the local cloud's S3 reads all, for each range of it
BUCKET, RESULTS, RUN = "scones-bench-bulk", "results/bulk", "r"
MAP = f"{RESULTS}/{RUN}/map/m"
AT_ONCE = 4
KEYS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "us-east-1"}
# The steps as the state machine calls them, without its count of the items: there was no map run.
STEPS = """
import json, sys, time
from types import SimpleNamespace
from bench import memory
from lambdas import collect
images = int(sys.argv[1])
counts = {"total": images, "succeeded": images}
collect.find_map_run = lambda _: {"mapRunArn": "arn:m", "itemCounts": counts, "status": "SUCCEEDED"}
context = SimpleNamespace(aws_request_id="bench")
event = {"run": "r", "execution_id": "arn:r"}
started = time.perf_counter()
collect.handler(event | {"step": "list"}, context)
place = collect.Place(collect.s3(), collect.settings().bucket, "results/bulk/r", None)
for asked in collect.read(place, "results/bulk/r/ranges.json"):
    collect.handler({"step": "gather", "run": "r", "range": asked}, context)
summary = collect.handler(event | {"step": "sum"}, context)["body"]
print(json.dumps([summary["images"], time.perf_counter() - started, memory.peak()]))
"""


@dataclass(frozen=True)
class Gathered:
    seconds: float
    megabytes: float


@contextlib.contextmanager
def ready() -> Iterator[Callable[[], list[Figure]]]:
    with running() as url:
        client = boto3.client(
            "s3",
            endpoint_url=url,
            region_name=KEYS["AWS_REGION"],
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - the local cloud's
        )
        client.create_bucket(Bucket=BUCKET)
        yield lambda: measure(client, url)


def measure(client: "S3Client", url: str) -> list[Figure]:
    some, many = SIZES
    found = {}
    for images in SIZES:
        make(client, images)
        found[images] = gather(url, images)
    per_image = found[many].seconds / many / (found[some].seconds / some)
    return [
        Figure("gather_images_per_s", many / found[many].seconds, "/s", f"lines checked, of {many:,}"),
        Figure("gather_growth", per_image, "x", f"time per line of {many:,}, against that of {some:,}"),
        Figure(
            "gather_MB", found[many].megabytes, "MB", f"memory of the function at most, for {many:,} lines"
        ),
    ]


def make(client: "S3Client", images: int) -> None:
    """The run's parts, and what the map's two attempts leave."""
    batches = list(range(0, images, BATCH))
    random.Random(0).shuffle(batches)  # noqa: S311 - an order, not a secret

    def put(start: int) -> str:
        keys = [
            f"archive/2026/11/21/camera-{number % 40:02}/{number:09}.png"
            for number in range(start, start + BATCH)
        ]
        lines = [
            Line(key, "v" * 32, "bicycle", 0.987654, [0.987654, 0.012346], ACCEPTED, model="m" * 16)
            for key in keys
        ]
        items = [{"Index": start + number, "Item": item(key)} for number, key in enumerate(keys)]
        client.put_object(
            Bucket=BUCKET, Key=Part.of(items).name(f"{RESULTS}/{RUN}"), Body=join(lines).encode()
        )
        return json.dumps({"Status": "SUCCEEDED", "Input": json.dumps({"Items": items})})

    with ThreadPoolExecutor(AT_ONCE) as pool:
        entries = list(pool.map(put, batches))
    redriven = len(entries) * 3 // 5
    files: list[dict[str, object]] = []
    for folder, some in ((MAP, entries[:redriven]), (f"{MAP}/Redrive-1", entries[redriven:])):
        for number, start in enumerate(range(0, len(some), IN_A_FILE)):
            body = "\n".join(some[start : start + IN_A_FILE]).encode()
            key = f"{folder}/SUCCEEDED_{number}.jsonl"
            client.put_object(Bucket=BUCKET, Key=key, Body=body)
            files.append({"Key": key, "Size": len(body)})
        manifest = json.dumps({"ResultFiles": {"SUCCEEDED": files}})
        client.put_object(Bucket=BUCKET, Key=f"{folder}/manifest.json", Body=manifest.encode())


def item(key: str) -> dict[str, object]:
    """As a listing has it."""
    return {
        "Etag": f'"{"e" * 32}"',
        "Key": key,
        "LastModified": 1_795_000_000,
        "Size": 2_345,
        "StorageClass": "STANDARD",
    }


def gather(url: str, images: int) -> Gathered:
    variables = {**KEYS, "AWS_ENDPOINT_URL": url, "BUCKET": BUCKET, "RESULTS": RESULTS}
    done = subprocess.run(
        [sys.executable, "-c", STEPS, str(images)],
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    counted, seconds, megabytes = json.loads(done.stdout.splitlines()[-1])
    assert counted == images, (counted, images)
    return Gathered(seconds, megabytes)
