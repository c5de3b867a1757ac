"""The lines of docs/api.md where each call is refused at first, as API Gateway does above its limit."""

import json
import os
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from tests.pipeline.test_programs import LANGUAGES, PROGRAMS, lines

KEPT: dict[str, object] = {"id": "0a", "state": "routed", "label": "bicycle"}


class Limited(BaseHTTPRequestHandler):
    """Without a Retry-After, as the gateway's own answers are; the form and the token are not the gateway's."""

    asked: ClassVar[Counter[str]]

    def answer(self, status: int, body: dict[str, object] | None) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        call = f"{self.command} {self.path}"
        self.asked[call] += 1
        if "/photos" in self.path and self.asked[call] == 1:
            status, body = 429, {"message": "Too Many Requests"}
        content = json.dumps(body).encode() if body else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        self.answer(200, KEPT)

    def do_POST(self) -> None:
        if self.path == "/photos":
            form = {"url": f"http://{self.headers['Host']}/form", "fields": {"key": "incoming/api/0a"}}
            self.answer(201, {"id": "0a", "upload": form})
        elif self.path == "/form":
            self.answer(204, None)
        else:
            self.answer(200, {"access_token": "a", "expires_in": 3600})

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def limited() -> Iterator[str]:
    Limited.asked = Counter()
    with ThreadingHTTPServer(("127.0.0.1", 0), Limited) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_call_above_the_limit_is_made_again(limited, tmp_path, language):
    (tmp_path / "photo.png").write_bytes(b"photo")
    variables = {"SCONES_API": limited, "SCONES_TOKEN_URL": f"{limited}/token"} | {
        f"SCONES_CLIENT_{name}": "a" for name in ("ID", "SECRET")
    }
    command = [*PROGRAMS[language], lines(language)]
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | variables, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == KEPT
    assert Limited.asked == {"POST /token": 1, "POST /photos": 2, "POST /form": 1, "GET /photos/0a": 2}
