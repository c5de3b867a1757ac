"""SerializeImageData as Step Functions calls it, with a real S3."""

import base64
import json
import random
import time

import pytest
from botocore.exceptions import ClientError

from core.contract.errors import (
    AccessDenied,
    ImageNotFound,
    ImageTooLarge,
    InvalidEvent,
    NotAnImage,
    StorageUnavailable,
)
from core.contract.events import Pointer
from core.contract.shapes import InvalidSetting
from lambdas import reading, serialize

pytestmark = pytest.mark.usefixtures("bucket")

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"
MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize(
    "name", ["upload", "upload-pointer-only", "upload-in-execution", "upload-as-text", "upload-twice-wrapped"]
)
def test_every_shape_of_the_upload_event_gives_the_photo_as_base64_text(event, photo, context, name):
    assert serialize.handler(event(name), context) == {
        "statusCode": 200,
        "body": {
            "image_data": base64.b64encode(photo).decode(),
            "s3_bucket": "scones-test-123456789012",
            "s3_key": "incoming/bicycle.png",
            "inferences": [],
        },
    }


def test_who_took_the_photo_is_passed_on(event, context):
    assert serialize.handler(event("upload") | {"source": "bay 2"}, context)["body"]["source"] == "bay 2"


def test_what_the_register_says_of_who_took_the_photo_goes_before_what_the_start_says(event, context):
    asked = {
        "execution_id": "e",
        "retention_days": 90,
        "source": "bay 2",
        "body": event("upload") | {"source": ""},
    }
    assert serialize.handler(asked, context)["body"]["source"] == "bay 2"
    assert "source" not in serialize.handler(asked | {"source": ""}, context)["body"]


def test_an_empty_source_is_none(event, context):
    assert "source" not in serialize.handler(event("upload") | {"source": ""}, context)["body"]


def test_when_the_register_forgets_the_photo_is_said_beside_the_body_and_only_when_asked(event, context):
    plain = serialize.handler(event("upload"), context)
    asked = {"execution_id": "e", "retention_days": 90, "body": event("upload")}
    told = dict(serialize.handler(asked, context))
    expires = told.pop("expires")
    assert told == plain | {"rank": ""}
    assert abs(time.time() + 90 * 86_400 - int(str(expires))) < 60
    # What stands in the event's own body is the sender's.
    assert serialize.handler(event("upload") | {"retention_days": 7, "step": "name"}, context) == plain


@pytest.mark.parametrize(
    ("key", "rank"),
    [
        ("incoming/a.png", ""),
        ("incoming/evaluationist.png", ""),
        ("incoming/evaluation/bicycle/a.png", "archive "),
        ("incoming/verify/a.png", "archive "),
    ],
)
def test_a_photo_that_no_driver_sent_waits_behind_all_drivers(put, photo, context, key, rank):
    asked = {"execution_id": "e", "retention_days": 90, "body": put(key, photo)}
    assert dict(serialize.handler(asked, context))["rank"] == rank


NAMED = {"version_id": "", "source": "", "reference": "", "image_data": "", "inferences": []}


def name_of(context, body):
    return serialize.handler({"step": "name", "execution_id": "e", "body": body}, context)["body"]


@pytest.mark.parametrize(
    "name", ["upload", "upload-pointer-only", "upload-in-execution", "upload-as-text", "upload-twice-wrapped"]
)
def test_every_shape_of_the_event_names_its_photo(event, context, name):
    named = {"s3_bucket": "scones-test-123456789012", "s3_key": "incoming/bicycle.png"}
    assert name_of(context, event(name)) == named | NAMED


def test_a_photo_is_named_in_the_version_that_the_event_says_or_else_the_newest(put_version, context):
    first, second = (put_version("incoming/named.png", PNG + content) for content in (b"1", b"2"))
    assert name_of(context, first) == NAMED | first
    asked = {"step": "name", "execution_id": "e", "body": first}
    assert dict(serialize.handler(asked, context))["photo"] == Pointer(*first.values()).id
    without = {name: value for name, value in second.items() if name != "version_id"}
    assert name_of(context, without) == name_of(context, without | {"version_id": None}) == NAMED | second
    told = {"source": "bay 2", "reference": "delivery 7"}
    assert name_of(context, without | told) == NAMED | second | told


def test_a_photo_that_is_not_there_is_named_without_a_version(put_version, context):
    upload = put_version("incoming/named-and-gone.png", PNG)
    reading.s3().delete_object(Bucket=upload["s3_bucket"], Key=upload["s3_key"])
    for gone in (upload | {"version_id": ""}, {"s3_bucket": "no-such-bucket-here", "s3_key": "a.png"}):
        assert name_of(context, gone) == NAMED | gone


@pytest.mark.parametrize(
    "wrong", [{"s3_key": ""}, {"source": 7}, {"reference": "r" * 129}, {"version_id": 7}]
)
def test_a_photo_whose_event_is_wrong_is_not_named(event, context, wrong):
    with pytest.raises(InvalidEvent, match=f"{next(iter(wrong))} must be"):
        name_of(context, event("upload") | wrong)


