"""`make upload`: a folder of photos goes below a prefix, once, whatever happens on the way."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core import sending
from core.console import UserError
from operations import upload_photos

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
PREFIX = "archive/Fähre 🛵 + Zürich/"
MANY = 300
PROGRAM = """
import sys
from pathlib import Path
from core import sending
from core.console import run
from operations import upload_photos as it
folder = Path(sys.argv[2])
run(lambda: bool(it.upload(sending.connect(), sys.argv[1], folder, sys.argv[3], it.find(folder, "x"))["failed"]))
"""
# All but the first hundred take a second each: however late somebody interrupts, there is something left to send.
SLOWLY = """
import itertools, time
from operations import upload_photos
number, send_one = itertools.count(), upload_photos.send_one
def send_slowly(*given):
    time.sleep(next(number) >= 100)
    return send_one(*given)
upload_photos.send_one = send_slowly
"""


@pytest.fixture
def bucket(
    aws: Callable[[str], Any], cloud_variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> str:
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    name = f"photos-{uuid.uuid4()}"
    aws("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def upload(bucket: str) -> Callable[[Path], dict[str, int]]:
    def call(folder: Path) -> dict[str, int]:
        files = upload_photos.find(folder, str(folder))
        return dict(upload_photos.upload(sending.connect(), bucket, folder, PREFIX, files))

    return call


def stored(aws: Callable[[str], Any], bucket: str) -> dict[str, Any]:
    pages = aws("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {item["Key"]: item["LastModified"] for page in pages for item in page.get("Contents", [])}


def test_a_folder_goes_below_the_prefix_and_what_is_no_photo_is_named(aws, bucket, upload, folder, capsys):
    photos = {"a.png": PNG + b"a", "May 1/it's $HOME.JPG": JPEG + b"b", "no suffix": PNG + b"c"}
    others = {"list.png": b"scones", "x.heic": b"\0\0\0\x18ftypheic", ".DS_Store": b"x", ".git/a.png": PNG}
    where = folder({**photos, **others, "film.png": PNG + bytes(6_291_456)})
    assert upload(where) == {"sent": 3, "left out": 3}
    assert set(stored(aws, bucket)) == {PREFIX + name for name in photos}
    jpeg = aws("s3").get_object(Bucket=bucket, Key=f"{PREFIX}May 1/it's $HOME.JPG")
    assert (jpeg["ContentType"], jpeg["Body"].read()) == ("image/jpeg", JPEG + b"b")
    said = capsys.readouterr().out
    assert f"left out: {where}/list.png: 6 bytes that are neither a PNG nor a JPEG image\n" in said
    assert f"left out: {where}/x.heic: it is in the format HEIC: save it as JPEG\n" in said
    assert f"left out: {where}/film.png: 6291464 bytes, an endpoint takes 6291456 at most\n" in said
    assert f"s3://{bucket}/{PREFIX}: of 6 files 3 sent, 3 left out, in " in said


def test_what_is_there_already_with_the_same_content_is_not_sent_again(aws, bucket, upload, folder):
    where = folder({"a.png": PNG + b"a", "b.png": PNG + b"b", "c.png": PNG + b"c"})
    assert upload(where) == {"sent": 3}
    before = stored(aws, bucket)
    (where / "a.png").write_bytes(PNG + b"A")  # of the same size
    aws("s3").delete_object(Bucket=bucket, Key=f"{PREFIX}b.png")
    assert upload(where) == {"sent": 2, "there with the same content": 1}
    assert stored(aws, bucket)[f"{PREFIX}c.png"] == before[f"{PREFIX}c.png"]
    assert aws("s3").get_object(Bucket=bucket, Key=f"{PREFIX}a.png")["Body"].read() == PNG + b"A"


def test_a_file_that_cannot_be_read_or_named_fails_alone(aws, bucket, upload, folder, capsys):
    where = folder({"a.png": PNG, f"{'x' * 200}/{'y' * 200}/{'z' * 200}/{'v' * 200}/{'w' * 250}.png": PNG})
    (where / "b.png").symlink_to("/proc/self/mem")  # which nobody can read from its beginning, root neither
    assert upload(where) == {"sent": 1, "failed": 2}
    assert set(stored(aws, bucket)) == {f"{PREFIX}a.png"}
    said = capsys.readouterr().out
    assert f"failed: {where}/b.png cannot be read: Input/output error" in said
    assert ".png would have a key of over 1024 bytes, which S3 takes at most\n" in said


def test_a_name_that_no_terminal_shows_is_named_escaped(bucket, folder):
    name = os.fsdecode(b"c\xff")  # no UTF-8
    others = {"b\x1b[31m.txt": b"x", "é.txt": b"z"}
    outside = folder({f"{name}/{it}": content for it, content in {"a.png": PNG, **others}.items()})
    command = [sys.executable, "-c", PROGRAM, bucket, str(outside / name), PREFIX]
    strict = os.environ | {"PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run(command, env=strict, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"left out: {outside}/c\\udcff/b\\x1b[31m.txt: 1 bytes that are" in done.stdout
    assert f"left out: {outside}/c\\udcff/é.txt: 1 bytes that are" in done.stdout


def test_a_link_to_a_folder_or_to_no_file_is_left_out_by_name(upload, folder, capsys):
    where = folder({"a.png": PNG, "inside/b.png": PNG})
    (where / "again").symlink_to(where / "inside")
    (where / "gone.png").symlink_to(where / "nothing.png")
    assert upload(where) == {"sent": 2, "left out": 2}
    said = capsys.readouterr().out
    assert f"left out: {where}/again: a link to a folder\n" in said
    assert f"left out: {where}/gone.png: a link to no file\n" in said


def test_ctrl_c_says_how_to_go_on_and_the_same_command_sends_only_the_rest(aws, bucket, folder):
    where = folder({f"{number}.png": PNG + str(number).encode() for number in range(MANY)})
    given = [bucket, str(where), PREFIX]
    slow, command = [[sys.executable, "-c", it, *given] for it in (SLOWLY + PROGRAM, PROGRAM)]
    with subprocess.Popen(slow, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as first:
        while len(stored(aws, bucket)) < 20:
            assert first.poll() is None
            time.sleep(0.01)
        first.send_signal(signal.SIGINT)
        said, errors = first.communicate(timeout=30)
    assert first.returncode == 130
    assert errors == ""
    assert f" of {MANY} are done: the same command goes on with the rest\n" in said
    kept = len(stored(aws, bucket))
    assert 20 <= kept < MANY

    again = subprocess.run(command, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert f"of {MANY} files {MANY - kept} sent, {kept} there with the same content, in " in again.stdout
    assert f"uploading: {MANY}/{MANY}\n" in again.stdout
    assert len(stored(aws, bucket)) == MANY


def test_where_nobody_may_send_anything_it_ends_at_once_in_one_line(bucket, folder, monkeypatch):
    where = folder({f"{number}.png": PNG for number in range(40)})
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, bucket, str(where), PREFIX], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: nothing answers at AWS_ENDPOINT_URL=http://127.0.0.1:1")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("prefix", "said"),
    [
        ("", "does not start with archive/: make upload FOLDER=photos PREFIX=archive/2025/"),
        ("models/", "does not start with archive/"),
        ("incoming/2025/", "would route a driver for each photo: take archive/"),
    ],
)
def test_a_prefix_is_where_photos_lie_that_nobody_waits_for(prefix, said):
    with pytest.raises(UserError, match=said):
        upload_photos.check_prefix(prefix)


@pytest.mark.parametrize("prefix", ["archive/2025", "archive/2025/", "archive/2025//"])
def test_a_prefix_is_a_folder_with_or_without_its_slash(prefix):
    assert upload_photos.check_prefix(prefix) == "archive/2025/"


@pytest.mark.parametrize("prefix", ["archive/2025/", "archive/it's $HOME é/", 'archive/`id`;"&/'])
def test_the_command_that_it_names_next_runs_as_it_stands(prefix):
    words = 'make() { printf "%s\\n" "$@"; }; ' + upload_photos.name_next("local", prefix)
    heard = subprocess.run(["bash", "-c", words], capture_output=True, text=True, check=True).stdout
    assert heard.splitlines() == ["bulk", "ENV=local", f"PREFIX={prefix}"]
