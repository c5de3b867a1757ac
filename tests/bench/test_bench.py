"""`make bench`: the measurements themselves are no tests, but the command has to keep its promises."""

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench import captures, file, gathered, imports, memory, staging
from bench.__main__ import ROWS, Row, main, measure
from bench.figures import Figure


def bench(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", "--out", str(folder / "bench.json"), *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_row_that_does_not_exist_is_refused_by_name(tmp_path: Path) -> None:
    done = bench(tmp_path, "--only", "capture,speed")
    rows = (
        "bulk, single, waiting, api, console, lambda, capture, staging, training, gather, soak, month, drift, "
        "paired, truth"
    )
    assert (done.returncode, done.stderr) == (1, f"error: there is no row 'speed': choose from {rows}\n")
    assert not (tmp_path / "bench.json").exists()


@pytest.mark.parametrize("number", ["0", "-1", "often", "1.5"])
def test_a_number_of_repetitions_that_makes_no_sense_is_refused(number: str, tmp_path: Path) -> None:
    done = bench(tmp_path, f"--repeat={number}")
    said = f"error: --repeat takes a number of 1 or more, not '{number}'\n"
    assert (done.returncode, done.stderr) == (1, said)


@pytest.mark.parametrize("number", ["199", "-1", "many"])
def test_a_soak_of_too_few_photos_to_meet_each_fault_is_refused(number: str, tmp_path: Path) -> None:
    done = bench(tmp_path, "--only", "soak", f"--photos={number}")
    said = f"error: --photos takes a number of 200 or more, not '{number}'\n"
    assert (done.returncode, done.stderr) == (1, said)


def test_a_row_is_measured_as_often_as_asked_and_prepared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[str] = []
    values = iter([5.0, 1.0, 3.0])

    @contextlib.contextmanager
    def ready() -> Iterator[Callable[[], list[Figure]]]:
        prepared.append("once")
        yield lambda: [Figure("row_ms", next(values), "ms", "")]

    monkeypatch.setitem(ROWS, "row", Row(ready, rounds=7))
    section = measure("row", 3)
    (figure,) = section.figures
    assert (figure.value, figure.least, figure.most, figure.rounds) == (3.0, 1.0, 5.0, 3)
    assert (prepared, section.rounds, figure.busy) == (["once"], 3, section.busy)


def test_the_table_and_the_file_hold_what_was_measured_and_what_has_become_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = Row(lambda: contextlib.nullcontext(lambda: [Figure("row_ms", 3.0, "ms", "as told")]), rounds=4)
    monkeypatch.setitem(ROWS, "row", row)
    path = tmp_path / "bench.json"
    path.write_text('{"row_ms": 6.0}')  # the file that is written is compared with as it was
    monkeypatch.setattr(
        sys, "argv", ["bench", "--only", "row", "--repeat", "2", "--compare", str(path), "--out", str(path)]
    )
    main()
    printed = capsys.readouterr().out
    assert "row, 2 times: " in printed
    assert printed.splitlines()[-1].split()[:4] == ["row_ms", "6", "3", "0.50"]
    assert [(it.value, it.rounds) for it in file.read(path).figures] == [(3.0, 2)]


def test_the_capture_that_is_measured_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captures, "LINES", 20)
    monkeypatch.setattr(captures, "FILES", 3)
    monkeypatch.setattr(captures, "MANY_FILES", 5)
    with captures.ready() as once:
        figures = {figure.name: figure for figure in once()}
    assert 3_000 < figures["capture_bytes_per_record"].value < 5_000
    assert "reading 100 records" in figures["capture_peak_mb"].meaning
    assert figures["capture_records_per_s"].value > 0
    assert figures["capture_records_per_s_with_images"].value > 0


def test_what_says_what_became_of_a_bulk_run_is_measured_on_as_many_lines_as_are_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gathered, "SIZES", (1_000, 2_000))
    with gathered.ready() as once:
        found = {figure.name: figure.value for figure in once()}
    assert set(found) == {"gather_images_per_s", "gather_growth", "gather_MB"}
    assert min(found.values()) > 0


def test_the_memory_of_reading_is_the_readers_own_and_not_that_of_who_started_it(tmp_path: Path) -> None:
    captures.write(tmp_path, files=1)
    held = b"x" * (300 * 1024**2)
    records, megabytes = captures.peak(tmp_path)
    del held
    assert records == captures.LINES
    assert 10 < megabytes < 150


def test_where_there_is_no_proc_the_memory_is_still_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "STATUS", Path("/nowhere/status"))
    assert memory.peak() > 10


def test_a_cold_import_is_timed_as_a_zip_has_it_and_leaves_nothing_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "TIMES", 1)
    (tmp_path / "slow.py").write_text("import time\ntime.sleep(0.2)\n")
    assert imports.imports({"slow": (tmp_path, "slow")})["slow"] >= 200
    assert [path.name for path in tmp_path.iterdir()] == ["slow.py"]


def test_a_distribution_is_measured_zipped_and_unpacked() -> None:
    zipped, unpacked = imports.size({"six"})
    assert 10 < zipped < 30 < unpacked


def test_staging_is_measured_on_as_many_photos_as_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "TRAIN", 20)
    monkeypatch.setattr(staging, "TEST", 10)
    figures = {figure.name: figure.value for figure in staging.measure()}
    assert figures["staging_photos_per_s"] == pytest.approx(30 / figures["staging_s"])
