"""`make bulk ARGS="--follow RUN --out FILE"`: each line once, in a file that has its name only when it is whole."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.response import StreamingBody
from tests.operations.bulk_place import PHOTOS, RESULTS, WHOLE, line
from tests.unread import read_by_nobody

from core.console import UserError
from operations.bulk_results import download, read_ahead
from operations.bulk_run import CONNECTIONS, Run

FULL = Path("/dev/full")
MANY = 40
# The command as make calls it, where Terraform has these outputs; a file may have so many bytes.
PROGRAM = """
import json, resource, sys
outputs, most = json.loads(sys.argv.pop(1)), int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
from core import environment
from core.console import run
from operations import bulk
environment.outputs = lambda env: outputs
run(bulk.main)
"""
ROOM = 1 << 20


@pytest.fixture
def ended(place):
    """A run that has ended."""
    run = Run("local", "r")
    place.put(f"{run.folder}/items.json", json.dumps(PHOTOS).encode())
    run.start(manifest=f"{run.folder}/items.json")
    assert place.until(run.describe, lambda it: it["status"] != "RUNNING")["status"] == "SUCCEEDED"
    return run


@pytest.fixture
def command(place, ended):  # noqa: ARG001
    def words(*more, most=ROOM):
        return [sys.executable, "-c", PROGRAM, json.dumps(place.outputs), str(most), "local", *more]

    return words


def test_the_lines_of_a_run_that_has_ended_come_into_one_file_in_the_order_of_its_parts(
    place, ended, tmp_path, capsys
):
    path = tmp_path / "results.jsonl"
    path.write_text("of an earlier run")
    assert place.make("--follow", ended.name, "--out", path) == 0
    assert path.read_bytes() == WHOLE
    assert list(tmp_path.iterdir()) == [path]
    printed = capsys.readouterr().out
    assert "downloading: 4/4\n" in printed
    assert f"8 lines are in {path}\n" in printed


def test_a_new_run_may_bring_its_lines_as_well(place, tmp_path):
    listed, path = tmp_path / "list.json", tmp_path / "results.jsonl"
    listed.write_text(json.dumps(PHOTOS))
    assert place.make("--manifest", listed, "--out", path) == 0
    assert path.read_bytes() == WHOLE


def test_on_standard_output_there_are_the_lines_alone(command):
    done = subprocess.run(command("--follow", "r", "--out", "-"), capture_output=True)
    assert (done.stdout, done.returncode) == (WHOLE, 0), done.stderr
    assert b"8 lines are in standard output" in done.stderr


def test_a_reader_that_has_seen_enough_ends_it_without_a_word(command, place):
    place.write("r", {"a.jsonl": line("archive/1") * 8})
    done = read_by_nobody(*command("--follow", "r", "--out", "-"))
    assert done.returncode == 141
    assert "Error" not in done.stderr


def test_parts_are_read_ahead_a_few_at_a_time_and_listed_a_page_at_a_time(place, asked):
    parts = {f"{number:02}.jsonl": line(f"archive/{number}") for number in range(MANY)}
    place.write("many", parts)
    run = Run("local", "many")
    run.s3.meta.events.register(
        "provide-client-params.s3.ListObjectsV2", lambda params, **_: {**params, "MaxKeys": 8}
    )
    noted, read = asked(run), read_ahead(run)
    assert next(read) == parts["00.jsonl"]
    assert noted.count("ListObjectsV2") == CONNECTIONS / 8
    assert [next(read) for _ in range(MANY - 1)] == list(parts.values())[1:]
    assert noted.count("GetObject") == MANY
    assert list(read) == []


def test_a_part_whose_bytes_break_off_is_read_again(place, tmp_path):
    place.write("r")
    run, broken = Run("local", "r"), list[bytes]()

    def break_off(parsed, **_):
        if not broken:
            content = parsed["Body"].read()
            parsed["Body"] = StreamingBody(io.BytesIO(content[:5]), len(content))
            broken.append(content)

    run.s3.meta.events.register("after-call.s3.GetObject", break_off)
    download(run, str(tmp_path / "r.jsonl"), {"images": 8, "parts": 4})
    assert len(broken) == 1
    assert (tmp_path / "r.jsonl").read_bytes() == WHOLE


def test_lines_that_the_summary_does_not_count_are_an_error_and_the_file_stays_as_it_was(
    place, ended, tmp_path
):
    path = tmp_path / "results.jsonl"
    path.write_text("of an earlier run")
    place.s3.delete_object(Bucket=place.bucket, Key=f"{RESULTS}/r/parts/b.jsonl")
    with pytest.raises(UserError, match="of run r have 5 lines, and its summary counts 8"):
        place.make("--follow", ended.name, "--out", path)
    assert path.read_text() == "of an earlier run"
    assert list(tmp_path.iterdir()) == [path]


def test_a_run_that_was_gathered_before_there_were_parts_says_where_its_lines_are(place, tmp_path):
    with pytest.raises(
        UserError, match=f"of an earlier version: s3://{place.bucket}/{RESULTS}/r/results.jsonl"
    ):
        download(Run("local", "r"), str(tmp_path / "r.jsonl"), {"images": 8})


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no/results.jsonl", "is in a folder that does not exist: make .*/no first"),
        ("", "is no file: name one, or - for standard output"),
    ],
)
def test_a_place_where_no_file_can_be_is_refused_before_anything_is_paid_for(place, tmp_path, name, said):
    listed = tmp_path / "list.json"
    listed.write_text(json.dumps(PHOTOS))
    with pytest.raises(UserError, match=said):
        place.make("--manifest", listed, "--out", tmp_path / name)
    assert place.started() == []


def test_a_file_that_has_no_room_is_one_clear_line_and_is_not_left_half_written(command, tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_text("of an earlier run")
    words = command("--follow", "r", "--out", str(path), most=20)
    done = subprocess.run(words, capture_output=True, text=True)
    assert re.fullmatch(rf"error: --out {path} cannot be written: File too large\n", done.stderr)
    assert done.returncode == 1
    assert path.read_text() == "of an earlier run"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_behind_standard_output_is_one_clear_line(command):
    with FULL.open("wb") as full:
        done = subprocess.run(
            command("--follow", "r", "--out", "-"), stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.stderr.endswith("\nerror: --out - cannot be written: No space left on device\n")
    assert "Traceback" not in done.stderr
    assert done.returncode == 1
