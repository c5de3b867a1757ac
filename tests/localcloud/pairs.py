"""A function in AWS's own runtime and in the local one, and what both have to come to.

What is left to differ is the platform's, and `leave_platform_out` takes it out of an outcome:
- Where the runtime's own code lies, and its frames: above the function's in a trace, below it when a process ends.
- The times in a log, and the advice behind the first sentence of LAMBDA_WARNING.
- Whether what is printed comes before or after what is logged: Lambda collects the two apart.
- A line's own end, and empty lines: the local log has none.
- The words for a process that ended, which the platform makes of its return code.
Two things of AWS's client are left out of the local runtime, because nothing here has a use for them: `context.w3c()`,
new in 2026, and the context's and its parts' `repr`.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

from tests.localcloud.runtime_api import Outcome, RealRuntime

from localcloud.functions.invocation import Request
from localcloud.functions.sandbox import Function, Process

ARN = "arn:aws:lambda:us-east-1:123456789012:function:oracle"
TIMEOUT = 10


class Pair:
    """A function in both runtimes, warm."""

    def __init__(self, code: Path, handler: str, timeout: int = TIMEOUT, /, **environment: str) -> None:
        self.code, self.timeout = code, timeout
        self.variables = {**describe(code, handler), **environment}
        self.start()

    def start(self) -> None:
        self.ours = Process(Function(ARN, self.code, tuple(self.variables.items()), 128, self.timeout))
        variables = self.variables | {"AWS_LAMBDA_LOG_STREAM_NAME": self.ours.stream}
        self.real = RealRuntime(Function(ARN, self.code, tuple(variables.items()), 128, self.timeout))

    def ask(self, event: bytes, **more: str) -> tuple[Outcome, Outcome]:
        """The real outcome and ours, of one request."""
        if not (self.ours.alive() and self.real.alive()):
            self.stop()
            self.start()
        request = Request(event, **more)
        answer = self.ours.invoke(request)
        return self.real.invoke(request), Outcome(
            "error" if answer.failed else "result", answer.payload, answer.log[1:-2]
        )

    def stop(self) -> None:
        self.ours.stop()
        self.real.stop()


def describe(code: Path, handler: str) -> dict[str, str]:
    """The variables that Lambda sets, as far as a runtime reads them."""
    return {
        "_HANDLER": handler,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_FUNCTION_NAME": "oracle",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": "Text",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/oracle",
        "LAMBDA_TASK_ROOT": str(code),
        "LANG": "en_US.UTF-8",
        "PATH": os.environ["PATH"],
        "TZ": ":UTC",
    }


def leave_platform_out(outcome: Outcome) -> tuple[str, bytes, list[str]]:
    """An outcome without what is the platform's."""
    kind, payload = outcome.kind, outcome.payload
    log = sorted(line for line in (without_place(line).rstrip("\n") for line in outcome.log) if line)
    if kind == "exit" or b'"Runtime.ExitError"' in payload:
        kind, payload = "exit", payload if kind == "exit" else returned(payload)
        log = [
            line for line in log if not line.startswith(("  ", "Traceback ")) and "Runtime exited" not in line
        ]
    return kind, without_place(payload.decode(errors="surrogateescape")).encode(errors="surrogateescape"), log


def returned(payload: bytes) -> bytes:
    """The return code in the platform's words: as Python has it, minus for a signal."""
    words = json.loads(payload)["errorMessage"]
    if code := re.search(r"exit status (\d+)", words):
        return code[1].encode()
    return b"-2" if words.endswith("signal: interrupt") else b"0"


OWN_FILE = r'File (?:\\)?"[^"]*/(?:awslambdaric/\w+|functions/(?:runtime|marshalling|records))\.py(?:\\)?"'
OWN_FRAMES = (
    re.compile(rf'"  {OWN_FILE}(?:[^"\\]|\\.)*"(?:, )?'),  # in the JSON of an error
    re.compile(rf"[ \u00a0]+{OWN_FILE}.*\n?(?:[ \u00a0]{{4}}.*\n?)?"),  # in a log's text
)


def without_place(text: str) -> str:
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)", "TIME", text)
    text = re.sub(r"(LAMBDA_WARNING: Unhandled exception\.).*?(\r|\\r)", r"\1", text)
    for frame in OWN_FRAMES:
        text = frame.sub("", text)
    return text.replace(", ]", "]")


def check(pair: Pair, event: Any, **more: str) -> Outcome:
    """Both runtimes come to the same; the answer is the real one's."""
    real, ours = pair.ask(event if isinstance(event, bytes) else json.dumps(event).encode(), **more)
    assert leave_platform_out(ours) == leave_platform_out(real)
    return real
