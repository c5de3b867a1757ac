"""Networks that are trained side by side: the same bytes, whatever happens around them."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.training.test_train import command, contents

from core.figures import baseline

TWO = ("--epochs", "20", "--folds", "2", "--min-accuracy", "0")


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("checkpoints")


@pytest.fixture(scope="module")
def trained(staged_sample, checkpoints, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("folds")
    done = command(
        "training.train", "--data", staged_sample, "--out", folder, *TWO, "--checkpoints", checkpoints
    )
    assert done.returncode == 0, done.stderr
    assert "2 networks, epochs: 40/40" in done.stdout
    return folder


def test_all_photos_but_the_test_s_calibrate_it_and_are_its_baseline(trained):
    metrics = json.loads((trained / "metrics.json").read_text())
    assert (metrics["folds"], metrics["members"], metrics["n_calibration"]) == (2, 2, 160)
    reference = baseline.from_artefact(trained / "model.tar.gz")
    assert reference is not None
    assert reference.tally.records == 160
    assert reference.accuracy == metrics["validation_accuracy"]


def test_side_by_side_the_machine_s_threads_change_no_byte(trained, staged_sample, tmp_path):
    done = command("training.train", "--data", staged_sample, "--out", tmp_path, *TWO, OMP_NUM_THREADS="1")
    assert done.returncode == 0, done.stderr
    assert digest(tmp_path) == digest(trained)


def test_a_checkpoint_is_taken_and_its_name_tells_all_that_makes_it(
    trained, checkpoints, staged_sample, tmp_path
):
    kept = sorted(path.name for path in checkpoints.iterdir())
    data_id = json.loads((staged_sample / "dataset.json").read_text())["dataset_id"]
    assert kept == [f"small-{data_id}-fold-{k}-of-2-seed-{k - 1}-epochs-20.pt" for k in (1, 2)]
    options = ("--data", staged_sample, "--out", tmp_path, "--checkpoints", checkpoints)
    done = command("training.train", *TWO, *options)
    assert done.stdout.count("taken from") == 2
    assert digest(tmp_path) == digest(trained)


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / "model.tar.gz").read_bytes()).hexdigest()


def test_ctrl_c_ends_all_of_them_without_a_word(staged_sample, tmp_path):
    """A terminal interrupts the command's processes too."""
    words = (
        "--data",
        staged_sample,
        "--out",
        tmp_path / "model",
        "--folds",
        "2",
        "--checkpoints",
        tmp_path / "kept",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "training.train", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    until(lambda: len(members_of(process.pid)) > 3)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate()
    assert (process.returncode, said) == (130, "")
    until(lambda: not members_of(process.pid))
    assert contents(tmp_path) == {}


def members_of(group: int) -> list[str]:
    """The processes of a group that have not ended: the command, those that it has started, and Python's own."""
    found = subprocess.run(["ps", "-e", "-o", "pgid=,stat=,pid="], capture_output=True, text=True, check=True)
    rows = [line.split() for line in found.stdout.splitlines()]
    return [pid for pgid, state, pid in rows if int(pgid) == group and not state.startswith("Z")]


def until(look) -> None:
    deadline = time.monotonic() + 60
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.05)


SCRIPT = """
import os, signal
from core.console import UserError, run
from training import side_by_side

def double(number, step):
    step()
    return bytes([2 * number])

def divide(number, step):
    return bytes([1 // number])

def refuse(number, step):
    raise UserError(f"{number} is refused")

def die(number, step):
    os.kill(os.getpid(), signal.SIGKILL)

def main():
    found = {}
    names = ["first", "second", "third"]
    steps = sum(1 for _ in side_by_side.work_off(WORK, [0, 1, 2], names, found.__setitem__))
    print(steps, sorted(found.items()))

if __name__ == "__main__":
    run(main)
"""


def work_off(folder: Path, work: str) -> subprocess.CompletedProcess:
    script = folder / "script.py"
    script.write_text(SCRIPT.replace("WORK", work))
    return subprocess.run([sys.executable, script], capture_output=True, text=True)


def test_what_comes_of_each_task_is_told_with_its_number(tmp_path):
    done = work_off(tmp_path, "double")
    assert (done.stdout, done.stderr) == ("3 [(0, b'\\x00'), (1, b'\\x02'), (2, b'\\x04')]\n", "")


@pytest.mark.parametrize(
    ("work", "said"),
    [
        ("divide", "first: ZeroDivisionError: integer division or modulo by zero"),
        ("refuse", r"(first: 0|second: 1|third: 2) is refused"),
        ("die", "(first|second|third) was ended from outside: give it more memory, or fewer processors"),
    ],
)
def test_what_goes_wrong_in_one_is_a_line(tmp_path, work, said):
    done = work_off(tmp_path, work)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(f"error: {said}\n", done.stderr)
