"""What a bulk run must survive. The model does as photos say, see scripted_inference.py; it was promoted before."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from core.contract import register

SURE, UNSURE = "[0.99, 0.01]", "[0.4, 0.6]"
PNG = b"\x89PNG\r\n\x1a\n" + b"IEND\xaeB`\x82"
CROWD = 400
THOUSANDS = 8_000  # eight of a listing's pages
DEAD_SECONDS = 20
UPLOADS_AT_ONCE = 16
LOOK_SECONDS = 0.1
ENDED_SECONDS = 180
NOTHING, TEXT, HUGE = b"", b"scones, butter, jam\n", PNG + bytes(6_291_457)


def photo(number: int, answer: str = SURE, **script: object) -> bytes:
    return PNG + json.dumps({"answer": answer, "number": number, **script}).encode()


class Bulk:
    """Bulk runs in the environment, started by hand, and what came of them."""

    def __init__(self, workflow: Any) -> None:
        self.workflow = workflow
        self.s3, self.steps, self.bucket = workflow.s3, workflow.steps, workflow.bucket
        self.machine = workflow.outputs["bulk"]["state_machine_arn"]

    def fill(self, prefix: str, photos: dict[str, bytes]) -> set[str]:
        """Put photos where no upload starts the workflow; their keys."""

        def put(name: str) -> str:
            self.s3.put_object(Bucket=self.bucket, Key=prefix + name, Body=photos[name])
            return prefix + name

        with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
            return set(pool.map(put, photos))

    def start(self, prefix: str) -> str:
        run = f"test-{time.time_ns()}"
        event = json.dumps({"run": run, "prefix": prefix})
        self.steps.start_execution(stateMachineArn=self.machine, name=run, input=event)
        return run

    def arn(self, run: str) -> str:
        return f"{self.machine.replace(':stateMachine:', ':execution:')}:{run}"

    def status(self, run: str) -> str:
        return self.steps.describe_execution(executionArn=self.arn(run))["status"]

    def end(self, run: str) -> dict[str, dict[str, Any]]:
        """The run's lines by key, once it has ended well: each key once, and counted."""
        deadline = time.monotonic() + ENDED_SECONDS
        while (status := self.status(run)) == "RUNNING" and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        assert status == "SUCCEEDED", self.steps.describe_execution(executionArn=self.arn(run))
        return self.lines(run)

    def lines(self, run: str) -> dict[str, dict[str, Any]]:
        parts = [self.read(run, f"parts/{name}") for name in self.list_parts(run)]
        lines = [json.loads(text) for part in parts for text in part.splitlines()]
        keys = [line["s3_key"] for line in lines]
        assert len(keys) == len(set(keys))
        summary = json.loads(self.read(run, "summary.json"))
        outcomes = Counter(line["outcome"] for line in lines)
        assert {name: summary[name] for name in outcomes} == outcomes
        assert (summary["images"], summary["parts"]) == (len(lines), len(parts))
        failed = [line["s3_key"] for line in lines if line["outcome"] == "failed"]
        listed = [item["Key"] for item in json.loads(self.read(run, "failed.json"))]
        assert sorted(listed) == sorted(failed)
        return dict(sorted(zip(keys, lines, strict=True)))

    def read(self, run: str, name: str) -> str:
        key = f"results/bulk/{run}/{name}"
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode()

    def list_parts(self, run: str) -> list[str]:
        folder = f"results/bulk/{run}/parts/"
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=folder)
        return [item["Key"].removeprefix(folder) for page in pages for item in page.get("Contents", [])]

    def listed(self, run: str) -> int:
        """How many objects its map run has listed."""
        runs = self.steps.list_map_runs(executionArn=self.arn(run))["mapRuns"]
        if not runs:
            return 0
        return self.steps.describe_map_run(mapRunArn=runs[0]["mapRunArn"])["itemCounts"]["total"]

    def wait(self, look: Callable[[], Any]) -> None:
        deadline = time.monotonic() + ENDED_SECONDS
        while not look():
            assert time.monotonic() < deadline
            time.sleep(LOOK_SECONDS)


@pytest.fixture(scope="module")
def bulk(workflow) -> Bulk:
    return Bulk(workflow)


@pytest.fixture(scope="module")
def dead(bulk) -> tuple[str, set[str], float]:
    """A run whose endpoint is dead for a while, begun before all others, for it takes longest."""
    until = time.time() + DEAD_SECONDS
    photos = {f"{number}.png": photo(number, status=503, until=until) for number in range(120)}
    keys = bulk.fill("archive/dead/", photos)
    return bulk.start("archive/dead/"), keys, until


@pytest.fixture(scope="module")
def throttled(bulk, dead) -> tuple[str, set[str]]:  # noqa: ARG001
    """A run whose endpoint throttles half of the calls, by chance: some photos are tried many times."""
    photos = {f"{number}.png": photo(number, status=429, share=0.5) for number in range(60)}
    keys = bulk.fill("archive/throttled/", photos)
    return bulk.start("archive/throttled/"), keys


