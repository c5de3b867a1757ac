"""How busy others keep the machine is counted, and what we do ourselves is not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import busy
from bench.busy import Reading

WORK_TICKS = 20
# Twice as much as is looked for: the kernel's books may round.
WORK = f"""
import os, time
ticks = os.sysconf("SC_CLK_TCK")
while time.process_time() * ticks < {2 * WORK_TICKS}:
    pass
print("worked", flush=True)
input()
"""
needs_proc = pytest.mark.skipif(not busy.counts(), reason="needs /proc/stat")


def working() -> subprocess.Popen[str]:
    """A child's child that has worked, and waits for a line to end."""
    command = ["sh", "-c", '"$0" -c "$1"; exit', sys.executable, WORK]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "worked\n"
    return process


def test_what_others_used_is_what_was_used_without_ours() -> None:
    assert busy.others(Reading(1_000, 400, 100), Reading(1_200, 500, 160)) == 40


def test_others_never_work_less_than_nothing() -> None:
    assert busy.others(Reading(1_000, 400, 100), Reading(1_200, 500, 201)) == 0


def test_the_share_is_of_all_the_time_that_was_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    readings = [Reading(0, 0, 0), Reading(100, 90, 60), Reading(500, 90, 60), Reading(600, 100, 60)]
    monkeypatch.setattr(busy, "counts", lambda: True)
    monkeypatch.setattr(busy, "read", lambda: readings.pop(0))
    watch = busy.Watch()
    for _ in range(2):
        with watch:
            pass
    assert watch.share() == (30 + 10) / 200


def test_idle_time_is_not_used_and_a_guests_time_is_counted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stat").write_text("cpu  10 20 30 400 50 6 7 8 9 9\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
    monkeypatch.setattr(busy, "PROC", tmp_path)
    assert busy.read() == Reading(total=531, used=81, ours=0)


def test_a_name_with_spaces_and_brackets_is_no_riddle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for process, parent in ((os.getpid(), 1), (4_000_001, os.getpid()), (4_000_002, 1)):
        (tmp_path / str(process)).mkdir()
        columns = f"S {parent} 1 1 0 -1 4194304 0 0 0 0 1 20 300 4000 20 0 1 0"
        (tmp_path / str(process) / "stat").write_text(f"{process} (a name) (of :) two) {columns}\n")
    monkeypatch.setattr(busy, "PROC", tmp_path)
    assert busy.ours() == 2 * 4321


@needs_proc
def test_what_a_child_of_a_child_does_is_ours_while_it_lives_and_afterwards() -> None:
    before = busy.ours()
    with working() as process:
        living = busy.ours()
        process.communicate("\n")
    assert living - before >= WORK_TICKS
    assert busy.ours() - before >= WORK_TICKS


def test_without_proc_it_is_the_load_when_the_measuring_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(busy, "PROC", tmp_path)
    monkeypatch.setattr(busy, "load", lambda: 0.4)
    watch = busy.Watch()
    with watch:
        pass
    assert watch.share() == 0.4


def test_the_load_is_a_share_of_the_machine_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    for load, share in ((1.0, 0.25), (9.0, 1.0)):
        monkeypatch.setattr(os, "getloadavg", lambda load=load: (load, 0.0, 0.0))
        busy.load.cache_clear()
        assert busy.load() == share
    busy.load.cache_clear()
