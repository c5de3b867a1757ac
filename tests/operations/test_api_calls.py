"""Our own client of the API: it waits as it is told, takes an error for an answer, and uploads by the form as it is."""

import json
import threading
from collections.abc import Iterator
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from core.console import UserError
from operations.api_access import Access
from operations.api_calls import Caller, describe, fill_form
from operations.client import Photo

ID = "5f" * 32
FIELDS = {"key": f"incoming/api/{ID}", "Content-Type": "image/png", "policy": "e30=", "x-amz-signature": "ab"}


class Counter(HTTPServer):
    """Somebody who answers what is prepared, one after the other, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any, bytes]] = []
        self.prepared: list[tuple[int, dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), Answering)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def prepare(self, status: int, body: object, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.prepared.append((status, named, body if isinstance(body, bytes) else json.dumps(body).encode()))


class Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        counter: Any = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        counter.asked.append((self.command, self.path, self.headers, body))
        status, headers, answer = counter.prepared.pop(0)
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(answer))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def counter() -> Iterator[Counter]:
    with Counter() as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def caller(counter) -> Caller:
    counter.prepare(200, {"access_token": "t0ken", "expires_in": 3600})
    return Caller.program(Access("orders", counter.url, f"{counter.url}/oauth2/token", "id", "secret"))


def test_a_photo_is_asked_for_and_uploaded_and_one_token_serves_both(counter, caller):
    upload = {"url": f"{counter.url}/bucket", "fields": FIELDS, "expires_at": "2026-11-27T12:00:00.000Z"}
    counter.prepare(201, {"id": ID, "upload": upload}, Location=f"/photos/{ID}")
    counter.prepare(204, b"")
    counter.prepare(200, {"id": ID, "state": "routed"})
    assert caller.send(Photo("a.png", b"\x89PNG\r\n--\r\n"), source="gate") == ID
    assert caller.follow(ID, 9).body == {"id": ID, "state": "routed"}
    token, asked, form, followed = counter.asked
    assert token[2]["Authorization"] == "Basic aWQ6c2VjcmV0"
    assert token[3] == b"grant_type=client_credentials&scope=scones%2Fphotos"
    assert asked[2]["Authorization"] == followed[2]["Authorization"] == "Bearer t0ken"
    assert json.loads(asked[3]) == {"file_name": "a.png", "content_type": "image/png", "source": "gate"}
    assert form[2]["Authorization"] is None
    assert read_form(form) == [
        *((name, value.encode()) for name, value in FIELDS.items()),
        ("file", b"\x89PNG\r\n--\r\n"),
    ]


def read_form(asked: tuple[str, str, Any, bytes]) -> list[tuple[str, bytes]]:
    """Its parts in their order, as Python's own parser has them."""
    _, _, headers, body = asked
    head = f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode()
    parts: Any = BytesParser(policy=HTTP).parsebytes(head + body).iter_parts()
    return [(it.get_param("name", header="content-disposition"), it.get_payload(decode=True)) for it in parts]


def test_while_a_photo_is_pending_it_is_asked_for_again_when_the_answer_says(counter, caller, monkeypatch):
    waited: list[float] = []
    monkeypatch.setattr("operations.api_calls.time.sleep", waited.append)
    counter.prepare(200, {"state": "expected"}, Retry_After="1")
    counter.prepare(503, {"message": "Service Unavailable"}, Retry_After="2")
    counter.prepare(429, {"message": "Too Many Requests"})
    counter.prepare(200, {"state": "claimed"}, Retry_After="3")
    counter.prepare(200, {"state": "waiting"}, Retry_After="1")
    assert caller.follow(ID, 9).body["state"] == "waiting"
    assert waited == [1, 2, 1, 3]


def test_what_comes_too_late_is_answered_as_it_is(counter, caller):
    counter.prepare(200, {"state": "claimed"}, Retry_After="1")
    assert caller.follow(ID, 0).body == {"state": "claimed"}


def test_an_error_is_an_answer_that_can_be_told_in_a_line(counter, caller):
    counter.prepare(404, {"type": "urn:scones-unlimited:PhotoNotFound", "status": 404})
    assert (
        describe(caller.follow(ID, 9)) == '404 {"type": "urn:scones-unlimited:PhotoNotFound", "status": 404}'
    )
    counter.prepare(500, b"<html>\nbroken")
    assert describe(caller.call("GET", "/photos")) == '500 {"body": "<html>\\nbroken"}'


def test_an_api_that_takes_no_photo_is_one_line(counter, caller):
    counter.prepare(403, {"message": "Forbidden"})
    with pytest.raises(
        UserError, match=r'/photos should be answered 201, but is 403 \{"message": "Forbidden"\}$'
    ):
        caller.send(Photo("a.png", b""), source="gate")


def test_an_upload_that_is_refused_or_not_answered_is_one_line(counter):
    counter.prepare(403, b"<Error><Code>AccessDenied</Code></Error>")
    with pytest.raises(UserError, match=r"/bucket is refused with 403: <Error><Code>AccessDenied"):
        fill_form(f"{counter.url}/bucket", FIELDS, b"photo")
    with pytest.raises(UserError, match=r"the upload to http://127\.0\.0\.1:1/ is not answered: "):
        fill_form("http://127.0.0.1:1/", FIELDS, b"photo")
