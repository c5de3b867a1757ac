"""POST /photos: a photo is announced, and gets its id and a form by which it alone can be uploaded."""

import hashlib
import uuid
from typing import Any

from msgspec import UNSET

from core.contract import register
from core.contract.answered_items import ASKED_AT, CONTENT_TYPE, FILE_NAME, OWNER
from core.contract.images import MAX_IMAGE_BYTES
from core.contract.shapes import UPLOADS, Json
from lambdas.calls import stored
from lambdas.calls.api_settings import Settings, client, write_now
from lambdas.calls.api_types import ExpectedPhoto, PhotoRequest, Upload
from lambdas.calls.asking import Ask, Reply
from lambdas.calls.problems import InvalidRequest, KeyReused

FORM_SECONDS = 600
# Before it is forgotten, a form that was just given must have run out.
NEW = "attribute_not_exists(id) OR (#state = :expected AND #expires < :soon)"
SAME = (FILE_NAME, CONTENT_TYPE, "source", "reference")


def expect(ask: Ask) -> Reply:
    check_words(ask.body)
    photo = name_photo(ask.caller.sub, ask.key or uuid.uuid4().hex)
    item = describe(ask, photo)
    soon = register.expires(0) + 2 * FORM_SECONDS
    try:
        stored.photos(ask.given).put(item, NEW, expected=register.EXPECTED, soon=soon)
    except stored.Refused as refused:
        if any(refused.item.get(name, "") != item[name] for name in SAME):
            raise KeyReused("it names a photo that was announced with something else") from refused
    form = write_form(ask.given, item["s3_key"], item[CONTENT_TYPE])
    headers = {"location": f"/photos/{photo}"}
    return Reply(201, ExpectedPhoto(photo, form), headers, [photo])


def check_words(body: PhotoRequest) -> None:
    """By the workflow's rule, which no pattern says: it would refuse the photo later on."""
    for name, text in (("source", body.source), ("reference", body.reference)):
        if text is not UNSET and not text.isprintable():
            raise InvalidRequest(f"the body: {name} must be printable text")


def name_photo(owner: str, key: str) -> str:
    return hashlib.sha256(f"{owner}/{key}".encode()).hexdigest()


def describe(ask: Ask, photo: str) -> Json:
    body: PhotoRequest = ask.body
    source, reference = ("" if it is UNSET else it for it in (body.source, body.reference))
    return {
        "id": photo,
        "state": register.EXPECTED,
        "s3_bucket": ask.given.bucket,
        "s3_key": f"{UPLOADS}{photo}",
        "source": source,
        "reference": reference,
        "camera": f"{register.BY_SOURCE}={source}",
        OWNER: ask.caller.sub,
        ASKED_AT: write_now(),
        FILE_NAME: body.file_name,
        CONTENT_TYPE: body.content_type,
        "expires": register.expires(1),
    }


def write_form(given: Settings, key: str, content_type: str) -> Upload:
    conditions: list[Any] = [{"Content-Type": content_type}, ["content-length-range", 1, MAX_IMAGE_BYTES]]
    until = write_now(FORM_SECONDS)
    form = client("s3").generate_presigned_post(
        given.bucket, key, {"Content-Type": content_type}, conditions, FORM_SECONDS
    )
    return Upload(form["url"], form["fields"], until)
