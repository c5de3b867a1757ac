"""The shapes of what a function is given and answers, and of what is JSON anywhere, for the type checker."""

from typing import Any, Protocol, TypedDict

Json = dict[str, Any]  # an object: what is in it is known where it is read


class Answer(TypedDict):
    """What each step returns."""

    statusCode: int
    body: Json


class LambdaContext(Protocol):
    """What Lambda tells a handler beside the event, as far as a handler here asks for it."""

    @property
    def aws_request_id(self) -> str: ...

    def get_remaining_time_in_millis(self) -> int: ...
