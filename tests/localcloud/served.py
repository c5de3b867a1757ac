"""The model server by itself, without an endpoint in front of it."""

import contextlib
import http.client
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from localcloud.models import endpoints

HOST = "127.0.0.1"


class Served(NamedTuple):
    """What a model server answered."""

    status: int
    phrase: str
    content_type: str
    body: bytes
    attributes: str = ""  # X-Amzn-SageMaker-Custom-Attributes


def asking(port: int) -> Callable[..., Served]:
    """What sends a request to the server at this port."""

    def ask(method: str, path: str, body: bytes = b"", seconds: float = 60, **headers: str) -> Served:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with contextlib.closing(http.client.HTTPConnection(HOST, port, timeout=seconds)) as connection:
            connection.request(method, path, body, named)
            response = connection.getresponse()
            kind = response.getheader("Content-Type", "")
            attributes = response.getheader("X-Amzn-SageMaker-Custom-Attributes", "")
            return Served(response.status, response.reason, kind, response.read(), attributes)

    return ask


@contextlib.contextmanager
def serving(directory: Path) -> Iterator[Callable[..., Served]]:
    """Serve an unpacked artefact, as `endpoints` does; yield what sends a request."""
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        arguments = (str(listener.fileno()), str(directory), endpoints.DEFAULT_CODE)
        process = subprocess.Popen(
            [sys.executable, "-I", str(endpoints.PROGRAM), *arguments],
            pass_fds=[listener.fileno()],
            stdout=subprocess.DEVNULL,
        )

    try:
        yield asking(port)
    finally:
        process.kill()
        process.wait()