@pytest.mark.parametrize(
    "half",
    [
        {"label": "bicycle"},
        {"decided_by": "person", "decision": 1},
        {"decision": None},
        {"label": "unusable", "vehicle": "", "decided_by": "a stranger", "decision": 1},
    ],
)
def test_half_a_decision_is_no_photo_to_classify(event, context, half):
    with pytest.raises(InvalidEvent, match=r"bicycle\.png: .* without all else that a decision has"):
        name_of(context, event("upload") | half)


@pytest.mark.parametrize(
    ("status", "error", "asked"),
    [(403, AccessDenied, 1), (503, StorageUnavailable, 2), (409, ClientError, 1)],
)
def test_a_storage_that_does_not_say_which_version_is_the_newest_is_named(
    broken_s3, event, context, status, error, asked
):
    broken_s3.answer(b"", status=status)
    with pytest.raises(error):
        name_of(context, event("upload"))
    assert len(broken_s3.asked) == asked


def test_each_of_two_uploads_under_one_key_is_read_and_passed_on_in_its_version(put_version, context):
    uploads = {content: put_version("incoming/a.png", content) for content in (PNG + b"1", PNG + b"2")}
    for content, upload in uploads.items():
        body = serialize.handler(upload, context)["body"]
        assert base64.b64decode(body["image_data"]) == content
        assert upload.items() <= body.items()
    newest = uploads[PNG + b"1"] | {"version_id": ""}
    body = serialize.handler(newest, context)["body"]
    assert base64.b64decode(body["image_data"]) == PNG + b"2"
    assert "version_id" not in body


def test_a_version_is_read_after_its_object_was_deleted_until_it_is_deleted_itself(put_version, context):
    upload, s3 = put_version("incoming/deleted.png", PNG), reading.s3()
    named = {"Bucket": upload["s3_bucket"], "Key": upload["s3_key"]}
    s3.delete_object(**named)
    assert serialize.handler(upload, context)["body"]["version_id"] == upload["version_id"]
    with pytest.raises(ImageNotFound, match=r"deleted\.png: there is no such object"):
        serialize.handler(upload | {"version_id": ""}, context)
    s3.delete_object(**named, VersionId=upload["version_id"])
    with pytest.raises(ImageNotFound, match=r"deleted\.png: there is no such version"):
        serialize.handler(upload, context)


@pytest.mark.parametrize(
    ("code", "status", "error", "said"),
    [
        ("MethodNotAllowed", 405, ImageNotFound, "there is no such version"),  # a mark of a deletion
        ("InvalidArgument", 400, InvalidEvent, "version_id is none of S3's"),
    ],
)
def test_what_s3_says_of_other_versions_has_a_name(broken_s3, event, context, code, status, error, said):
    broken_s3.answer(f"<Error><Code>{code}</Code></Error>".encode(), status=status)
    with pytest.raises(error, match=f"s3://scones-test-123456789012/incoming/bicycle.png: {said}"):
        serialize.handler(event("upload") | {"version_id": "v1"}, context)
    assert broken_s3.asked[0].path.endswith("/incoming/bicycle.png?versionId=v1")


def test_the_same_event_twice_gives_the_same_answer(event, context):
    assert serialize.handler(event("upload"), context) == serialize.handler(event("upload"), context)


@pytest.mark.parametrize(
    "key",
    [
        "incoming/a b.png",
        "incoming/a+b.png",
        "incoming/Fahrrad Straße 自転車 🚲.png",
        "incoming/100%25.png",
        "a?b#c",
    ],
)
def test_a_key_is_taken_as_it_is_given(put, photo, context, key):
    body = serialize.handler(put(key, photo), context)["body"]
    assert (body["s3_key"], base64.b64decode(body["image_data"])) == (key, photo)


def test_a_jpeg_is_taken_too(put, context):
    assert serialize.handler(put("incoming/a.jpg", JPEG), context)["body"]["image_data"]


def test_an_image_of_1_mb_goes_as_a_pointer(put, context):
    body = serialize.handler(put("incoming/large.png", PNG + random.randbytes(MEBIBYTE)), context)["body"]
    assert body["image_data"] == ""
    assert body["s3_key"] == "incoming/large.png"


def test_the_largest_image_that_travels_leaves_the_state_within_the_limit_of_step_functions(put, context):
    content = PNG + bytes(serialize.MAX_INLINE_BYTES - len(PNG))
    inline = serialize.handler(put("incoming/at-the-limit.png", content), context)["body"]
    assert base64.b64decode(inline["image_data"]) == content
    assert serialize.handler(put("incoming/above.png", content + b"\0"), context)["body"]["image_data"] == ""

    image = Pointer("b" * 63, "\x01" * 1024, "v" * 1024)
    worst = serialize.serialize(content, image, serialize.MAX_INLINE_BYTES, "é" * 64)
    what_the_service_adds = 4096
    assert len(json.dumps({"statusCode": 200, "body": worst})) + what_the_service_adds < 262_144


