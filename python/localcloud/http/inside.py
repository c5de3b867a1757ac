"""Requests of the local cloud's own clients: they reach its application without a connection.

One photo makes a dozen of them, and a connection costs each of them the work of a second HTTP client and server, and
two more waits for Python's lock. All else stays: they are signed, checked, decided and noted as any other request.
"""

import io
import sys
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes, urlsplit
from wsgiref.types import WSGIApplication, WSGIEnvironment

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from werkzeug.test import run_wsgi_app

HERE = "127.0.0.1"


class Raw(io.BytesIO):
    """An answer's body, as botocore reads it from a connection."""

    def stream(self, amt: int | None = None, decode_content: bool | None = None) -> Iterator[bytes]:  # noqa: ARG002
        while part := self.read(amt):
            yield part


class Inside:
    """Answers botocore's event `before-send`."""

    def __init__(self, url: str, application: WSGIApplication) -> None:
        self.root, self.application = f"{url}/", application

    def send(self, request: AWSPreparedRequest, **_event: object) -> AWSResponse | None:
        """The application's answer; None, so that a connection is made, where the request goes elsewhere."""
        body = b"" if request.body is None else request.body
        if not request.url.startswith(self.root) or not isinstance(body, bytes | bytearray):
            return None
        environ = make_environ(request.method, request.url, dict(request.headers.items()), bytes(body))
        parts, status, headers = run_wsgi_app(self.application, environ, buffered=True)
        raw = Raw(b"".join(parts))
        return AWSResponse(request.url, int(status.partition(" ")[0]), dict(headers), raw)


def make_environ(method: str, url: str, headers: dict[str, str | bytes], body: bytes) -> WSGIEnvironment:
    """What `connections.Handler` makes of the same request."""
    location = urlsplit(url)
    raw_path = location.path or "/"
    raw = f"{raw_path}?{location.query}" if location.query else raw_path
    environ: WSGIEnvironment = {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": location.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(raw_path).decode("latin1"),
        "QUERY_STRING": location.query,
        "REQUEST_URI": raw,
        "RAW_URI": raw,
        "REMOTE_ADDR": HERE,
        "SERVER_NAME": location.hostname or HERE,
        "SERVER_PORT": str(location.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": location.netloc,
    }
    kept: dict[str, str] = {}
    for name, value in headers.items():
        text = value.decode("latin1") if isinstance(value, bytes) else str(value)
        key = environ_key_for_header(name)
        if should_preserve_original_header_name(name):
            kept[key] = name
        environ[key] = text
    environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = kept
    return environ
