"""What the workflow's functions share: their events, their named errors, and one line of log per invocation.

It is packed into each function's zip, needs the standard library alone, and importing it does nothing.
An error's class name is the name by which Step Functions catches or retries it.
"""

import functools
import json
import re
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
MAX_KEY_BYTES = 1024
SUM_TOLERANCE = 0.01  # a model may round its probabilities to two digits
LOGGED = ("inferences", "label", "confidence", "threshold", "accepted", "review", "failed")

Handler = Callable[[Any, Any], dict[str, Any]]


class InvalidSetting(Exception):
    """An environment variable of the function is missing or makes no sense."""


class InvalidEvent(Exception):
    """The event is not what the step takes."""


class ImageNotFound(Exception):
    """The event names an object that is not there, or no longer."""


class ImageTooLarge(Exception):
    """The image is larger than an endpoint accepts."""


class NotAnImage(Exception):
    """The object is neither a PNG nor a JPEG file."""


class ImageRefused(Exception):
    """The model itself answered that it cannot take this image."""


class AccessDenied(Exception):
    """The function's role lacks a permission."""


class EndpointNotFound(Exception):
    """No model is deployed."""


class UnexpectedInference(Exception):
    """The model's answer is not one probability per class."""


class ThresholdConfidenceNotMet(Exception):
    """The model is not sure enough: the photo goes to the review queue."""


class StorageUnavailable(Exception):
    """S3 did not answer as it should. Transient: worth a retry."""


class EndpointUnavailable(Exception):
    """The endpoint did not answer as it should. Transient: worth a retry."""


class EndpointThrottled(Exception):
    """The endpoint gets more requests than it takes. Transient: worth a retry, later."""


class ReviewUnavailable(Exception):
    """The review queue did not take what was sent. Transient: worth a retry."""


class NotReached(Exception):
    """There was no time left for this photo. Transient: worth another run."""


class ResultsDisagree(Exception):
    """A bulk run's results are not of the objects that it listed."""


@dataclass(frozen=True)
class Pointer:
    """Where an image is in S3."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def parse_body(event: object) -> dict[str, Any]:
    """The bare body, out of whatever wraps it: a step's answer, the state machine's payload, or both."""
    body = event
    while isinstance(body, dict) and "body" in body:
        body = body["body"]
        if isinstance(body, str):
            body = parse_json(body, InvalidEvent, "the event's body")
    if not isinstance(body, dict):
        raise InvalidEvent(f"the event, or its body, must be an object, not {reprlib.repr(body)}")
    return body


def parse_pointer(body: Mapping[str, Any]) -> Pointer:
    """The image that the body names. EventBridge does not URL-encode keys, so the key is taken as it is."""
    bucket, key = body.get("s3_bucket"), body.get("s3_key")
    if not (isinstance(bucket, str) and BUCKET_NAME.fullmatch(bucket)):
        raise InvalidEvent(f"s3_bucket must be the name of a bucket, not {reprlib.repr(bucket)}")
    if not (isinstance(key, str) and 1 <= utf8_length(key) <= MAX_KEY_BYTES):
        raise InvalidEvent(f"s3_key must be 1 to {MAX_KEY_BYTES} bytes of text, not {reprlib.repr(key)}")
    return Pointer(bucket, key)


def parse_probabilities(inferences: object, image: Pointer) -> list[float]:
    """One probability per class, from a list or its JSON text. Anything else is refused: never fail open."""
    if isinstance(inferences, str | bytes):
        inferences = parse_json(inferences, UnexpectedInference, f"{image}: the model's answer")
    if not isinstance(inferences, list) or len(inferences) < 2:
        problem = "not a list of at least two probabilities"
    elif not all(type(p) in (int, float) and 0 <= p <= 1 for p in inferences):  # NaN fails both comparisons
        problem = "not made of numbers from 0 to 1"
    elif abs(sum(inferences) - 1) > SUM_TOLERANCE:
        problem = "not probabilities that add up to 1"
    else:
        return inferences
    raise UnexpectedInference(f"{image}: the model's answer is {problem}: {reprlib.repr(inferences)}")


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


def answer(body: dict[str, Any]) -> dict[str, Any]:
    """What each step returns."""
    return {"statusCode": 200, "body": body}


def logged(handler: Handler) -> Handler:
    """Make each invocation print one line of JSON: which execution and image, and how it ended."""

    @functools.wraps(handler)
    def wrapper(event: Any, context: Any) -> dict[str, Any]:
        line = {
            "function": handler.__module__,
            "execution_id": event.get("execution_id") if isinstance(event, dict) else None,
            "request_id": getattr(context, "aws_request_id", None),
            "image": name_image(event),  # its name: the image itself is never logged
        }
        try:
            result = handler(event, context)
        except ThresholdConfidenceNotMet as outcome:
            log("WARNING", {**line, "message": "not sure enough", "error": type(outcome).__name__})
            raise
        except Exception as error:
            log("ERROR", {**line, "message": str(error), "error": type(error).__name__})
            raise
        log("INFO", {**line, "message": "done", **{k: v for k, v in result["body"].items() if k in LOGGED}})
        return result

    return wrapper


def name_image(event: object) -> str | None:
    """The image's name for the log; none in an event that the handler is about to refuse by its own error."""
    try:
        return str(parse_pointer(parse_body(event)))
    except InvalidEvent:
        return None


def log(level: str, line: dict[str, Any]) -> None:
    print(json.dumps({"timestamp": datetime.now(UTC).isoformat(), "level": level, **line}))
