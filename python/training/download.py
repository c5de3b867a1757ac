"""Download CIFAR-100 once, into the user's cache folder, and verify it every time.

    path = fetch()

A transfer that breaks is taken up again where it stopped, within this run or in a later one.
"""

import hashlib
import http.client
import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from core.console import UserError, track

URL = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
MD5 = "eb9058c3a382ffc7106e4002c42a8d85"
ATTEMPTS = 5  # without a byte of progress
TIMEOUT = 30.0  # seconds without a byte
PAUSE = 2.0  # seconds before the second attempt; doubled before each further one
CHUNK = 1 << 20


def cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "scones-unlimited"


def fetch(url: str = URL, md5: str = MD5) -> Path:
    """The verified archive in the cache folder, downloaded when it is not there yet."""
    path = cache_folder() / url.rsplit("/", 1)[-1]
    if path.is_file() and _md5(path) == md5:
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot make the cache folder {path.parent}: {error.strerror}") from error
    part = path.with_name(path.name + ".part")
    _download(url, part)
    if _md5(part) != md5:
        part.unlink()
        raise UserError(
            f"{url} does not have the checksum {md5}; what was downloaded is deleted, try again later"
        )
    part.replace(path)
    print(f"kept in {path}")
    return path


def _download(url: str, part: Path) -> None:
    """Append to `part` until the server has no more; give up after ATTEMPTS without progress."""
    failures = 0
    while True:
        before = _size(part)
        try:
            return _transfer(url, part)
        except urllib.error.HTTPError as error:
            if error.code < 500:
                raise UserError(f"{url} answers {error.code} {error.reason}") from error
            reason: Exception = error
        except (OSError, http.client.HTTPException) as error:  # refused, timed out, cut off
            reason = error
        failures = 1 if _size(part) > before else failures + 1
        if failures == ATTEMPTS:
            raise UserError(
                f"cannot download {url} ({reason}); run it again to go on from byte {_size(part)}"
            ) from reason
        print(f"the transfer broke ({reason}), going on from byte {_size(part)}")
        time.sleep(PAUSE * 2 ** (failures - 1))


def _transfer(url: str, part: Path) -> None:
    """One request for the bytes that `part` does not have."""
    have = _size(part)
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT)  # noqa: S310 https, but for tests
    except urllib.error.HTTPError as error:
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # nothing is left to ask for
        raise
    with response, part.open("ab") as file:
        if response.status != http.client.PARTIAL_CONTENT:
            file.truncate(0)  # the server starts from the beginning
        expected = file.tell() + (response.length or 0)
        for chunk in track(_chunks(response), "downloading (MB)", -(-(response.length or 0) // CHUNK)):
            file.write(chunk)
    if _size(part) < expected:
        raise ConnectionError(f"cut off {expected - _size(part)} bytes before the end")


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    while chunk := response.read(CHUNK):
        yield chunk


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
