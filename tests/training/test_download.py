"""Downloading against a real server on this machine that breaks, stalls and cheats on request."""

import hashlib
import random
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from core.console import UserError
from training import download

CONTENT = random.Random(1).randbytes(3_000_000)
MD5 = hashlib.md5(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/cifar.tar.gz"
        self.requests: list[str | None] = []
        self.faults: list[int | str] = []
        self.released = threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        start = 0
        server = self.server
        server.requests.append(self.headers["Range"])
        fault = server.faults.pop(0) if server.faults else None
        if isinstance(fault, int):
            self.send_error(fault)
            return
        if self.headers["Range"] and fault != "no ranges":
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            if start >= len(CONTENT):
                self.send_error(416)
                return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        if fault == "stalls":
            self.wfile.flush()
            server.released.wait(10)
        elif fault == "breaks":
            self.wfile.write(CONTENT[start : start + 1_000_000])
        else:
            self.wfile.write(CONTENT[start:])

    def log_message(self, *_):
        """Keep the test's output clean."""


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(download, "PAUSE", 0.01)
    monkeypatch.setattr(download, "TIMEOUT", 0.3)
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_archive_is_downloaded_once_and_kept(server, tmp_path):
    path = download.fetch(server.url, MD5)
    assert path == tmp_path / "scones-unlimited/cifar.tar.gz"
    assert path.read_bytes() == CONTENT
    assert download.fetch(server.url, MD5) == path
    assert server.requests == [None]
    assert list(path.parent.iterdir()) == [path]


def test_a_broken_transfer_is_taken_up_where_it_stopped(server, capsys):
    server.faults = ["breaks", "breaks"]
    assert download.fetch(server.url, MD5).read_bytes() == CONTENT
    assert "cut off 2000000 bytes before the end), going on from byte 1000000" in capsys.readouterr().out
    assert server.requests == [None, "bytes=1000000-", "bytes=2000000-"]


def test_a_transfer_that_another_run_left_is_taken_up(server, tmp_path):
    part = tmp_path / "scones-unlimited/cifar.tar.gz.part"
    part.parent.mkdir()
    part.write_bytes(CONTENT[:1234])
    assert download.fetch(server.url, MD5).read_bytes() == CONTENT
    assert server.requests == ["bytes=1234-"]


def test_a_transfer_that_was_complete_but_not_verified_is_not_repeated(server, tmp_path):
    part = tmp_path / "scones-unlimited/cifar.tar.gz.part"
    part.parent.mkdir()
    part.write_bytes(CONTENT)
    assert download.fetch(server.url, MD5).read_bytes() == CONTENT


def test_a_server_without_ranges_is_read_from_the_beginning(server):
    server.faults = ["breaks", "no ranges"]
    assert download.fetch(server.url, MD5).read_bytes() == CONTENT


def test_a_server_that_stalls_or_fails_is_asked_again(server):
    server.faults = ["stalls", 503, 500]
    assert download.fetch(server.url, MD5).read_bytes() == CONTENT
    assert len(server.requests) == 4


def test_a_server_that_goes_on_failing_is_given_up(server):
    server.faults = [503] * 20
    with pytest.raises(UserError, match=r"cannot download .* run it again to go on from byte 0"):
        download.fetch(server.url, MD5)
    assert len(server.requests) == download.ATTEMPTS


def test_a_server_that_is_not_there_is_given_up(server):
    server.server_close()
    with pytest.raises(UserError, match="cannot download"):
        download.fetch("http://127.0.0.1:9/cifar.tar.gz", MD5)


def test_a_wrong_address_is_not_asked_twice(server):
    server.faults = [404]
    with pytest.raises(UserError, match="answers 404"):
        download.fetch(server.url, MD5)
    assert len(server.requests) == 1


def test_a_wrong_checksum_is_refused_and_nothing_is_kept(server, tmp_path):
    with pytest.raises(UserError, match="does not have the checksum"):
        download.fetch(server.url, "0" * 32)
    assert list((tmp_path / "scones-unlimited").iterdir()) == []


def test_a_kept_archive_that_was_damaged_is_downloaded_again(server):
    path = download.fetch(server.url, MD5)
    path.write_bytes(CONTENT[:100])
    assert download.fetch(server.url, MD5).read_bytes() == CONTENT


def test_a_cache_folder_that_cannot_be_is_named(server, tmp_path):
    (tmp_path / "scones-unlimited").write_text("a file is in the way")
    with pytest.raises(UserError, match="cannot make the cache folder"):
        download.fetch(server.url, MD5)
