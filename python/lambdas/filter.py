"""FilterInferences: lets a photo pass only if the model is sure enough of what is on it.

The photo need not be named: {"statusCode": 200, "body": "{\"inferences\": [0.9969, 0.0030]}"} is enough to decide.

What it knows is also how unlike the model's training photographs the photo is, if the event says so: `unlikeness`.

Settings: LABELS, the classes in the model's order ("bicycle,motorcycle"); THRESHOLD, the least confidence;
MAX_UNLIKENESS, the most unlikeness.
"""

import functools
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass

from core.contract.decision import THRESHOLD, decide
from core.contract.errors import InvalidEvent
from core.contract.events import UNNAMED, Pointer, answer, parse_body, parse_pointer
from core.contract.shapes import Answer, InvalidSetting, LambdaContext
from core.contract.unlike import MAX_UNLIKENESS, NAME
from lambdas.logged import logged


@dataclass(frozen=True)
class Settings:
    labels: tuple[str, ...]
    threshold: float
    max_unlikeness: float = MAX_UNLIKENESS


def read_settings(environment: Mapping[str, str]) -> Settings:
    names = environment.get("LABELS", "")
    labels = tuple(label.strip() for label in names.split(","))
    if len(labels) < 2 or "" in labels or len(set(labels)) < len(labels):
        raise InvalidSetting(f"LABELS must be two or more different names with commas between, not {names!r}")
    return Settings(
        labels,
        read_share(environment, "THRESHOLD", THRESHOLD),
        read_share(environment, "MAX_UNLIKENESS", MAX_UNLIKENESS),
    )


def read_share(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name, str(default))
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not 0 < share <= 1:
        raise InvalidSetting(f"{name} must be a number above 0 and at most 1, not {text!r}")
    return share


@functools.cache
def settings() -> Settings:
    return read_settings(os.environ)


def parse_pointer_if_any(body: Mapping[str, object]) -> Pointer | None:
    """The image that the body names, or None where nothing in it names one: half a pointer is refused."""
    return parse_pointer(body) if body.keys() & {"s3_bucket", "s3_key"} else None


@logged
def handler(event: object, _context: LambdaContext) -> Answer:
    body = parse_body(event)
    image = parse_pointer_if_any(body)
    if "inferences" not in body:
        raise InvalidEvent(f"{image or UNNAMED}: the event has no inferences")
    given = settings()
    decision = decide(
        body["inferences"], image, given.labels, given.threshold, body.get(NAME), given.max_unlikeness
    )
    named = {"s3_bucket": image.bucket, "s3_key": image.key} if image else {}
    return answer({**named, **decision})
