"""A photo's way through an environment's API, as who calls it sees it: asked for, uploaded by the form, and followed.

Each call is as the client of docs/api.md makes it. One token serves them all: a program's is good for an hour.
"""

import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from functools import cached_property
from http.client import HTTPResponse
from typing import Self

from core.console import UserError
from core.contract.shapes import Json
from operations import api_access
from operations.api_access import SECONDS, Access
from operations.client import Photo

PNG = "image/png"
PENDING = ("expected", "claimed")  # what waits for a person may do so for hours
LATER = (429, 503)
RETRY_SECONDS = 1.0  # where an answer names none


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message  # by their names, however they are written
    body: Json


class Caller:
    """A program, or a person: whoever has a token for the API at this address."""

    def __init__(self, url: str, take_token: Callable[[], str]) -> None:
        self.url, self.take_token = url, take_token

    @classmethod
    def program(cls, access: Access) -> Self:
        return cls(access.url, lambda: api_access.take_token(access))

    @cached_property
    def token(self) -> str:
        return self.take_token()

    def call(
        self, method: str, path: str, body: Json | None = None, more: Mapping[str, str] | None = None
    ) -> Answer:
        """With these headers more. An answer with an error is one, too."""
        data = None if body is None else json.dumps(body).encode()
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            **(more or {}),
        }
        asked = urllib.request.Request(f"{self.url}{path}", data, headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(asked, timeout=SECONDS) as answer:  # noqa: S310
                return read(answer.status, answer)
        except urllib.error.HTTPError as error:
            return read(error.code, error)
        except OSError as error:
            raise UserError(f"{method} {asked.full_url} is not answered: {error}") from error

    def send(self, photo: Photo, source: str) -> str:
        """Have it routed; its id."""
        given = {"file_name": photo.name, "content_type": PNG, "source": source}
        while (asked := self.call("POST", "/photos", given)).status in LATER:
            time.sleep(float(asked.headers.get("Retry-After", RETRY_SECONDS)))
        if asked.status != 201:
            raise UserError(f"POST {self.url}/photos should be answered 201, but is {describe(asked)}")
        upload = asked.body["upload"]
        fill_form(upload["url"], upload["fields"], photo.content)
        return str(asked.body["id"])

    def follow(self, photo: str, seconds: float) -> Answer:
        """Ask for it as often as the API says, until the model is done with it, or it is too late."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.call("GET", f"/photos/{photo}")
            pending = found.status == 200 and found.body.get("state") in PENDING
            if not (pending or found.status in LATER) or time.monotonic() >= deadline:
                return found
            time.sleep(float(found.headers.get("Retry-After", RETRY_SECONDS)))


def read(status: int, answer: HTTPResponse | urllib.error.HTTPError) -> Answer:
    body = answer.read()
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    known = found if isinstance(found, dict) else {"body": body.decode(errors="replace")}
    return Answer(status, answer.headers, known)


def describe(answer: Answer) -> str:
    """In a line."""
    return f"{answer.status} {json.dumps(answer.body)}"


def fill_form(url: str, fields: Mapping[str, str], content: bytes) -> None:
    """Upload by the form that POST /photos has answered: its fields as they are, and the file behind them."""
    mark = uuid.uuid4().hex
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    file = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="photo"\r\n\r\n'.encode()
    body = b"".join((*parts, file, content, f"\r\n--{mark}--\r\n".encode()))
    headers = {"Content-Type": f"multipart/form-data; boundary={mark}"}
    try:
        urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=SECONDS).close()  # noqa: S310
    except urllib.error.HTTPError as error:
        said = error.read(1000).decode(errors="replace")
        raise UserError(f"the upload to {url} is refused with {error.code}: {said}") from error
    except OSError as error:
        raise UserError(f"the upload to {url} is not answered: {error}") from error