def test_an_image_of_6_mb_is_taken_and_one_byte_more_is_refused(put, context):
    content = PNG + bytes(6 * MEBIBYTE - len(PNG))
    serialize.handler(put("incoming/6.png", content), context)
    with pytest.raises(ImageTooLarge, match=r"s3://scones-test-123456789012/incoming/7\.png: 6291457 bytes"):
        serialize.handler(put("incoming/7.png", content + b"\0"), context)


def test_an_image_that_is_too_large_is_refused_before_a_byte_of_it_arrives(broken_s3, event, context):
    broken_s3.answer(b"", **{"Content-Length": str(7 * MEBIBYTE)})
    with pytest.raises(ImageTooLarge):
        serialize.handler(event("upload"), context)


@pytest.mark.parametrize("content", [b"", b"I am text.\n", PNG[:7]])
def test_what_is_neither_png_nor_jpeg_is_refused_whatever_its_name_says(put, context, content):
    with pytest.raises(NotAnImage, match=f"incoming/fake.png: {len(content)} bytes"):
        serialize.handler(put("incoming/fake.png", content), context)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"GIF89a", "GIF"),
        (b"II*\0", "TIFF"),
        (b"RIFF....WEBPVP8 ", "WebP"),
        (b"\0\0\0\x18ftypheic", "HEIC"),
        (b"\0\0\0\x1cftypavif", "AVIF"),
    ],
)
def test_a_photo_in_another_format_is_told_how_to_be_saved(put, context, content, name):
    with pytest.raises(NotAnImage, match=f"fake.png: it is in the format {name}: save it as JPEG"):
        serialize.handler(put("incoming/fake.png", content), context)


@pytest.mark.parametrize("place", [{"s3_key": "incoming/gone.png"}, {"s3_bucket": "no-such-bucket-here"}])
def test_an_object_that_is_gone_is_named(event, context, place):
    upload = event("upload") | place
    with pytest.raises(ImageNotFound, match=f"s3://{upload['s3_bucket']}/{upload['s3_key']}"):
        serialize.handler(upload, context)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"s3_key": None}, "s3_key must be"),
        ({"s3_key": ""}, "s3_key must be"),
        ({"s3_key": "é" * 513}, "s3_key must be"),
        ({"s3_key": "\ud800"}, "s3_key must be"),
        ({"s3_bucket": 7}, "s3_bucket must be"),
        ({"s3_bucket": "Not A Bucket"}, "s3_bucket must be"),
        ({"version_id": 7}, "version_id must be"),
        ({"version_id": "v" * 1025}, "version_id must be"),
        ({"source": 7}, "source must be"),
        ({"source": "s" * 65}, "source must be"),
        ({"source": "\ud800"}, "source must be"),
        ({"body": None}, "must be an object, not None"),
        ({"body": "[]"}, "must be an object, not \\[]"),
        ({"body": "{"}, "body is not JSON"),
        ({"body": "[" * 100_000}, "body is not JSON"),
    ],
)
def test_a_bad_event_is_refused_with_the_field_that_is_wrong(event, context, change, said):
    with pytest.raises(InvalidEvent, match=said):
        serialize.handler(event("upload") | change, context)


@pytest.mark.parametrize("not_an_object", [None, [], "text", 7])
def test_an_event_that_is_no_object_is_refused(context, not_an_object):
    with pytest.raises(InvalidEvent, match="must be an object"):
        serialize.handler(not_an_object, context)


def test_a_permission_that_is_missing_is_named(broken_s3, event, context):
    broken_s3.answer(b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>", status=403)
    with pytest.raises(AccessDenied, match=r"s3://scones-test-123456789012/incoming/bicycle\.png"):
        serialize.handler(event("upload"), context)


@pytest.mark.parametrize("status", [500, 503])
def test_a_storage_that_fails_is_asked_twice_and_then_named(broken_s3, event, context, status):
    broken_s3.answer(b"<Error><Code>SlowDown</Code></Error>", status=status)
    with pytest.raises(StorageUnavailable):
        serialize.handler(event("upload"), context)
    assert len(broken_s3.asked) == 2


def test_a_storage_that_does_not_answer_is_named(monkeypatch, broken_s3, event, context):
    monkeypatch.setattr(reading, "READ_SECONDS", 0.1)
    broken_s3.answer(b"", delay=0.5)
    with pytest.raises(StorageUnavailable):
        serialize.handler(event("upload"), context)


def test_a_storage_that_breaks_off_is_named(monkeypatch, broken_s3, event, context):
    monkeypatch.setattr(reading, "READ_SECONDS", 0.2)
    broken_s3.answer(PNG, **{"Content-Length": "100"})
    with pytest.raises(StorageUnavailable):
        serialize.handler(event("upload"), context)


@pytest.mark.parametrize("text", ["-1", "many", "", "187393", "1e3"])
def test_a_limit_that_cannot_work_is_refused(text):
    with pytest.raises(InvalidSetting, match="MAX_INLINE_BYTES must be 0 to 187392"):
        serialize.read_settings({"MAX_INLINE_BYTES": text})
