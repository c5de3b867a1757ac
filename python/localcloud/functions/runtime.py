"""One process of a Lambda function, as the Python runtime of AWS runs it; started by `sandbox`, never by hand.

    python -I -u runtime.py <file descriptor>

Over the descriptor come requests (JSON, see `invocation`; then the event's own text), one at a time, and go answers
(the word result or error; then its payload). Standard output and error are the function's log, see `records`; a line
there with the request's id after a NUL byte closes the log of that request. Nothing of the project is importable for
the function. tests/localcloud/test_runtime.py holds all this against AWS's own runtime.
"""

import importlib
import json
import logging
import os
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
from localcloud.functions import marshalling, records
from localcloud.functions.marshalling import Fault

RESULT, ERROR = b"result", b"error"
WARNING = "LAMBDA_WARNING: Unhandled exception."
CLIENT_CONTEXT = ("custom", "env", "client")
CLIENT = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")

Request = dict[str, Any]


def main() -> None:
    channel = Connection(int(sys.argv[1]))
    _leave_the_project()
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    log = records.set_up()
    handler: Any = None
    failure = None
    try:
        handler = load(os.environ["_HANDLER"])
    except Exception as problem:
        failure = marshalling.describe(problem)
        logging.warning(WARNING)
        log.write_error(failure)
    channel.send_bytes(b"")
    while True:
        try:
            request = json.loads(channel.recv_bytes())
        except EOFError:
            return
        event = channel.recv_bytes()
        log.request = request["id"]
        set_trace(request["trace"])
        if failure is None:
            kind, payload = respond(handler, event, request, log)
        else:
            kind, payload = ERROR, marshalling.write(failure)
        # A text that is no Unicode ends the process, as it does in AWS.
        content = payload if isinstance(payload, bytes) else payload.encode()
        log.close_request()
        channel.send_bytes(kind)
        channel.send_bytes(content)
        if failure is not None:
            sys.exit(1)


def load(handler: str) -> Any:
    """Import the handler."""
    try:
        module_name, function_name = handler.rsplit(".", 1)
    except ValueError as problem:
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{handler}': {problem}") from problem
    if module_name.split(".")[0] in sys.builtin_module_names:
        message = f"Cannot use built-in module {module_name} as a handler module"
        raise Fault("Runtime.BuiltInModuleConflict", message)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as problem:
        message = f"Unable to import module '{module_name}': {problem}"
        raise Fault("Runtime.ImportModuleError", message) from problem
    except SyntaxError as problem:
        place = f'  File "{problem.filename}" Line {problem.lineno}\n    {problem.text}'
        message = f"Syntax error in module '{module_name}': {problem}"
        raise Fault("Runtime.UserCodeSyntaxError", message, [place]) from problem
    try:
        return getattr(module, function_name)
    except AttributeError as problem:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise Fault("Runtime.HandlerNotFound", message) from problem


def respond(handler: Any, event: bytes, request: Request, log: records.Log) -> tuple[bytes, str | bytes]:
    """Call the handler: the word result or error, and its payload. Bytes are a result as they are."""
    try:
        context = make_context(request, log)
        result = handler(marshalling.read_event(event), context)
        return RESULT, marshalling.write_result(result)
    except Exception as problem:
        error = marshalling.describe(problem) | {"requestId": request["id"]}
    log.write_error(error)
    return ERROR, marshalling.write(error)


def make_context(request: Request, log: records.Log) -> SimpleNamespace:
    """The context that a handler is given."""
    client_context = None
    if request["client_context"]:
        try:
            given = json.loads(request["client_context"])
        except ValueError as problem:
            message = f"Unable to parse Client Context JSON: {problem}"
            raise Fault("Runtime.LambdaContextUnmarshalError", message) from problem
        client_context = _pick(given, CLIENT_CONTEXT)
        if client_context:
            client_context.client = _pick(client_context.client, CLIENT)
    return SimpleNamespace(
        aws_request_id=request["id"],
        invoked_function_arn=request["arn"],
        function_name=os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        function_version=os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
        memory_limit_in_mb=os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
        log_group_name=os.environ["AWS_LAMBDA_LOG_GROUP_NAME"],
        log_stream_name=os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
        identity=SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None),
        client_context=client_context,
        tenant_id=None,
        log=lambda message: log.write(str(message)),
        get_remaining_time_in_millis=lambda: max(request["deadline"] - int(time.time() * 1000), 0),
    )


def set_trace(trace: str) -> None:
    os.environ.pop("_X_AMZN_TRACE_ID", None)
    if trace:
        os.environ["_X_AMZN_TRACE_ID"] = trace


def _leave_the_project() -> None:
    """A zip must bring its own code: an editable install makes the project importable everywhere."""
    installed = (sys.base_prefix, sys.prefix)
    sys.path[:] = [entry for entry in sys.path if entry.startswith(installed)]
    for name in [name for name in sys.modules if name.startswith("localcloud")]:
        del sys.modules[name]


def _pick(given: dict[str, Any] | None, names: tuple[str, ...]) -> SimpleNamespace | None:
    return None if given is None else SimpleNamespace(**{name: given.get(name) for name in names})


if __name__ == "__main__":
    main()
