"""`make demo` is interrupted: everything that it started ends with it."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]


def started_by(session: int) -> list[str]:
    """The command lines of the processes that still run in that session."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):  # it ends meanwhile
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
    return found


@pytest.mark.parametrize(
    "everything", [True, False], ids=["Ctrl-C reaches all of it", "a signal reaches the demo"]
)
def test_nothing_is_left_running_after_an_interruption(everything, tmp_path):
    printed = tmp_path / "printed"
    with printed.open("w") as out:
        demo = subprocess.Popen(
            [sys.executable, "-m", "operations.demo"],
            cwd=ROOT,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 240
        while "member 1/1: 23" not in printed.read_text():
            assert demo.poll() is None, printed.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.2)
        if everything:
            os.killpg(demo.pid, signal.SIGINT)
        else:
            demo.terminate()
        assert demo.wait(60) == 130
        assert "Traceback" not in printed.read_text()
        deadline = time.monotonic() + 10
        while started_by(demo.pid) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert started_by(demo.pid) == []
    finally:
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGKILL)


def test_an_archive_that_is_not_there_ends_the_demo_with_one_line(tmp_path):
    missing = tmp_path / "photos.tar.gz"
    result = subprocess.run(
        [sys.executable, "-m", "operations.demo", "--dataset", missing],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert (
        result.stderr.strip()
        == f"error: --source {missing} is neither cifar100 nor sample nor an archive's path"
    )
