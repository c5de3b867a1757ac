"""What a function logs, as AWS's runtime for Python writes it; used by `runtime`, inside the function's process.

Each record of `logging` is one event of the log, however many lines it has, and so is the error that a request ends
with. They go to standard output as base64 behind a NUL byte, from which `sandbox` tells them from what is printed.
"""

import base64
import json
import logging
import os
import time
import traceback

from localcloud.functions import marshalling
from localcloud.functions.marshalling import Error

TEXT_FORMAT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
SECONDS = "%Y-%m-%dT%H:%M:%S"
INDENT = "\N{NO-BREAK SPACE}"  # a log's reader would take ordinary spaces away


def set_up() -> "Log":
    """Make the log the root logger's, as the function's settings want it."""
    log = Log()
    logging.Formatter.converter = time.gmtime
    logging.root.addHandler(log)
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper().replace("TRACE", "DEBUG")
    if level:
        logging.root.setLevel(level)
    return log


class Log(logging.Handler):
    """The function's records, each of which is one event of the log. What cannot be written fails the function."""

    request = ""
    structured = os.environ["AWS_LAMBDA_LOG_FORMAT"] == "JSON"

    def __init__(self) -> None:
        super().__init__()
        self.output = os.dup(1)  # which the function may close
        self.setFormatter(JsonRecord() if self.structured else logging.Formatter(TEXT_FORMAT, SECONDS))

    def emit(self, record: logging.LogRecord) -> None:
        self.write(self.format(record))

    def filter(self, record: logging.LogRecord) -> bool:
        record.aws_request_id = self.request
        return True

    def write(self, text: str) -> None:
        os.write(self.output, b"\0" + base64.b64encode(text.encode()) + b"\n")

    def write_error(self, error: Error) -> None:
        if self.structured:
            now = time.strftime(SECONDS + "Z", time.gmtime())
            return self.write(marshalling.write({"timestamp": now, "level": "ERROR", **error}))
        head = ": ".join(filter(None, (error["errorType"], error["errorMessage"])))
        trace = [line for entry in error["stackTrace"] for line in entry.splitlines()]
        lines = [INDENT * (len(line) - len(line.lstrip(" "))) + line.lstrip(" ") for line in trace]
        return self.write("\n".join([f"[ERROR] {head}", "Traceback (most recent call last):", *lines]))

    def close_request(self) -> None:
        os.write(self.output, f"\0{self.request}\n".encode())


class JsonRecord(logging.Formatter):
    """A record in the log format JSON: its extra fields come along."""

    standard = {*logging.makeLogRecord({}).__dict__, "aws_request_id"} - {"taskName"}

    def format(self, record: logging.LogRecord) -> str:
        as_it_is = isinstance(record.msg, dict) and not record.args
        line = {
            "timestamp": self.formatTime(record, SECONDS + "Z"),
            "level": logging.getLevelName(min(max(record.levelno, 0), logging.CRITICAL) // 10 * 10),
            "message": record.msg if as_it_is else record.getMessage(),
            "logger": record.name,
            "stackTrace": None,
            "errorType": None,
            "errorMessage": None,
            "requestId": record.__dict__["aws_request_id"],
            "location": None,
        }
        if record.exc_info:
            kind, problem, trace = record.exc_info
            line["stackTrace"] = traceback.format_tb(trace)
            # As in AWS, a record of an exception where there is none fails the function here.
            line["errorType"] = kind.__name__  # type: ignore[union-attr]
            line["errorMessage"] = str(problem)
            line["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
        taken = {*line, *self.standard}
        extra = {name: value for name, value in record.__dict__.items() if name not in taken}
        told = {name: value for name, value in (line | extra).items() if value is not None}
        return json.dumps(told, ensure_ascii=False, default=str) + "\n"