@pytest.fixture(scope="module")
def crowd(bulk, throttled) -> Iterator[tuple[str, list[str], set[str], set[str]]]:  # noqa: ARG001
    """Two runs over the same crowd at the same time: its prefix, both runs, all keys, and those of poison."""
    prefix, poison = "archive/Fähre 🛵 + Zürich/2026 11 21/", {}
    photos = {
        f"{number:04} ü.png": photo(number, UNSURE if number % 10 == 0 else SURE) for number in range(CROWD)
    }
    for number, name in enumerate(list(photos)[7::20]):  # 5 in 100
        poison[name] = (NOTHING, TEXT, photo(number, "a bicycle, I think"))[number % 3] if number else HUGE
    keys = bulk.fill(prefix, photos | poison)
    yield prefix, [bulk.start(prefix) for _ in range(2)], keys, {prefix + name for name in poison}


def test_an_empty_prefix_is_an_empty_result_and_no_success(bulk):
    asked = ("operations.bulk", "local", "--prefix", "archive/nothing/")
    printed = bulk.workflow.project.run(*asked, status=1, key="operator")
    assert "found no object below its prefix: is that spelt right?" in printed
    run = printed.split("run ")[1].split()[0]
    assert bulk.lines(run) == {}


def test_thousands_of_objects_have_one_line_each(bulk):
    keys = bulk.fill("archive/thousands/", {f"{number}.png": TEXT for number in range(THOUSANDS - 1)})
    keys |= bulk.fill("archive/thousands/", {"a photo.png": photo(0)})
    lines = bulk.end(bulk.start("archive/thousands/"))
    assert set(lines) == keys
    errors = Counter(line["error"] for line in lines.values())
    assert errors == {None: 1, "NotAnImage": THOUSANDS - 1}


def test_what_disappears_meanwhile_has_its_line_too(bulk, crowd):  # noqa: ARG001
    photos = {f"{number:03}.png": photo(number, seconds=0.2) for number in range(300)}
    keys = bulk.fill("archive/gone/", photos)
    run = bulk.start("archive/gone/")
    bulk.wait(lambda: bulk.listed(run))
    gone = [{"Key": key} for key in sorted(keys)[200:]]
    bulk.s3.delete_objects(Bucket=bulk.bucket, Delete={"Objects": gone})
    lines = bulk.end(run)
    assert set(lines) == keys
    errors = Counter(line["error"] for line in lines.values())
    assert errors == {None: 200, "ImageNotFound": 100}


def test_a_function_that_is_killed_is_started_again(bulk):
    photos = {f"{number:03}.png": photo(number, seconds=0.5) for number in range(200)}
    keys = bulk.fill("archive/killed/", photos)
    run = bulk.start("archive/killed/")
    bulk.wait(lambda: bulk.listed(run))
    time.sleep(1)
    name = bulk.workflow.outputs["function_names"]["batch"]
    assert kill_processes(f"AWS_LAMBDA_FUNCTION_NAME={name}") > 0
    lines = bulk.end(run)
    assert {key: line["outcome"] for key, line in lines.items()} == dict.fromkeys(keys, "accepted")


