"""The model behind an endpoint, as SageMaker's PyTorch container serves it; started by `endpoints`, never by hand.

    python -I modelserver.py <file descriptor of a listening socket> <model directory> <program>

`GET /ping` is healthy from the start, `POST /invocations` waits for the model and answers with what the artefact's own
code makes of the body. So a model that cannot load is healthy, and its requests wait until who sent them gives up.
An exception becomes status 500, or the `status_code` of one of the toolkit's kind, with its traceback in the body.
A function of the code that takes one argument more gets the request's context, and may set headers of the answer.
So do AWS's toolkit 2.0.25 and TorchServe 0.12, which tests run beside it. TorchServe loads again and again, and after
400 s its ping says 500; that is left out. `GET /loaded` is of the local cloud alone: it answers once loading has ended,
well or badly. The standard library only.
"""

import functools
import gc
import importlib
import inspect
import json
import os
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
from localcloud.http import headers

JSON = "application/json"
AS_TEXT = (JSON, "text/csv")  # the code gets a body of these types, named just so, as text
DEFAULT_ACCEPT = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)
MOST_BYTES = 6_553_500  # TorchServe's own limit, above SageMaker's
HEALTHY = json.dumps({"status": "Healthy"}, indent=2).encode() + b"\n"
WORKER_DIED = {"code": 500, "type": "InternalServerException", "message": "Worker died."}


class BaseInferenceToolkitError(Exception):
    """The one class of AWS's toolkit that an artefact's code imports: of an error that is the caller's."""

    def __init__(self, status_code: int, message: str, phrase: str) -> None:
        super().__init__(status_code, message, phrase)
        self.status_code, self.message, self.phrase = status_code, message, phrase


class Context:
    """What TorchServe tells the code of one request and is told of the answer, as far as headers go."""

    def __init__(self, headers: dict[str, str]) -> None:
        self.headers, self.told = headers, dict[str, str]()

    def get_all_request_header(self, _index: int) -> dict[str, str]:
        return self.headers

    def get_request_header(self, _index: int, name: str) -> str | None:
        return self.headers.get(name)

    def set_response_header(self, _index: int, name: str, value: str) -> None:
        self.told[name] = value


def call(function: Callable[..., Any], *arguments: Any, context: Context) -> Any:
    """The code's functions may take the context too: the toolkit goes by the number of their parameters."""
    more = _count_parameters(function) > len(arguments)
    return function(*arguments, context) if more else function(*arguments)


@functools.cache
def _count_parameters(function: Callable[..., Any]) -> int:
    return len(inspect.signature(function).parameters)


class Worker:
    """The artefact's code with its model."""

    def __init__(self, directory: str, program: str) -> None:
        self.directory, self.program = directory, program
        self.loaded, self.ended = threading.Event(), threading.Event()

    def load(self) -> None:
        try:
            self.code = import_code(Path(self.directory) / "code" / self.program)
            self.model = self.code.model_fn(self.directory)
            gc.freeze()  # all of it stays
            self.loaded.set()
        except Exception:
            traceback.print_exc(file=sys.stdout)
            sys.stdout.flush()
        finally:
            self.ended.set()

    def answer(
        self, body: bytes, sent: str | None, accepted: str | None, context: Context
    ) -> tuple[Any, str]:
        """What the code makes of the body, and of which type that is."""
        self.loaded.wait()
        if not accepted or accepted == "*/*":
            accepted = DEFAULT_ACCEPT
        content = body.decode() if sent in AS_TEXT else body
        data = call(self.code.input_fn, content, sent, context=context)
        prediction = call(self.code.predict_fn, data, self.model, context=context)
        output = call(self.code.output_fn, prediction, accepted, context=context)
        return output if isinstance(output, tuple) else (output, accepted)


def main() -> None:
    listener = socket.socket(fileno=int(sys.argv[1]))
    leave_the_project()
    headers.install()
    worker = Worker(*sys.argv[2:4])

    class Handler(BaseHTTPRequestHandler):
        # Connections stay open, for each has a thread: PyTorch takes 50 ms to get ready for work in a new one.
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            if self.path == "/loaded":
                worker.ended.wait()
            self.answer(200, "", JSON, HEALTHY)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if len(body) > MOST_BYTES:
                self.answer(413, "", "", b"")
                return
            context = Context(dict(self.headers.items()))
            try:
                sent, accepted = self.headers["Content-Type"], self.headers["Accept"]
                output, kind = worker.answer(body, sent, accepted, context)
            except Exception as error:
                self.refuse(error)
            else:
                content = output.encode() if isinstance(output, str) else output
                self.answer(200, "", kind, content, context.told)

        def refuse(self, error: Exception) -> None:
            status, message, phrase = 500, str(error) or "Invalid Request", str(error) or "Invalid Request"
            if isinstance(error, BaseInferenceToolkitError):
                status, message, phrase = error.status_code, error.message, error.phrase
            text = f"{message}\n{traceback.format_exc()}"
            print(text, flush=True)
            if phrase.isascii():
                self.answer(status, phrase.replace("\r", " ").replace("\n", " "), "", text.encode())
            else:  # it counts the phrase's characters and sends its bytes
                self.answer(500, "", JSON, json.dumps(WORKER_DIED, indent=2).encode() + b"\n")

        def answer(
            self,
            status: int,
            phrase: str,
            content_type: str,
            body: bytes,
            headers: Mapping[str, str] = MappingProxyType({}),
        ) -> None:
            self.send_response(status, phrase or None)
            for name, value in headers.items():
                self.send_header(name, value)
            if content_type:
                self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """The log is the model's."""

    server = ThreadingHTTPServer(listener.getsockname(), Handler, bind_and_activate=False)
    server.socket = listener
    threading.Thread(target=worker.load, daemon=True).start()
    server.serve_forever()


def leave_the_project() -> None:
    """An artefact must bring its own code: an editable install makes the project importable everywhere."""
    installed = (sys.base_prefix, sys.prefix)
    sys.path[:] = [entry for entry in sys.path if entry.startswith(installed)]
    for name in [name for name in sys.modules if name.startswith("localcloud")]:
        del sys.modules[name]


def import_code(path: Path) -> Any:
    """Import the artefact's code, which may import its neighbours, and the toolkit's errors as in the container."""
    errors = ModuleType("sagemaker_inference.errors")
    errors.__dict__["BaseInferenceToolkitError"] = BaseInferenceToolkitError
    sys.modules |= {"sagemaker_inference": ModuleType("sagemaker_inference"), errors.__name__: errors}
    sys.path.insert(0, str(path.parent))
    return importlib.import_module(path.stem)


if __name__ == "__main__":
    main()
