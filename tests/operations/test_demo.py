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
            [sys.executable, "-m", "operations.demo", "--out", tmp_path / "demo"],
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


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "operations.demo", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_an_archive_that_is_not_there_ends_the_demo_with_one_line(tmp_path):
    missing = tmp_path / "photos.tar.gz"
    result = run("--dataset", missing, "--out", tmp_path / "demo")
    assert result.returncode == 1
    assert (
        result.stderr.strip()
        == f"error: --source {missing} is neither cifar100 nor sample nor an archive, a folder or a manifest"
    )


def test_a_folder_that_is_not_its_own_is_refused_in_one_line_and_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    result = run("--out", tmp_path)
    said = f"error: {tmp_path} is not empty: name another folder with --out\n"
    assert (result.returncode, result.stdout, result.stderr) == (1, "", said)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path):
    (tmp_path / "taken").write_text("I am a file.")
    result = run("--out", tmp_path / "taken/demo")
    said = f"error: {tmp_path}/taken/demo: Not a directory: name another folder with --out\n"
    assert (result.returncode, result.stdout, result.stderr) == (1, "", said)
