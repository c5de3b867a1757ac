"""The events that pass from one step of the workflow to the next: read without trust, refused by name."""

import json
import re
import reprlib
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

from core.contract.errors import InvalidEvent, UnexpectedInference
from core.contract.shapes import Answer, Json, Pointer

BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
MAX_BYTES = 1024  # of a key, and of a version
LONGEST = {"source": 64, "reference": 128}  # characters
NUMBERS = frozenset({float, int})  # and not bool
# How far each class may take the sum from 1: a model may round to two digits, and a sum of floats is a little off.
ROUNDING = 0.005 + 1e-9
UNNAMED = "an image without a pointer"


class Fault(Enum):
    """Of a list of probabilities."""

    NO_LIST = auto()
    NO_NUMBERS = auto()
    OUT_OF_RANGE = auto()
    WRONG_SUM = auto()


PROBLEMS = {
    Fault.NO_LIST: "not a list of at least two probabilities",
    Fault.NO_NUMBERS: "not made of numbers from 0 to 1",
    Fault.OUT_OF_RANGE: "not made of numbers from 0 to 1",
    Fault.WRONG_SUM: "not probabilities that add up to 1",
}


def parse_body(event: object) -> Json:
    """The bare body, out of whatever wraps it: a step's answer, the state machine's payload, or both."""
    body = event
    while isinstance(body, dict) and "body" in body:
        body = body["body"]
        if isinstance(body, str):
            body = parse_json(body, InvalidEvent, "the event's body")
    if not isinstance(body, dict):
        raise InvalidEvent(f"the event, or its body, must be an object, not {reprlib.repr(body)}")
    return body


def parse_pointer(body: Mapping[str, object]) -> Pointer:
    """The image that the body names. EventBridge does not URL-encode keys, so the key is taken as it is."""
    bucket, key, version = body.get("s3_bucket"), body.get("s3_key"), body.get("version_id")
    if not (isinstance(bucket, str) and BUCKET_NAME.fullmatch(bucket)):
        raise InvalidEvent(f"s3_bucket must be the name of a bucket, not {reprlib.repr(bucket)}")
    if not (isinstance(key, str) and 1 <= utf8_length(key) <= MAX_BYTES):
        raise InvalidEvent(f"s3_key must be 1 to {MAX_BYTES} bytes of text, not {reprlib.repr(key)}")
    if version in (None, ""):
        return Pointer(bucket, key)
    if not (isinstance(version, str) and 1 <= utf8_length(version) <= MAX_BYTES):
        raise InvalidEvent(
            f"version_id must be at most {MAX_BYTES} bytes of text, not {reprlib.repr(version)}"
        )
    return Pointer(bucket, key, version)


def parse_word(body: Json, name: str) -> str | None:
    """What took the photo, or what its sender calls it."""
    word, most = body.get(name), LONGEST[name]
    if word is None or (isinstance(word, str) and len(word) <= most and word.isprintable()):
        return word or None
    raise InvalidEvent(
        f"{name} must be at most {most} characters of printable text, not {reprlib.repr(word)}"
    )


def parse_probabilities(inferences: object, image: Pointer | None) -> list[float]:
    """One probability per class, from a list or its JSON text. Anything else is refused: never fail open."""
    what = f"{image or UNNAMED}: the model's answer"
    if isinstance(inferences, str | bytes):
        inferences = parse_json(inferences, UnexpectedInference, what)
    values: Any = inferences
    if fault := find_fault(values):
        raise UnexpectedInference(f"{what} is {PROBLEMS[fault]}: {reprlib.repr(values)}")
    return values


def find_fault(values: Any) -> Fault | None:
    """Why it is not one list of probabilities; None if it is. Every captured line passes here, so it is quick."""
    if not isinstance(values, list) or len(values) < 2:
        return Fault.NO_LIST
    if not NUMBERS.issuperset(map(type, values)):
        return Fault.NO_NUMBERS
    if min(values) >= 0 and max(values) <= 1 and abs(sum(values) - 1) <= ROUNDING * len(values):
        return None
    # NaN fails both comparisons.
    return Fault.WRONG_SUM if all(0 <= p <= 1 for p in values) else Fault.OUT_OF_RANGE


def parse_json(text: str | bytes, error: type[Exception], what: str) -> Any:
    """The value that the text holds, or the error that says what is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as cause:
        raise error(f"{what} is not JSON: {reprlib.repr(text)}") from cause


def utf8_length(text: str) -> int:
    """The text's bytes in UTF-8; 0 for one that UTF-8 cannot hold (half of a surrogate pair)."""
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        return 0


def answer(body: Json) -> Answer:
    """What each step returns."""
    return {"statusCode": 200, "body": body}


def keep_first_line(text: str) -> str:
    """What the model said, without its container's traceback, which stands in the endpoint's log."""
    return text.partition("\n")[0]
