"""The shapes of what a function is given and answers, and of what is JSON anywhere."""

import hashlib
from dataclasses import dataclass
from typing import Any, Protocol, TypedDict

from core.contract import register

Json = dict[str, Any]  # an object: what is in it is known where it is read


@dataclass(frozen=True)
class Pointer:
    """Where an image is in S3: in that version, or without one the newest."""

    bucket: str
    key: str
    version: str = ""

    @property
    def id(self) -> str:
        """The photo's. Of an upload for the API its key says it, and only its first version counts.

        Of any other it is 64 characters. Neither a bucket's name nor a version has a slash.
        """
        name = self.key.removeprefix(register.UPLOADS)
        if name and name != self.key and "/" not in name:
            return name
        return hashlib.sha256(f"{self.bucket}/{self.version}/{self.key}".encode()).hexdigest()

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class Answer(TypedDict):
    """What each step returns."""

    statusCode: int
    body: Json


class LambdaContext(Protocol):
    """What Lambda tells a handler beside the event, as far as one here asks."""

    @property
    def aws_request_id(self) -> str: ...

    def get_remaining_time_in_millis(self) -> int: ...


class InvalidSetting(Exception):
    """An environment variable of the function is missing or makes no sense."""
