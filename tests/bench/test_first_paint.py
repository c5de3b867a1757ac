"""The first paint and the bytes of a page, in a real browser, of pages whose size is known."""

import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench import browsing, first_paint

SCRIPT = b"document.title = 'here';" + b"/" * 20_000
PAGE = b"<!doctype html><title>-</title><script type=module src=script.js></script><h1>Something to see</h1>"
SENT = {"/": PAGE, "/review": PAGE, "/script.js": SCRIPT}
HEADERS = 1_000  # bytes at most, of a file

pytestmark = pytest.mark.skipif(
    not shutil.which(browsing.CHROMIUM), reason="needs a browser: install Debian's package chromium"
)


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = SENT.get(self.path, b"")
        self.send_response(200 if content else 404)
        self.send_header("content-type", "text/javascript" if self.path.endswith(".js") else "text/html")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


def test_both_pages_are_measured_on_a_slow_line(url, monkeypatch):
    monkeypatch.setattr(first_paint, "TIMES", 1)
    with browsing.opened() as browser:
        told = {it.name: it for it in first_paint.measure(browser, url)}
    assert [*told] == [f"console_{page}_{what}" for page in browsing.PAGES for what in ("paint_ms", "kB")]
    for page in browsing.PAGES:
        size = 1000 * told[f"console_{page}_kB"].value
        assert len(PAGE) + len(SCRIPT) < size < len(PAGE) + len(SCRIPT) + 3 * HEADERS
        # There and back is the profile's: nothing is painted before the page has come.
        assert told[f"console_{page}_paint_ms"].value > first_paint.SLOW_PHONE["latency"]
