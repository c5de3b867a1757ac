"""The model behind an endpoint, as SageMaker's PyTorch container serves it; started by `endpoints`, never by hand.

    python -I modelserver.py <file descriptor of a listening socket> <model directory> <program>

`GET /ping` answers once the model is loaded, `POST /invocations` answers with what the artefact's own code makes of
the body. An exception becomes status 500, or the exception's own `status_code`. The standard library only.
"""

import importlib
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

DEFAULT_TYPE = "application/json"


def main() -> None:
    descriptor, model_dir, program = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    installed = (sys.base_prefix, sys.prefix)  # without the project itself, which an editable install adds
    sys.path[:] = [entry for entry in sys.path if entry.startswith(installed)]
    code = load(Path(model_dir) / "code" / program)
    model = code.model_fn(model_dir)

    class Handler(BaseHTTPRequestHandler):
        # Connections stay open, for each has a thread: PyTorch takes 50 ms to get ready for work in a new one.
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            self.answer(200, DEFAULT_TYPE, b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sent = self.headers.get("Content-Type", "application/octet-stream")
            accepted = self.headers.get("Accept", "*/*")
            accepted = DEFAULT_TYPE if accepted == "*/*" else accepted
            try:
                output = code.output_fn(code.predict_fn(code.input_fn(body, sent), model), accepted)
            except Exception as error:
                print(f"{type(error).__name__}: {error}", flush=True)
                self.answer(getattr(error, "status_code", 500), "text/plain", str(error).encode())
            else:
                self.answer(200, accepted, output.encode() if isinstance(output, str) else output)

        def answer(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """The log is the model's."""

    listener = socket.socket(fileno=descriptor)
    server = ThreadingHTTPServer(listener.getsockname(), Handler, bind_and_activate=False)
    server.socket = listener
    server.serve_forever()


def load(path: Path) -> Any:
    """Import the artefact's code, whose neighbours it may import."""
    sys.path.insert(0, str(path.parent))
    return importlib.import_module(path.stem)


if __name__ == "__main__":
    main()
