"""A load of photos and poison through the deployed environment: everything that is sent is accounted for."""

import os
import signal
import subprocess
import sys
import time

from cost import measured

ROW = ("kind", "sent", "accepted", "review", "failed", "lost")
REFUSED = {
    "shopping-list": "NotAnImage",
    "empty": "NotAnImage",
    "huge": "ImageTooLarge",
    "broken": "ImageRefused",
}


def rows(printed: str) -> dict[str, tuple[list[int], str]]:
    """By kind: the counts in the order of ROW, and the errors."""
    cells = [line.split() for line in printed.splitlines()]
    numbers = [it for it in cells if len(it) > len(ROW) and all(text.isdigit() for text in it[1 : len(ROW)])]
    return {kind: ([int(text) for text in rest[:5]], rest[5]) for kind, *rest in numbers}


def test_every_photo_of_a_load_ends_and_each_kind_of_poison_by_its_name(deployed, staged_sample):
    printed = deployed.project.run(
        "operations.loadgen",
        "local",
        "--rate",
        6,
        "--duration",
        "5s",
        "--poison",
        0.5,
        "--data",
        staged_sample,
    )
    found = rows(printed)
    assert set(found) == {"good", *REFUSED}, printed
    good, _ = found.pop("good")
    sent, accepted, review, failed, lost = good
    assert sent == accepted + review > 0, printed
    assert failed == lost == 0
    for kind, (counts, error) in found.items():
        sent, accepted, review, failed, lost = counts
        assert (accepted, review, lost) == (0, 0, 0), printed
        assert sent == failed
        assert error == (REFUSED[kind] if sent else "-"), printed
    assert "asked for 6 a second, sent " in printed


def test_an_interrupted_load_sends_no_more_and_still_accounts_for_what_was_sent(deployed, staged_sample):
    command = [sys.executable, "-m", "operations.loadgen", "local", "--rate", "4", "--duration", "10m"]
    load = subprocess.Popen(
        [*command, "--poison", "0", "--data", str(staged_sample)],
        cwd=deployed.project.root,
        env=os.environ | deployed.project.variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    before = len(executions(deployed))
    while len(executions(deployed)) < before + 4:
        assert load.poll() is None, load.communicate()[0]
        time.sleep(0.2)
    load.send_signal(signal.SIGINT)
    printed, _ = load.communicate(timeout=60)
    assert load.returncode == 0, printed
    sent, accepted, review, failed, lost = rows(printed)["good"][0]
    assert sent == accepted + review >= 4, printed
    assert failed == lost == 0


def test_durations_are_measured_from_the_environments_own_logs(deployed, staged_sample, monkeypatch):
    photo = next((staged_sample / "test").glob("*.png"))
    deployed.route("measured.png", photo.read_bytes())
    deployed.s3.put_object(Bucket=deployed.bucket, Key="archive/measured/1.png", Body=photo.read_bytes())
    deployed.project.run("operations.bulk", "local", "--prefix", "archive/measured/", key="operator")
    deployed.project.run("operations.monitor_now", "local")
    monkeypatch.chdir(deployed.project.root)
    for name, value in deployed.project.variables.items():
        monkeypatch.setenv(name, value)
    found = measured.measure("local")
    assert measured.newest() == found
    assert {"serialize", "classify", "filter", "batch", "collect", "monitor"} <= set(found.functions)
    assert 0 < found.functions["filter"].milliseconds < found.workflow.milliseconds
    shared = found.functions.pop("collect")  # by so many photos that a line's share may be nothing
    assert shared.count == found.functions["batch"].count
    assert min(took.log_bytes for took in found.functions.values()) > 20  # of a batch, a photo's share
    assert found.workflow.log_bytes > 1000


def executions(deployed) -> list[str]:
    pages = deployed.steps.get_paginator("list_executions").paginate(stateMachineArn=deployed.machine)
    return [it["executionArn"] for page in pages for it in page["executions"]]
