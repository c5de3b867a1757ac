"""Whatever lies where an endpoint captured: each record is read once, and each line that is none is counted."""

import gzip
import json
import os
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import captured

from monitoring import capture
from monitoring.capture import Capture, Unreadable

IMAGE = bytes(range(256)) * 12
MODEL, OTHER = "0123456789abcdef", "fedcba9876543210"


def at(hour: int, minute: int = 0, day: int = 16) -> datetime:
    return datetime(2024, 10, day, hour, minute, tzinfo=UTC)


def stamp(hour: int, minute: int = 0, day: int = 16) -> str:
    return at(hour, minute, day).isoformat().replace("+00:00", "Z")


def read(source, *window: datetime | None):
    found = Capture(source, *window)
    return list(found), found


@pytest.mark.photographs
def test_what_a_real_endpoint_captured_is_read_whole():
    shared = Path(os.environ["SCONES_CIFAR100"]).parent / "captured/real-endpoint"
    if not shared.is_dir():
        pytest.skip(f"no {shared}")
    records, found = read(shared)
    assert (len(records), found.files, found.records, found.unreadable_count) == (22, 12, 22, 0)
    assert all(record.image().startswith(b"\x89PNG") for record in records)
    assert all(len(record.image()) == record.image_bytes for record in records)
    assert {record.content_type for record in records} == {"image/png"}


def test_every_line_of_every_file_is_a_record(folder):
    named = captured(stamp(9, 1), "[0.2, 0.8]", customAttributes=["s3_key=a.png"], inferenceId="photo-1")
    source = folder({"a.jsonl": captured() + named, "b/c.jsonl": captured() * 3, "b/.hidden": b"no record"})
    records, found = read(source)
    assert [(Path(it.file).name, it.line) for it in records] == [
        ("a.jsonl", 1),
        ("a.jsonl", 2),
        *(("c.jsonl", line) for line in (1, 2, 3)),
    ]
    assert (found.files, found.records, found.unreadable_count) == (2, 5, 0)
    second = records[1]
    assert (second.time, second.probabilities) == (at(9, 1), (0.2, 0.8))
    assert (second.attributes, second.inference_id) == ({"s3_key": "a.png"}, "photo-1")
    assert (second.content_type, second.image_bytes, second.image()) == ("image/png", len(IMAGE), IMAGE)


@pytest.mark.parametrize(
    ("kind", "unlikeness"),
    [
        ("application/json", None),
        ("application/json; unlikeness=0.9412", 0.9412),
        ("application/json;charset=utf-8;unlikeness=1.0000", 1.0),
        ("application/json; unlikeness=much", None),
        ("application/json; unlikeness=7", None),
    ],
)
def test_how_unlike_training_s_photographs_a_photo_was_stands_in_its_answer_s_type(folder, kind, unlikeness):
    line = captured().replace(b"application/json", kind.encode())
    (record,), _ = read(folder({"a.jsonl": line}))
    assert (record.unlikeness, record.probabilities) == (unlikeness, (0.94, 0.06))


def test_a_half_written_file_gives_what_was_written_whole(folder):
    for cut in (1, 50, 2000, len(captured()) - 2):
        source = folder({"a.jsonl": captured() * 2 + captured()[:cut], "b.jsonl": captured().rstrip()})
        records, found = read(source)
        assert len(records) == 3
        assert found.examples == [Unreadable(f"{source}/a.jsonl", 3, "half-written last line")]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["captureData", "eventMetadata", "eventVersion", "eventId"]), inner)
    ),
    max_leaves=8,
)
GARBAGE = st.binary(min_size=1, max_size=40).map(lambda it: b"#" + it.replace(b"\n", b" ")) | JSON_VALUES.map(
    lambda it: json.dumps(it).encode()
)


@given(lines=st.lists(st.none() | GARBAGE, max_size=12))
def test_garbage_among_records_costs_no_record_and_is_counted_line_by_line(tmp_path_factory, lines):
    source = tmp_path_factory.mktemp("garbage") / "a.jsonl"
    source.write_bytes(b"".join(captured(image=b"") if line is None else line + b"\n" for line in lines))
    records, found = read(source)
    good = [number for number, line in enumerate(lines, start=1) if line is None]
    assert [record.line for record in records] == good
    assert found.unreadable_count == len(lines) - len(good)
    assert {bad.line for bad in found.examples} == set(range(1, len(lines) + 1)) - set(good)


def test_two_models_behind_one_endpoint_are_told_apart(folder):
    tail = "image-classifier-ep/AllTraffic/2024/10/16/09/36-38-101.jsonl"
    source = folder({f"captures/{MODEL}/{tail}": captured(), f"captures/{OTHER}/{tail}": captured() * 2})
    records, _ = read(source)
    origins = [(it.model, it.endpoint, it.variant) for it in records]
    assert origins == [(model, "image-classifier-ep", "AllTraffic") for model in (MODEL, OTHER, OTHER)]
    assert {it.model for it in read(source / "captures" / OTHER)[0]} == {OTHER}


def test_a_record_belongs_to_the_hour_of_its_own_time_not_of_its_folder(folder):
    source = folder(
        {
            "2024/10/16/08/a.jsonl": captured(stamp(9)),
            "2024/10/16/09/b.jsonl": captured(stamp(9, 30)) + captured(stamp(8, 59)) + captured(stamp(10)),
            "2024/10/16/10/c.jsonl": captured(stamp(9, 59)),
            "2024/10/16/11/d.jsonl": b"more than an hour away: never opened\n",
        }
    )
    records, found = read(source, at(9), at(10))
    assert [record.time for record in records] == [at(9), at(9, 30), at(9, 59)]
    assert (found.files, found.unreadable_count) == (3, 0)


