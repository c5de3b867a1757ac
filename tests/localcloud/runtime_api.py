"""AWS's own runtime client, `awslambdaric`, asked through a Runtime API that is served here.

The platform's part is played as AWS documents it: `next` gives a request with its headers, `response`, `error` and
`init/error` take what came of it. As in Lambda, what is logged comes in frames over a descriptor of its own, and what
is printed over standard output and error.
"""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from localcloud.functions.invocation import Request
from localcloud.functions.sandbox import Function

HEADER_BYTES = 16  # of a frame: its kind, its length, and the time
DEADLINE_SECONDS = 60


@dataclass(frozen=True)
class Outcome:
    """What came of a request: `result` or `error` with the payload, or `exit` with the process's return code."""

    kind: str
    payload: bytes
    log: list[str]


class RuntimeApi(ThreadingHTTPServer):
    """Hands out one request at a time, and keeps what the runtime answers."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.requests: queue.Queue[dict[str, str | bytes]] = queue.Queue()
        self.outcomes: queue.Queue[tuple[str, bytes]] = queue.Queue()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


class Answer(BaseHTTPRequestHandler):
    server: RuntimeApi

    def do_GET(self) -> None:
        headers = self.server.requests.get()
        body = headers.pop("body")
        assert isinstance(body, bytes)
        self.send_response(200)
        for name, value in {**headers, "Content-Length": len(body)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kind = "result" if self.path.endswith("/response") else "error"
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.outcomes.put((kind, body))

    def log_message(self, *_args: object) -> None:
        """Nothing: the test's output is no place for it."""


class RealRuntime:
    """A warm process of a function, run by AWS's runtime client."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.api = RuntimeApi()
        self.printed, stdout = os.pipe()
        self.framed, frames = os.pipe()
        for end in (self.printed, self.framed):
            os.set_blocking(end, False)
        environment = dict(function.environment)
        environment |= {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.api.server_port}",
            "_LAMBDA_TELEMETRY_LOG_FD": str(frames),
        }
        command = [sys.executable, "-m", "awslambdaric", environment["_HANDLER"]]
        self.process = subprocess.Popen(
            command, cwd=function.code, env=environment, stdout=stdout, stderr=stdout, pass_fds=[frames]
        )
        os.close(stdout)
        os.close(frames)
        threading.Thread(target=self._await_end, daemon=True).start()

    def invoke(self, request: Request) -> Outcome:
        headers = {
            "Lambda-Runtime-Aws-Request-Id": request.id,
            "Lambda-Runtime-Deadline-Ms": str(request.deadline(self.function.timeout)),
            "Lambda-Runtime-Invoked-Function-Arn": self.function.arn,
            "Lambda-Runtime-Trace-Id": request.trace,
            "Lambda-Runtime-Client-Context": request.client_context,
            "Content-Type": "application/json",
        }
        self.api.requests.put(
            {name: text for name, text in headers.items() if text} | {"body": request.event}
        )
        kind, payload = self.api.outcomes.get(timeout=DEADLINE_SECONDS)
        return Outcome(
            kind, payload, [*self._read(self.printed).decode(errors="replace").splitlines(), *self._frames()]
        )

    def alive(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.api.shutdown()
        self.api.server_close()
        os.close(self.printed)
        os.close(self.framed)

    def _await_end(self) -> None:
        self.api.outcomes.put(("exit", str(self.process.wait()).encode()))

    def _frames(self) -> Iterator[str]:
        rest = self._read(self.framed)
        while rest:
            end = HEADER_BYTES + int.from_bytes(rest[4:8], "big")
            yield rest[HEADER_BYTES:end].decode()
            rest = rest[end:]

    @staticmethod
    def _read(pipe: int) -> bytes:
        """All that is in the pipe: whoever has answered has written before."""
        content = b""
        try:
            while more := os.read(pipe, 65536):
                content += more
        except BlockingIOError:
            pass
        return content
