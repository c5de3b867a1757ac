"""What the soak sends to the API: each call of its description, half of them about photos that are there."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings

from bench import soak_calls

PHOTOS = ["ab" * 32, "cd" * 32]


@pytest.fixture(scope="module")
def schema() -> Any:
    made: Any = SimpleNamespace(outputs={"routes": {"bicycle": {}, "other": {}}})
    return soak_calls.load(made, PHOTOS)


@pytest.fixture
def serve() -> Iterator[Callable[[int], str]]:
    """Somebody who answers everything with this status, in the gateway's form."""
    servers: list[HTTPServer] = []

    def start(status: int) -> str:
        class Answering(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                body = json.dumps({"message": "as it is"}).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Nothing."""

        servers.append(HTTPServer(("127.0.0.1", 0), Answering))
        threading.Thread(target=servers[-1].serve_forever).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_each_call_of_the_description_is_sent_and_wrong_where_it_can_be(schema):
    operations = [it.ok() for it in schema.get_all_operations()]
    assert {it.label for it in operations} >= {"POST /photos", "POST /leases", "GET /summary"}
    assert len(operations) == 11
    assert [it.label for it in operations if not soak_calls.has_parts(it)] == [
        "GET /guideline",
        "GET /summary",
    ]


def test_about_half_of_the_ids_are_of_photos_that_are_there_and_labels_are_the_environment_s(schema):
    seen: list[Any] = []

    @settings(max_examples=100, deadline=None, database=None, derandomize=True)
    @given(case=schema["/photos/{id}/decisions/{number}"]["PUT"].as_strategy())
    def look(case: Any) -> None:
        seen.append((case.path_parameters["id"], case.body["label"]))

    look()
    known = sum(photo in PHOTOS for photo, _ in seen)
    assert 0.2 < known / len(seen) < 0.9
    assert {label for _, label in seen} == {"bicycle", "other", "unusable", "cannot_tell"}


def test_an_answer_that_is_not_as_described_is_counted_and_named(schema, serve):
    operation = schema["/photos/{id}"]["GET"]
    counted: Counter[str] = Counter()
    failed: list[str] = []
    soak_calls.send(operation, True, 5, serve(418), "token", counted, failed)
    assert counted["418"] == len(failed) >= 5
    assert failed[0].startswith("GET /photos/{id}: ")
    failed.clear()
    soak_calls.send(operation, True, 5, serve(429), "token", counted, failed)
    assert (counted["429"], failed) == (5, [])
