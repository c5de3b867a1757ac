"""A route of the API: what the function dispatches by, and what the description is made of."""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import Struct

from lambdas.calls.asking import Ask, Reply
from lambdas.calls.problems import Problem

PHOTOS, REVIEW = "scones/photos", "scones/review"  # scopes: a token needs one of the route's


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    call: Callable[[Ask], Reply]
    does: str
    scopes: tuple[str, ...]
    who: tuple[str, ...]
    status: int
    answer: type[Struct]
    problems: tuple[type[Problem], ...]
    body: type[Struct] | None = None
    body_optional: bool = False
    query: type[Struct] | None = None
    has_key: bool = False  # takes an Idempotency-Key
    headers: tuple[str, ...] = ()  # of the answer

    @property
    def key(self) -> str:
        """As API Gateway names it."""
        return f"{self.method} {self.path}"
