"""`make bench COMPARE=FILE`: each figure before and now, and what is to be borne in mind."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench import file, tables
from bench.figures import Measured
from bench.ratios import compare
from core.console import UserError

FIGURE = Measured("row_ms", 200.0, 190.0, 210.0, 5, 0.02, "ms", "as told")


def printed(table: object) -> str:
    console = Console(width=120)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


@pytest.mark.parametrize(
    ("before", "now", "ratio", "remarks"),
    [
        ({}, {"value": 100.0, "least": 90.0, "most": 110.0}, "0.50", ""),
        ({}, {"value": 205.0, "least": 195.0, "most": 215.0}, "1.02", "spreads overlap"),
        ({"value": 400.0, "least": 390.0, "most": 410.0, "busy": 0.3}, {}, "0.50", "busy machine before"),
        (
            {"busy": 0.3},
            {"busy": 0.4, "value": 201.0},
            "1.00",
            "busy machine before and now, spreads overlap",
        ),
        (
            {"rounds": 1, "least": 200.0, "most": 200.0},
            {"value": 300.0, "least": 290.0, "most": 310.0},
            "1.50",
            "measured once before",
        ),
        ({"unit": "MB", "busy": 0.9}, {"unit": "MB", "busy": 0.9}, "1.00", ""),
        ({"value": 0.0, "least": 0.0, "most": 0.0}, {}, "", ""),
    ],
)
def test_a_figure_says_its_ratio_and_what_is_to_be_borne_in_mind(
    before: dict[str, Any], now: dict[str, Any], ratio: str, remarks: str
) -> None:
    ((_, _, _, *said),) = compare([replace(FIGURE, **before)], [replace(FIGURE, **now)])
    assert said == [ratio, remarks]


def test_a_figure_that_was_not_measured_before_is_shown_and_one_that_is_not_now_is_left_out() -> None:
    gone = replace(FIGURE, name="gone")
    assert compare([gone], [FIGURE]) == [("row_ms", "", "200", "", "not measured before")]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file.write(tmp_path / "new" / "bench.json", [FIGURE])
    assert file.read(tmp_path / "new" / "bench.json") == file.Measuring(file.this_machine(), [FIGURE])


def test_a_reader_who_wants_no_more_finds_the_value_by_the_name(tmp_path: Path) -> None:
    file.write(tmp_path / "bench.json", [FIGURE])
    content = json.loads((tmp_path / "bench.json").read_text())
    assert content["row_ms"] == 200.0
    told = {"n": 5, "min": 190.0, "max": 210.0, "busy": 0.02, "unit": "ms", "meaning": "as told"}
    assert content["measured"]["figures"]["row_ms"] == told
    assert content["measured"]["machine"]["cores"] >= 1


def test_a_file_of_names_and_values_alone_is_read_as_measured_once(tmp_path: Path) -> None:
    (tmp_path / "bench.json").write_text('{"row_ms": 400}')
    before = file.read(tmp_path / "bench.json")
    ((*_, ratio, remarks),) = compare(before.figures, [FIGURE])
    assert (before.machine, ratio, remarks) == (None, "0.50", "measured once before")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "7",
        '{"row_ms": "quick"}',
        '{"row_ms": null}',
        '{"row_ms": 1, "measured": 5}',
        '{"row_ms": 1, "measured": {"figures": {"row_ms": {"n": "x"}}}}',
        '{"row_ms": 1, "measured": {"figures": {"row_ms": {"busy": "x"}}}}',
        '{"row_ms": 1, "measured": {"machine": {"colour": "red"}}}',
    ],
)
def test_a_file_that_is_none_of_ours_is_refused_in_one_line(content: str, tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    path.write_text(content)
    with pytest.raises(UserError) as refused:
        file.read(path)
    assert str(refused.value) == f"{path} is not a file of make bench: name another"


def test_a_file_that_is_not_there_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "bench",
        "--compare",
        str(tmp_path / "none.json"),
        "--out",
        str(tmp_path / "out"),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    said = (
        f"error: {tmp_path}/none.json cannot be read (No such file or directory): name a file of make bench\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)


def test_another_machine_is_named() -> None:
    other = file.Machine(64, "3.13.0", "Linux aarch64")
    assert "of another machine: 64 cores, Python 3.13.0, Linux aarch64" in printed(
        tables.of_changes(file.Measuring(other, [FIGURE]), [FIGURE], "before.json")
    )
    assert "machine" not in printed(
        tables.of_changes(file.Measuring(file.this_machine(), [FIGURE]), [FIGURE], "before.json")
    )


def test_a_row_says_how_often_it_was_measured_and_warns_of_a_busy_machine() -> None:
    quiet = printed(tables.of_figures(tables.Section("row", 5, 0.04, [FIGURE])))
    assert quiet.splitlines()[0].strip() == "row, 5 times: others used 4% of the machine"
    assert re.split(r" {2,}", quiet.splitlines()[-1].strip()) == [
        "row_ms",
        *("200", "190", "210"),
        *("ms", "as told"),
    ]
    busy = printed(tables.of_figures(tables.Section("row", 1, 0.31, [FIGURE])))
    assert "row, once: BUSY: others used 31% of the machine" in busy
