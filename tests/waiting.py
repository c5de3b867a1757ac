"""Waiting for what comes by itself, in clouds whose alarms and roll-outs are quick."""

import time
from collections.abc import Callable
from typing import Any

PACE = 120  # so many times as quick as AWS, see localcloud/metrics/pace.py


def until(look: Callable[[], Any], good: Callable[[Any], bool], seconds: float = 20) -> Any:
    """Look until it is good; answer what was seen last."""
    deadline = time.monotonic() + seconds
    while not good(seen := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return seen
