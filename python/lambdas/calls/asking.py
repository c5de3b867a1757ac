"""One call, as it was read, and its answer."""

from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from lambdas.calls.api_settings import Settings
from lambdas.calls.caller import Caller


@dataclass(frozen=True)
class Ask:
    """What is not part of a route is empty."""

    given: Settings
    caller: Caller
    photo: str = ""
    number: int = 0
    key: str = ""
    body: Any = None  # of the route's type
    query: Any = None  # of the route's type


@dataclass(frozen=True)
class Reply:
    status: int
    content: Struct
    headers: dict[str, str] = field(default_factory=dict)
    photos: list[str] = field(default_factory=list)  # that it shows, if the path names none
