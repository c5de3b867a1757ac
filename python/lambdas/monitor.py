"""Monitor: looks at what the endpoint has captured since the last time (see monitoring/watch.py).

The event {"scheduled": "2024-10-15T14:20:00Z"} asks for whole hours until that time; {} for everything until now.
Settings: BUCKET, ENDPOINT_NAME, MODEL (the live one; empty without one), NAMESPACE of the metrics, THRESHOLD;
CAPTURES, RESULTS and MODELS, the prefixes in the bucket; TOLERATED, how much of each drift, as JSON; TABLE, the
register of photos, without which nobody says how often the model is right.
"""

import functools
import json
import os
import reprlib
from collections.abc import Mapping
from datetime import UTC, datetime

from core.contract.decision import THRESHOLD
from core.contract.errors import InvalidEvent
from core.contract.events import answer
from core.contract.shapes import Answer, InvalidSetting, LambdaContext
from core.figures.drift import TOLERATED
from lambdas.filter import read_share
from lambdas.logged import logged
from monitoring.results import RESULTS, whole_hour
from monitoring.watch import Settings, watch


def read_settings(environment: Mapping[str, str]) -> Settings:
    required = {name: environment.get(name, "") for name in ("BUCKET", "ENDPOINT_NAME", "NAMESPACE")}
    if missing := [name for name, value in required.items() if not value]:
        raise InvalidSetting(f"{', '.join(missing)} must be set")
    return Settings(
        bucket=required["BUCKET"],
        captures=environment.get("CAPTURES", "captures"),
        results=environment.get("RESULTS", RESULTS),
        models=environment.get("MODELS", "models"),
        endpoint=required["ENDPOINT_NAME"],
        model=environment.get("MODEL", ""),
        namespace=required["NAMESPACE"],
        threshold=read_share(environment, "THRESHOLD", THRESHOLD),
        tolerated=read_tolerated(environment.get("TOLERATED", "{}")),
        table=environment.get("TABLE", ""),
    )


def read_tolerated(text: str) -> dict[str, float]:
    """The drifts that are tolerated; one that is not named has its default."""
    try:
        named = json.loads(text)
        tolerated = {**TOLERATED, **named}
        known = tolerated.keys() == TOLERATED.keys() and all(0 < share <= 1 for share in tolerated.values())
    except (TypeError, ValueError):
        known = False
    if not known:
        like = json.dumps(TOLERATED)
        raise InvalidSetting(f"TOLERATED must be shares above 0 and at most 1, like {like}, not {text!r}")
    return tolerated


@functools.cache
def settings() -> Settings:
    return read_settings(os.environ)


def times(event: object) -> tuple[datetime, datetime]:
    """What time it is, and until when to look."""
    if not isinstance(event, dict):
        raise InvalidEvent(f"the event must be an object, not {reprlib.repr(event)}")
    if "scheduled" not in event:
        now = datetime.now(UTC)
        return now, now
    try:
        scheduled = datetime.fromisoformat(event["scheduled"]).astimezone(UTC)
    except (TypeError, ValueError) as error:
        raise InvalidEvent(f"scheduled must be a time, not {reprlib.repr(event['scheduled'])}") from error
    return scheduled, whole_hour(scheduled)


@logged
def handler(event: object, context: LambdaContext) -> Answer:
    now, until = times(event)
    return answer(watch(settings(), now, until, lambda: context.get_remaining_time_in_millis() / 1000))
