"""The warm processes of a Lambda function, shared by its requests."""

import threading

from localcloud.functions.invocation import Request
from localcloud.functions.sandbox import Answer, Function, Process

MOST_PROCESSES = 8  # of one function without reserved concurrency; further requests wait for one of them


class Throttled(Exception):
    """More requests at once than the function's reserved concurrency."""


class Pool:
    """The processes of one function."""

    def __init__(self) -> None:
        self.free = threading.Condition()
        self.idle: list[Process] = []
        self.busy = 0

    def invoke(self, function: Function, reserved: int | None, request: Request) -> Answer:
        """Take a warm process or start one; wait for one when there are many; raise Throttled beyond `reserved`."""
        process = self._take(function, reserved)
        try:
            answer = process.invoke(request)
        finally:
            with self.free:
                self.busy -= 1
                if process.alive():
                    self.idle.append(process)
                self.free.notify()
        return answer

    def _take(self, function: Function, reserved: int | None) -> Process:
        with self.free:
            if reserved is not None and self.busy >= reserved:
                raise Throttled
            while reserved is None and self.busy >= MOST_PROCESSES:
                self.free.wait()
            self.busy += 1
            while self.idle:
                process = self.idle.pop()
                if process.function == function and process.alive():
                    return process
                process.stop()
        return Process(function)

    def close(self) -> None:
        """End the idle processes."""
        with self.free:
            while self.idle:
                self.idle.pop().stop()
