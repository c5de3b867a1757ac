"""How many requests a stage lets through: a bucket of tokens for each route that has limits.

AWS: so many at once (burst), and so many a second (rate) as the bucket is filled again; a route's settings go before
those that the stage has for all of its routes, which share no bucket.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from moto.apigatewayv2.models import Stage


@dataclass
class Bucket:
    """Tokens, at most `burst` of them."""

    burst: float
    rate: float
    tokens: float = field(init=False)
    filled: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.tokens = self.burst

    def take(self) -> bool:
        now = time.monotonic()
        self.tokens = min(self.burst, self.tokens + (now - self.filled) * self.rate)
        self.filled = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


_buckets: dict[tuple[str, str, str], Bucket] = {}
_taking = threading.Lock()


def let_through(api: str, stage: Stage, route: str) -> bool:
    """Whether this request is not one too many."""
    settings = {**_limits(stage.default_route_settings), **_limits(stage.route_settings.get(route, {}))}
    if not settings:
        return True
    burst, rate = settings.get("throttlingBurstLimit", 0), settings.get("throttlingRateLimit", 0)
    with _taking:
        bucket = _buckets.get((api, stage.name, route))
        if bucket is None or (bucket.burst, bucket.rate) != (burst, rate):
            bucket = _buckets[api, stage.name, route] = Bucket(burst, rate)
        return bucket.take()


def _limits(settings: Mapping[str, float]) -> dict[str, float]:
    return {name: it for name, it in settings.items() if name.startswith("throttling") and it is not None}
