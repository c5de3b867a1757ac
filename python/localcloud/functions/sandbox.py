"""Lambda's sandboxes: a warm process of a function, invoked by one request at a time.

The memory limit is the process's peak resident memory, which only Linux tells; elsewhere there is none.
"""

import base64
import binascii
import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from multiprocessing import Pipe
from pathlib import Path

from localcloud import children
from localcloud.functions.invocation import Request

RUNTIME = Path(__file__).with_name("runtime.py")
LOOK_SECONDS = 0.05
INIT_SECONDS = 60  # ten in AWS, where not many functions start on two cores at once
END_SECONDS = 1.0
LOG_SECONDS = 1.0  # for the log's end, which never comes from a function that closed its own standard output
MEGABYTE = 1024
STATUS_BYTES = 4096


@dataclass(frozen=True)
class Function:
    """What a process of the function is made from; any change means new processes."""

    arn: str
    code: Path
    environment: tuple[tuple[str, str], ...]
    memory: int
    timeout: int


@dataclass
class Answer:
    """What one request came to. The log's last line is the report."""

    id: str
    stream: str
    payload: bytes = b""
    failed: bool = False
    log: list[str] = field(default_factory=list)


class Process:
    """A warm process of the function."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.stream = time.strftime("%Y/%m/%d/", time.gmtime()) + f"[$LATEST]{uuid.uuid4().hex}"
        self.lines: list[str] = []
        self.request = ""
        self.closed = threading.Event()
        self.started = time.monotonic()
        self.warm = False
        self.channel, theirs = Pipe()
        command = [sys.executable, "-I", "-u", str(RUNTIME), str(theirs.fileno())]
        self.process = children.start(
            command,
            cwd=function.code,
            env={**dict(function.environment), "AWS_LAMBDA_LOG_STREAM_NAME": self.stream},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        theirs.close()
        self.logger = threading.Thread(target=self._read_log, daemon=True)
        self.logger.start()

    def invoke(self, request: Request) -> Answer:
        """Run one request to its answer, its time-out, or the end of the process."""
        answer = Answer(request.id, self.stream)
        self.request = request.id
        self.closed.clear()
        try:
            initialised = None if self.warm else self._initialise()
            begun = time.monotonic()
            response = self._ask(request)
            memory = self._peak()
            if memory > self.function.memory:
                self._exit(answer, self.stop(), killed=True)
            elif response is None:
                self._time_out(answer)
            else:
                self.closed.wait(LOG_SECONDS)
                answer.failed, answer.payload = response[0] == b"error", response[1]
        except (EOFError, OSError):
            initialised, begun, memory = None, self.started, 0
            self._exit(answer, self._end())
        self._report(answer, time.monotonic() - begun, initialised, memory)
        return answer

    def alive(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> int:
        """End the process and what it started; answer its return code."""
        code = children.stop(self.process)
        self.channel.close()
        self.logger.join(LOG_SECONDS)
        return code

    def _end(self) -> int:
        """The return code of a process that has hung up: its own, if it ends by itself."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(END_SECONDS)
        return self.stop()

    def _initialise(self) -> float:
        if not self.channel.poll(INIT_SECONDS):
            raise EOFError(f"the function's module is still not imported after {INIT_SECONDS} seconds")
        self.channel.recv_bytes()
        self.warm = True
        return time.monotonic() - self.started

    def _ask(self, request: Request) -> tuple[bytes, bytes] | None:
        """The response, a word and its payload, or None when the time or the memory is used up."""
        timeout = self.function.timeout
        deadline = time.monotonic() + timeout
        self.channel.send_bytes(request.message(self.function.arn, timeout))
        self.channel.send_bytes(request.event)
        while (left := deadline - time.monotonic()) > 0:
            if self.channel.poll(min(left, LOOK_SECONDS)):
                return self.channel.recv_bytes(), self.channel.recv_bytes()
            if self._peak() > self.function.memory:
                break
        return None

    def _peak(self) -> int:
        """The most memory that the process has had, in megabytes; 0 where the system does not tell."""
        try:
            file = os.open(f"/proc/{self.process.pid}/status", os.O_RDONLY)
        except FileNotFoundError:
            return 0
        try:
            status = os.read(file, STATUS_BYTES)
        except ProcessLookupError:
            return 0
        finally:
            os.close(file)
        kilobytes = status.partition(b"VmHWM:")[2].split(maxsplit=1)
        return int(kilobytes[0]) // MEGABYTE if kilobytes else 0

    def _time_out(self, answer: Answer) -> None:
        self.stop()
        now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        message = f"{now} {answer.id} Task timed out after {self.function.timeout:.2f} seconds"
        self._fail(answer, "Sandbox.Timedout", message)

    def _exit(self, answer: Answer, code: int, killed: bool = False) -> None:
        reason = "without providing a reason"
        if killed:
            reason = "with error: signal: killed"
        elif code < 0:
            reason = f"with error: signal: {signal.strsignal(-code)}".lower()
        elif code > 0:
            reason = f"with error: exit status {code}"
        self._fail(answer, "Runtime.ExitError", f"RequestId: {answer.id} Error: Runtime exited {reason}")

    def _fail(self, answer: Answer, error_type: str, message: str) -> None:
        answer.failed = True
        answer.payload = json.dumps({"errorType": error_type, "errorMessage": message}).encode()
        self.lines.append(message)

    def _report(self, answer: Answer, seconds: float, initialised: float | None, memory: int) -> None:
        milliseconds = seconds * 1000
        report = (
            f"REPORT RequestId: {answer.id}\tDuration: {milliseconds:.2f} ms"
            f"\tBilled Duration: {math.ceil(milliseconds)} ms\tMemory Size: {self.function.memory} MB"
            f"\tMax Memory Used: {memory} MB"
        )
        if initialised is not None:
            report += f"\tInit Duration: {initialised * 1000:.2f} ms"
        start = f"START RequestId: {answer.id} Version: $LATEST"
        answer.log = [start, *self.lines, f"END RequestId: {answer.id}", report]
        self.lines = []

    def _read_log(self) -> None:
        """Each line is an event of the log, and so is a record; `runtime` and `records` say how these are marked."""
        begun = b""  # of a line, before a record came between
        for line in children.output(self.process):
            text, marked, mark = line.rstrip(b"\n").rpartition(b"\0")
            if marked and (record := _record(mark)) is not None:
                begun += text
                self._keep(record)
                continue
            ends = bool(marked) and mark == self.request.encode()
            self._keep(begun + (text if ends else text + mark))
            begun = b""
            if ends:
                self.closed.set()
        self._keep(begun)
        self.closed.set()

    def _keep(self, text: bytes) -> None:
        if text:
            self.lines.append(text.decode(errors="replace"))


def _record(mark: bytes) -> bytes | None:
    """The record's text, or None of a line that only looks like one."""
    try:
        return base64.b64decode(mark, validate=True).removesuffix(b"\n")
    except binascii.Error:
        return None
