"""`make bulk MANIFEST=...`: a list of photos is checked, brought to where the run reads it, and classified."""

import io
import json
import uuid

import pytest
from tests.operations.bulk_place import PHOTOS, RESULTS

from core.console import UserError
from operations.bulk_manifest import CHUNK, LONGEST, parse_manifest, read_items

LIST = json.dumps(PHOTOS).encode()
WRONG = [
    (b"", r"is no JSON list: it does not begin with \["),
    (b"[]", "lists no photo"),
    (b" [ \n ] \n", "lists no photo"),
    (b"archive/a.png\narchive/b.png\n", "is no JSON list: it does not begin with"),
    (b'{"Key": "archive/a.png"}\n', "is no JSON list: it does not begin with"),
    (b"\x1f\x8b\x08\x00", "is no JSON list: 'utf-8' codec"),
    (b"[" * 100_000, "is no JSON list: "),
    (b'["archive/a.png"]', "entry 1 of manifest '.*' is 'archive/a.png', and not as "),
    (b'[{"Key": 1}]', r"entry 1 of manifest '.*' is \{'Key': 1\}, and not as "),
    (b'[{"key": "archive/a.png"}]', r"entry 1 of manifest '.*' is \{'key': 'archive/a.png'\}, and not as "),
    (b'[{"Key": "captures/a.png"}]', r'"archive/2025/a.png"}, below archive/ or incoming/'),
    (b'[{"Key": "archive/1"}, {"Key": "models/2"}]', "entry 2 of manifest"),
    (b'[{"Key": "archive/1"}', "is no JSON list after entry 1: neither , nor ] follows"),
    (b'[{"Key": "archive/1"},]', "is no JSON list after entry 1: Expecting value"),
    (b'[{"Key": "archive/1"}] x', "is no JSON list after entry 1: something follows"),
]


def test_a_file_is_uploaded_as_it_is_and_its_photos_are_classified(place, tmp_path, capsys):
    path = tmp_path / "a list.json"
    path.write_bytes(b"\n" + LIST + b"\n")
    assert place.make("--manifest", path) == 0
    (event,) = place.started()
    assert event["manifest"] == f"{RESULTS}/{event['run']}/items.json"
    assert place.read(event["manifest"]) == path.read_bytes()
    assert "8/8 done" in capsys.readouterr().out


def test_a_list_in_another_bucket_is_copied(place, aws, capsys):
    other = f"lists-{uuid.uuid4()}"
    aws("s3").create_bucket(Bucket=other)
    aws("s3").put_object(Bucket=other, Key="2025/ü & more.json", Body=LIST)
    assert place.make("--manifest", f"s3://{other}/2025/ü & more.json") == 0
    (event,) = place.started()
    assert place.read(event["manifest"]) == LIST
    assert "8/8 done" in capsys.readouterr().out


@pytest.mark.parametrize(("content", "said"), WRONG)
def test_a_file_that_is_no_list_of_photos_is_told_of_in_one_line(tmp_path, content, said):
    path = tmp_path / "list.json"
    path.write_bytes(content)
    with pytest.raises(UserError, match=said) as refused:
        parse_manifest(str(path))
    assert len(str(refused.value).splitlines()) == 1


def test_a_list_that_is_wrong_starts_nothing(place, tmp_path):
    path = tmp_path / "list.json"
    path.write_bytes(b'[{"Key": "archive/1"}, {"Key": "models/2"}]')
    with pytest.raises(UserError, match="entry 2"):
        place.make("--manifest", path)
    for content, said in WRONG:
        place.put("list.json", content)
        with pytest.raises(UserError, match=said):
            place.make("--manifest", f"s3://{place.bucket}/list.json")
    assert place.started() == []


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("nowhere.json", "manifest 'nowhere.json' cannot be read: No such file"),
        ("", "manifest '' cannot be read: Is a directory"),
        ("/", "manifest '/' cannot be read: Is a directory"),
        ("s3://BUCKET/nowhere.json", "cannot be copied: .*The specified key does not exist"),
        ("s3://no-such-bucket/list.json", "cannot be copied: .*The specified bucket does not exist"),
        ("s3://BUCKET", "'s3://bulk-.*' is not s3://bucket/key"),
        ("s3://BUCKET/", "is not s3://bucket/key"),
        ("s3://A Bucket/list.json", "is not s3://bucket/key"),
    ],
)
def test_a_list_that_is_not_there_starts_nothing(place, manifest, said):
    with pytest.raises(UserError, match=said):
        place.make("--manifest", manifest.replace("BUCKET", place.bucket))
    assert place.started() == []


@pytest.mark.parametrize("size", [10, LONGEST - 7, CHUNK - 1, CHUNK + 1])
def test_entries_are_read_whole_wherever_a_piece_of_the_file_ends(size):
    """Each piece ends within another entry, and between the bytes of one character."""
    entry = {"Key": "ü" * (size // 2 - 10)} if size < LONGEST else {"Key": "ü"}
    items = [entry] * (3 * CHUNK // len(json.dumps(entry)))
    assert list(read_items(io.BytesIO(json.dumps(items, ensure_ascii=False).encode()))) == items


def test_a_list_is_not_held_in_memory():
    """What is read ahead of an entry is a piece of the file, however many follow."""
    text = io.BytesIO(json.dumps(PHOTOS * 100_000).encode())
    items = read_items(text)
    for number in range(1000):
        assert next(items) == PHOTOS[number % len(PHOTOS)]
        assert text.tell() <= CHUNK
