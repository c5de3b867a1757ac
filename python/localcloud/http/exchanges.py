"""Requests and answers of what the local cloud serves beside moto: APIs, and the pages of people's pools."""

import http
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote
from wsgiref.types import StartResponse, WSGIEnvironment

JSON = "application/json"


@dataclass(frozen=True)
class Incoming:
    """A request. Names of headers are in lower case; one that came more than once is joined by commas."""

    method: str
    path: str  # as it was sent, without the query
    query: str
    headers: Mapping[str, str]
    body: bytes
    source_ip: str
    protocol: str

    @property
    def segments(self) -> list[str]:
        """The path's parts, decoded."""
        return [unquote(part) for part in self.path.split("/")[1:]]


@dataclass
class Outgoing:
    """An answer. A header may come more than once."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)

    def send(self, method: str, start_response: StartResponse) -> Iterable[bytes]:
        try:
            phrase = http.HTTPStatus(self.status).phrase
        except ValueError:
            phrase = "Unknown"
        start_response(f"{self.status} {phrase}", self.headers)
        return [] if method == "HEAD" else [self.body]


def read(environ: WSGIEnvironment) -> Incoming:
    """The request, its body read to the end."""
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") and isinstance(value, str)
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    length = -1 if environ.get("wsgi.input_terminated") else int(environ.get("CONTENT_LENGTH") or 0)
    return Incoming(
        method=environ["REQUEST_METHOD"],
        path=environ["REQUEST_URI"].partition("?")[0],
        query=environ.get("QUERY_STRING", ""),
        headers=headers,
        body=environ["wsgi.input"].read(length),
        source_ip=environ.get("REMOTE_ADDR", ""),
        protocol=environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
    )


def say(status: int, what: object, *headers: tuple[str, str]) -> Outgoing:
    """An answer in JSON."""
    return Outgoing(
        status, json.dumps(what, separators=(",", ":")).encode(), [("Content-Type", JSON), *headers]
    )
