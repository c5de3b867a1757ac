"""FilterInferences: lets a photo pass only if the model is sure enough of what is on it.

The photo need not be named: {"statusCode": 200, "body": "{\"inferences\": [0.9969, 0.0030]}"} is enough to decide.

Settings: LABELS, the classes in the model's order ("bicycle,motorcycle"); THRESHOLD, the least confidence.
"""

import functools
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass

from core.contract.decision import THRESHOLD, decide
from core.contract.errors import InvalidEvent, InvalidSetting
from core.contract.events import UNNAMED, answer, parse_body, parse_pointer_if_any
from core.contract.shapes import Answer, LambdaContext
from lambdas.logged import logged


@dataclass(frozen=True)
class Settings:
    labels: tuple[str, ...]
    threshold: float


def read_settings(environment: Mapping[str, str]) -> Settings:
    names = environment.get("LABELS", "")
    labels = tuple(label.strip() for label in names.split(","))
    if len(labels) < 2 or "" in labels or len(set(labels)) < len(labels):
        raise InvalidSetting(f"LABELS must be two or more different names with commas between, not {names!r}")
    return Settings(labels, read_threshold(environment.get("THRESHOLD", str(THRESHOLD))))


def read_threshold(text: str) -> float:
    try:
        threshold = float(text)
    except ValueError:
        threshold = math.nan
    if not 0 < threshold <= 1:
        raise InvalidSetting(f"THRESHOLD must be a number above 0 and at most 1, not {text!r}")
    return threshold


@functools.cache
def settings() -> Settings:
    return read_settings(os.environ)


@logged
def handler(event: object, _context: LambdaContext) -> Answer:
    body = parse_body(event)
    image = parse_pointer_if_any(body)
    if "inferences" not in body:
        raise InvalidEvent(f"{image or UNNAMED}: the event has no inferences")
    decision = decide(body["inferences"], image, settings().labels, settings().threshold)
    named = {"s3_bucket": image.bucket, "s3_key": image.key} if image else {}
    return answer({**named, **decision})
