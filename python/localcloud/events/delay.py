"""How long a bucket's events go nowhere after its notification to EventBridge has been switched on.

AWS: around five minutes. Here none at all, so that nobody waits, unless `PUT /_localcloud/notification-delay` says how
many seconds; they count for what is switched on from then on.
"""

import time

from moto.s3.models import FakeBucket

from core.contract.shapes import Json
from localcloud import gaps

_seconds = 0.0
_begins: dict[str, float] = {}  # by bucket


def install() -> None:
    """Note when a bucket's events begin."""

    @gaps.wrap(FakeBucket, "set_notification_configuration")
    def set_notification_configuration(original: gaps.Original, self: FakeBucket, asked: Json | None) -> None:
        was_on = _is_on(self)
        original(self, asked)
        if _is_on(self) and not was_on:
            _begins[self.name] = time.monotonic() + _seconds


def is_over(bucket: str) -> bool:
    return time.monotonic() >= _begins.get(bucket, 0)


def set_seconds(seconds: float) -> None:
    global _seconds
    _seconds = seconds


def _is_on(bucket: FakeBucket) -> bool:
    configuration = bucket.notification_configuration
    return configuration is not None and configuration.event_bridge is not None
