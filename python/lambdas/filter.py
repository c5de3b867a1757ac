"""FilterInferences: lets a photo pass only if the model is sure enough of what is on it.

Settings: LABELS, the classes in the model's order ("bicycle,motorcycle"); THRESHOLD, the least confidence.
"""

import functools
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common import (
    InvalidEvent,
    InvalidSetting,
    Pointer,
    ThresholdConfidenceNotMet,
    UnexpectedInference,
    answer,
    logged,
    parse_body,
    parse_pointer,
    parse_probabilities,
)

DEFAULT_THRESHOLD = "0.93"


@dataclass(frozen=True)
class Settings:
    labels: tuple[str, ...]
    threshold: float


def read_settings(environment: Mapping[str, str]) -> Settings:
    names = environment.get("LABELS", "")
    labels = tuple(label.strip() for label in names.split(","))
    if len(labels) < 2 or "" in labels or len(set(labels)) < len(labels):
        raise InvalidSetting(f"LABELS must be two or more different names with commas between, not {names!r}")
    return Settings(labels, read_threshold(environment.get("THRESHOLD", DEFAULT_THRESHOLD)))


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


def decide(inferences: object, image: Pointer, labels: Sequence[str], threshold: float) -> dict[str, Any]:
    """The label that the model is sure of, and how sure; a model that is not sure raises."""
    probabilities = parse_probabilities(inferences, image)
    if len(probabilities) != len(labels):
        raise UnexpectedInference(f"{image}: {len(probabilities)} probabilities for {len(labels)} labels")
    confidence = max(probabilities)
    if confidence < threshold:
        raise ThresholdConfidenceNotMet("THRESHOLD_CONFIDENCE_NOT_MET")
    label = labels[probabilities.index(confidence)]
    return {"inferences": probabilities, "label": label, "confidence": confidence, "threshold": threshold}


@logged
def handler(event: Any, _context: Any) -> dict[str, Any]:
    body = parse_body(event)
    image = parse_pointer(body)
    if "inferences" not in body:
        raise InvalidEvent(f"{image}: the event has no inferences")
    decision = decide(body["inferences"], image, settings().labels, settings().threshold)
    return answer({"s3_bucket": image.bucket, "s3_key": image.key, **decision})