def test_windows_one_after_the_other_count_each_line_once_also_over_midnight(folder):
    hours = [(15, 22), (15, 23), (16, 0), (16, 1)]
    source = folder(
        {f"2024/10/{day}/{hour:02}/a.jsonl": captured(stamp(hour, 5, day)) + b"junk\n" for day, hour in hours}
    )
    windows = [(at(22, day=15), at(23, day=15)), (at(23, day=15), at(0)), (at(0), at(1)), (at(1), at(2))]
    assert [
        (found.records, found.unreadable_count) for _, found in (read(source, *it) for it in windows)
    ] == [(1, 1)] * 4
    over_midnight, _ = read(source, at(23, day=15), at(1))
    assert [it.time for it in over_midnight] == [at(23, 5, day=15), at(0, 5)]


def test_a_day_without_traffic_is_empty_and_no_error(folder):
    source = folder({"ep/AllTraffic/2024/10/14/09/a.jsonl": captured(stamp(9, day=14))})
    assert read(source, at(0, day=15), at(0))[0] == []
    assert len(read(source, at(0, day=14))[0]) == len(read(source, None, at(0))[0]) == 1


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl"])
def test_gzip_is_known_by_its_first_bytes(folder, name):
    records, found = read(folder({name: gzip.compress(captured() * 2) + gzip.compress(captured())}))
    assert ([it.line for it in records], found.unreadable_count) == ([1, 2, 3], 0)


def test_a_gzip_that_breaks_off_keeps_the_lines_before(folder):
    content = b"".join(captured(image=os.urandom(3000)) for _ in range(200))
    whole = gzip.compress(content)
    source = folder(
        {"a.gz": whole[: len(whole) // 2], "b.gz": whole[:-8] + b"damaged!", "c.jsonl": captured()}
    )
    records, found = read(source)
    kept = sum(record.file.endswith("a.gz") for record in records)
    assert 95 <= kept <= 100
    assert len(records) == kept + 200 + 1
    reason = "gzip breaks off or is damaged"
    assert found.examples == [
        Unreadable(f"{source}/a.gz", kept + 1, reason),
        Unreadable(f"{source}/b.gz", 201, reason),
    ]


def test_memory_does_not_grow_with_the_file(folder):
    source = folder({"a.jsonl": captured() * 8_000, "b": b"x" * (3 * capture.LONGEST) + b"\n" + captured()})
    tracemalloc.start()
    try:
        found = Capture(source / "a.jsonl")
        assert sum(1 for _ in found) == 8_000
        assert tracemalloc.get_traced_memory()[1] < 2_000_000  # of 33 MB
    finally:
        tracemalloc.stop()
    records, found = read(source / "b")
    assert (records[0].line, dict(found.unreadable)) == (2, {"not JSON": 1})


def test_a_source_that_is_not_there_is_named(tmp_path):
    with pytest.raises(capture.SourceError, match="nowhere cannot be read"):
        list(Capture(tmp_path / "nowhere"))


def run(*args: object, shell: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "monitoring.capture", *map(str, args)]
    if shell:
        command = ["bash", "-c", f'set -o pipefail; "$@" {shell}', "bash", *command]
    return subprocess.run(command, capture_output=True, text=True, cwd=Path(capture.__file__).parents[1])


def test_the_command_prints_records_and_counts(folder):
    source = folder({"a.jsonl": captured() + b"junk\n" + captured(stamp(12))})
    done = run(source, "--since", stamp(9), "--until", stamp(10))
    assert done.returncode == 0
    assert json.loads(done.stdout) == {
        "event_id": "3f495fda-5c9e-410c-b736-a472cea3a65e",
        "time": "2024-10-16T09:36:38Z",
        "probabilities": [0.94, 0.06],
        "content_type": "image/png",
        "image_bytes": len(IMAGE),
        "file": f"{source}/a.jsonl",
        "line": 1,
        "model": None,
        "kind": "live",
        "s3_key": None,
        "photo_id": None,
        "source": None,
        "unlikeness": None,
    }
    assert done.stderr.splitlines() == [
        f"{source}/a.jsonl:2: not JSON",
        "1 files, 1 records, 1 unreadable lines",
        "  1 not JSON",
    ]


def test_the_command_shows_whose_answer_it_is_and_for_which_photo(folder):
    told = ["kind=shadow,s3_key=a%20b.png,id=p-1,source=dock%207"]
    line = json.loads(
        run(
            folder(
                {
                    f"{MODEL}/ep/all/2024/10/16/09/a.jsonl": captured(
                        stamp(9), unlikeness=0.9412, customAttributes=told
                    )
                }
            )
        ).stdout
    )
    known = {name: line[name] for name in list(line)[-6:]}
    assert known == {
        "model": MODEL, "kind": "shadow", "s3_key": "a b.png", "photo_id": "p-1", "source": "dock 7",
        "unlikeness": 0.9412,
    }  # fmt: skip


def test_a_reader_that_has_seen_enough_ends_the_command_quietly(folder):
    done = run(folder({"a.jsonl": captured(image=b"") * 5_000}), shell="| head -n 1")
    assert (done.stderr, len(done.stdout.splitlines())) == ("", 1)


@pytest.mark.parametrize(
    ("args", "said"),
    [(["nowhere"], "nowhere cannot be read"), ([".", "--since", "noon"], "noon is not a time")],
)
def test_a_mistake_is_one_line(args, said):
    done = run(*args)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ") and said in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("24h", at(9, day=15)),
        ("2d", at(9, day=14)),
        ("2024-10-16", at(0)),
        ("2024-10-16T01:00:00+01:00", at(0)),
    ],
)
def test_a_moment_is_so_long_ago_or_a_time(text, moment):
    assert capture.parse_moment(text, at(9)) == moment
