"""The shapes of what a function is given and answers, and of what is JSON anywhere."""

import hashlib
from dataclasses import dataclass
from typing import Any, Protocol, TypedDict

UPLOADS = "incoming/api/"  # then comes the id

Json = dict[str, Any]  # an object: what is in it is known where it is read


@dataclass(frozen=True)
class Pointer:
    """Where an image is in S3: in that version, or without one the newest."""

    bucket: str
    key: str
    version: str = ""

    @property
    def id(self) -> str:
        """The photo's: as the API has it uploaded, or a hash. No bucket's name or version has a slash."""
        folder, slash, name = self.key.rpartition("/")
        if name and folder + slash == UPLOADS:
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
