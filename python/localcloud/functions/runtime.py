"""One process of a Lambda function, as the Python runtime of AWS runs it; started by `sandbox`, never by hand.

    python -I runtime.py <file descriptor>

Over the descriptor come requests (JSON: id, arn, deadline; then the event's own text), one at a time, and go answers
(JSON: result or error). Standard output and error are the function's log; a line with the request's id after a NUL
byte closes the log of that request. The standard library only, so that nothing of the project is importable.
"""

import importlib
import json
import linecache
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from decimal import Decimal
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import Any

TEXT_FORMAT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"

Error = dict[str, Any]


def main() -> None:
    channel = Connection(int(sys.argv[1]))
    _leave_the_project()
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    _set_up_logging()
    handler, failure = load(os.environ["_HANDLER"])
    channel.send_bytes(b"")
    while True:
        try:
            request = json.loads(channel.recv_bytes())
        except EOFError:
            return
        event = channel.recv_bytes()
        _Request.id = request["id"]
        answer = {"error": failure} if handler is None else respond(handler, event, context_of(request))
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(1, f"\0{request['id']}\n".encode())
        channel.send_bytes(json.dumps(answer).encode())
        if handler is None:
            sys.exit(1)


def load(handler: str) -> tuple[Callable[..., Any] | None, Error | None]:
    """Import the handler, or answer the error that each request gets instead."""
    try:
        module_name, function_name = handler.rsplit(".", 1)
    except ValueError as problem:
        return None, _error("Runtime.MalformedHandlerName", f"Bad handler '{handler}': {problem}")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as problem:
        return None, _error(
            "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {problem}"
        )
    except SyntaxError as problem:
        return None, _error(
            "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {problem}"
        )
    except Exception as problem:
        return None, _exception(problem)
    if not hasattr(module, function_name):
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        return None, _error("Runtime.HandlerNotFound", message)
    return getattr(module, function_name), None


def respond(handler: Callable[..., Any], event: bytes, context: SimpleNamespace) -> dict[str, Any]:
    """Call the handler: its result as JSON text, or its error in the runtime's shape."""
    try:
        result = handler(json.loads(event), context)
    except Exception as problem:
        return {"error": _exception(problem) | {"requestId": context.aws_request_id}}
    try:
        return {"result": json.dumps(result, ensure_ascii=False, default=_decimal)}
    except (TypeError, ValueError) as problem:
        return {"error": _error("Runtime.MarshalError", f"Unable to marshal response: {problem}")}


def context_of(request: dict[str, Any]) -> SimpleNamespace:
    """The context that a handler is given."""
    return SimpleNamespace(
        aws_request_id=request["id"],
        invoked_function_arn=request["arn"],
        function_name=os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        function_version=os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
        memory_limit_in_mb=os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
        log_group_name=os.environ["AWS_LAMBDA_LOG_GROUP_NAME"],
        log_stream_name=os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
        identity=SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None),
        client_context=None,
        get_remaining_time_in_millis=lambda: max(int((request["deadline"] - time.time()) * 1000), 0),
    )


class _Request:
    """The request in hand, for the log."""

    id: str | None = None


class _JsonLines(logging.Formatter):
    """The runtime's format for `AWS_LAMBDA_LOG_FORMAT=JSON`: extra fields of a record come along."""

    standard = frozenset(logging.makeLogRecord({}).__dict__) | {
        "asctime",
        "aws_request_id",
        "message",
        "taskName",
    }

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "requestId": _Request.id,
        }
        if record.exc_info and record.exc_info[1] is not None:
            failure = _exception(record.exc_info[1])
            line |= {name: failure[name] for name in ("errorType", "errorMessage", "stackTrace")}
        line |= {name: value for name, value in record.__dict__.items() if name not in self.standard}
        return json.dumps(line, ensure_ascii=False, default=str)


def _set_up_logging() -> None:
    handler = logging.StreamHandler(sys.stdout)
    if os.environ["AWS_LAMBDA_LOG_FORMAT"] == "JSON":
        handler.setFormatter(_JsonLines())
    else:
        handler.setFormatter(logging.Formatter(TEXT_FORMAT, datefmt="%Y-%m-%dT%H:%M:%S"))
    handler.addFilter(_name_the_request)
    logging.Formatter.converter = time.gmtime
    logging.root.addHandler(handler)
    logging.root.setLevel(os.environ.get("AWS_LAMBDA_LOG_LEVEL", "WARNING"))


def _name_the_request(record: logging.LogRecord) -> bool:
    record.aws_request_id = _Request.id
    return True


def _leave_the_project() -> None:
    """A zip must bring its own code: an editable install makes the project importable everywhere."""
    installed = (sys.base_prefix, sys.prefix)
    sys.path[:] = [entry for entry in sys.path if entry.startswith(installed)]


def _exception(problem: BaseException) -> Error:
    trace = traceback.extract_tb(problem.__traceback__)
    own = [frame for frame in trace if frame.filename != __file__]
    linecache.checkcache()
    return _error(type(problem).__name__, str(problem), traceback.format_list(own))


def _error(error_type: str, message: str, trace: list[str] | None = None) -> Error:
    return {"errorMessage": message, "errorType": error_type, "requestId": "", "stackTrace": trace or []}


def _decimal(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


if __name__ == "__main__":
    main()
