"""SerializeImageData: puts the image named by the event into the workflow's state, or leaves a pointer to it.

With `retention_days` beside the event's body, it says as well what the register of photos is told of this one: when it
forgets it (`expires`, the seconds since 1970 as text), and whether it waits behind all drivers (`rank`, see
`register.ARCHIVE`). A `source` there is the register's word of who sent it. With `"step": "name"` there, it only names
the photo (`lambdas.naming`), and says its id in the register (`photo`).

Settings: MAX_INLINE_BYTES, the largest image that travels in the state.
"""

import binascii
import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass

from core.contract import answer_kinds, register
from core.contract.events import Pointer, answer, parse_body, parse_pointer, parse_word
from core.contract.shapes import Answer, InvalidSetting, Json, LambdaContext
from lambdas.logged import logged
from lambdas.naming import name_photo
from lambdas.reading import read_image

STATE_BYTES = 262_144  # what Step Functions allows as one step's input or answer
# For a key of 1,024 bytes that JSON escapes six-fold, a version of as many that it does not, and what the service adds.
ENVELOPE_BYTES = 12_288
MAX_INLINE_BYTES = (STATE_BYTES - ENVELOPE_BYTES) // 4 * 3  # base64 makes four characters of three bytes


class Serialized(Answer, total=False):
    expires: str
    rank: str
    photo: str


@dataclass(frozen=True)
class Settings:
    max_inline_bytes: int


def read_settings(environment: Mapping[str, str]) -> Settings:
    text = environment.get("MAX_INLINE_BYTES", str(MAX_INLINE_BYTES))
    if not (text.isdecimal() and int(text) <= MAX_INLINE_BYTES):
        raise InvalidSetting(f"MAX_INLINE_BYTES must be 0 to {MAX_INLINE_BYTES}, not {text!r}")
    return Settings(int(text))


@functools.cache
def settings() -> Settings:
    return read_settings(os.environ)


def serialize(content: bytes, image: Pointer, max_inline_bytes: int, source: str | None = None) -> Json:
    """The body that ClassifyImages takes. An empty image_data tells it to read the image from S3 itself."""
    inline = len(content) <= max_inline_bytes
    return {
        "image_data": binascii.b2a_base64(content, newline=False).decode() if inline else "",
        "s3_bucket": image.bucket,
        "s3_key": image.key,
        "inferences": [],
        **({"version_id": image.version} if image.version else {}),
        **({"source": source} if source else {}),
    }


@logged
def handler(event: object, _context: LambdaContext) -> Serialized:
    body = parse_body(event)
    asked = event if isinstance(event, dict) and event is not body else {}  # beside the body
    if asked.get("step") == "name":
        named = name_photo(body)
        return {**answer(named), "photo": parse_pointer(named).id}
    image, source = parse_pointer(body), parse_word(body | asked, "source")
    told = answer(serialize(read_image(image), image, settings().max_inline_bytes, source))
    if "retention_days" not in asked:
        return {**told}
    waited_for = answer_kinds.of_upload(image.key) == answer_kinds.LIVE
    rank = "" if waited_for else register.ARCHIVE
    return {**told, "expires": str(register.expires(asked["retention_days"])), "rank": rank}