def kill_processes(variable: str) -> int:
    """Kill what has this in its environment, as Lambda's sandbox does with a function that has too much."""
    killed = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found = variable.encode() in (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # another user's, or gone
        if found:
            os.kill(int(process.name), signal.SIGKILL)
            killed += 1
    return killed


def test_poison_fails_in_its_own_lines_only_and_two_runs_at_once_agree(bulk, crowd):
    _, runs, keys, poison = crowd
    first, second = (bulk.end(run) for run in runs)
    assert set(first) == keys
    assert {key for key, line in first.items() if line["outcome"] == "failed"} == poison
    assert first == second


def test_what_the_model_is_unsure_of_waits_in_the_register_behind_the_drivers(bulk, crowd):
    prefix, runs, _, _ = crowd
    lines = bulk.end(runs[0])
    unsure = {key for key, line in lines.items() if line["outcome"] == "review"}
    assert len(unsure) > CROWD // 20
    bulk.end(runs[1])
    waiting = {item["s3_key"]: item for item in bulk.workflow.items(prefix)}
    assert waiting.keys() == unsure
    for key, item in waiting.items():
        assert (item["state"], item["open"], item["reason"]) == ("waiting", "waiting", lines[key]["error"])
        assert item["since"] == f"{register.ARCHIVE}{item['waiting_at']}"
        assert json.loads(item["inferences"]) == lines[key]["inferences"]
        assert item["run"] in runs
        assert item["expires"] > time.time()
        assert not {"camera", "execution", "reference", "source"} & set(item)


def test_a_run_writes_over_no_photo_that_came_before_and_gives_way_to_one_that_comes_as_a_driver_s(bulk):
    workflow = bulk.workflow
    driver_s = workflow.store("both-ways/first-a-driver.png", photo(0, UNSURE))
    workflow.end(workflow.start(driver_s))
    waiting = workflow.item(driver_s["s3_key"], state=register.WAITING)
    assert workflow.end(workflow.decide(waiting, "bicycle"))["status"] == "SUCCEEDED"
    routed = workflow.item(driver_s["s3_key"], state=register.ROUTED)
    archived = workflow.store("both-ways/first-in-bulk.png", photo(1, UNSURE))
    run = bulk.start("archive/both-ways/")
    assert {line["outcome"] for line in bulk.end(run).values()} == {"review"}
    assert workflow.items(driver_s["s3_key"]) == [routed]
    assert workflow.item(archived["s3_key"], state=register.WAITING)["run"] == run
    execution = workflow.start(archived)
    workflow.end(execution)
    now = workflow.item(archived["s3_key"], state=register.WAITING)
    assert (now["execution"], now["since"], "run" in now) == (execution, now["waiting_at"], False)
    bulk.end(bulk.start("archive/both-ways/"))
    assert workflow.item(archived["s3_key"]) == now
    assert workflow.end(workflow.decide(now, "motorcycle"))["status"] == "SUCCEEDED"
    assert len(workflow.routed.about(s3_key=archived["s3_key"])) == 1


def test_a_run_that_is_left_goes_on_and_one_that_is_stopped_is_resumed_to_the_same_result(bulk):
    # The last batch takes longest: it is still at work when the run is stopped, also on a busy machine.
    photos = {
        f"{number:03}.png": photo(number, seconds=0.3 if number < 300 else 1.5) for number in range(400)
    }
    keys = bulk.fill("archive/stopped/", photos)
    project = bulk.workflow.project
    command = subprocess.Popen(
        [sys.executable, "-m", "operations.bulk", "local", "--prefix", "archive/stopped/"],
        cwd=project.root,
        env=os.environ | project.variables,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert command.stdout is not None
    run = command.stdout.readline().split()[1]
    bulk.wait(lambda: bulk.list_parts(run))
    command.send_signal(signal.SIGINT)
    printed, _ = command.communicate(timeout=60)
    assert command.returncode == 130
    assert f"--follow {run}" in printed
    assert f"--stop {run}" in printed
    assert bulk.status(run) == "RUNNING"
    project.run("operations.bulk", "local", "--stop", run, key="operator")
    assert bulk.status(run) == "ABORTED"
    before = bulk.list_parts(run)
    assert 0 < len(before) < 4
    assert "400 images in " in project.run("operations.bulk", "local", "--resume", run, key="operator")
    lines = bulk.lines(run)
    assert {key: line["outcome"] for key, line in lines.items()} == dict.fromkeys(keys, "accepted")


def test_a_retry_does_again_what_failed_and_nothing_else(bulk):
    photos = {f"{number}.png": photo(number) for number in range(20)}
    refused = {f"refused {number} ü.png": photo(number, status=400, times=1) for number in range(5)}
    keys = bulk.fill("archive/again/", photos | refused)
    project = bulk.workflow.project
    printed = project.run("operations.bulk", "local", "--prefix", "archive/again/", status=1, key="operator")
    assert "25 images in " in printed
    assert "5 failed as ImageRefused" in printed
    first = printed.split("run ")[1].split()[0]
    printed = project.run("operations.bulk", "local", "--retry", first, key="operator")
    assert "5 photos of run" in printed
    second = printed.split("\nrun ")[1].split()[0]
    again = bulk.lines(second)
    assert set(again) == {key for key in keys if "refused" in key}
    assert {line["outcome"] for line in again.values()} == {"accepted"}
    assert "nothing failed" in project.run("operations.bulk", "local", "--retry", second, key="operator")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--prefix", "captures/"), "does not start with archive/ or incoming/"),
        (("--retry", "no-such-run"), "there is no bulk run 'no-such-run' in local"),
        (("--resume", "no-such-run"), "there is no bulk run 'no-such-run' in local"),
        (("--follow", "2026 11"), "'2026 11' is no name of a bulk run"),
        (("--stop", ""), "'' is no name of a bulk run"),
    ],
)
def test_a_mistake_is_said_in_one_line(bulk, arguments, said):
    printed = bulk.workflow.project.run("operations.bulk", "local", *arguments, status=1, key="operator")
    assert said in printed
    assert len(printed.splitlines()) == 1


def test_an_endpoint_that_is_dead_for_a_while_costs_no_photo(bulk, dead):
    run, keys, until = dead
    lines = bulk.end(run)
    ended = bulk.steps.describe_execution(executionArn=bulk.arn(run))
    assert ended["startDate"].timestamp() < until - DEAD_SECONDS / 2
    assert ended["stopDate"].timestamp() > until
    assert {key: line["outcome"] for key, line in lines.items()} == dict.fromkeys(keys, "accepted")


def test_an_endpoint_that_throttles_half_of_the_calls_costs_no_line_and_hardly_a_photo(bulk, throttled):
    """Of 256 photos one is throttled in all its eight tries, and says so."""
    run, keys = throttled
    lines = bulk.end(run)
    assert set(lines) == keys
    assert {line["error"] for line in lines.values()} <= {None, "EndpointThrottled"}
    assert sum(line["outcome"] == "accepted" for line in lines.values()) > 50
