"""Errands: what runs beside its caller, on a thread that has run others before.

A photo makes seven of them: its execution, that one's program, each task that has a time limit, each event that
is delivered. moto 5.2.5 and we made a thread for each, and `Thread.start` waits until the new thread has had Python's
lock: 8 ms each while sixteen executions share two cores, 1.5 ms for one alone.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any

from moto.stepfunctions.parser.asl.component.program import program
from moto.stepfunctions.parser.asl.component.state.exec import execute_state
from moto.stepfunctions.parser.backend import execution_worker

from localcloud import defects


class Errand:
    """What `threading.Thread` is for those who start one, join it and ask whether it is alive."""

    def __init__(self, target: Callable[..., object], args: Sequence[Any] = (), daemon: bool = True) -> None:
        assert daemon, "nobody waits for an errand when the local cloud stops"
        self.work: Callable[[], object] | None = lambda: target(*args)
        self.done = threading.Event()

    def start(self) -> None:
        try:
            _idle.pop().put(self)
        except IndexError:
            threading.Thread(target=_run_for_ever, args=(self,), daemon=True).start()

    def run(self) -> None:
        work, self.work = self.work, None  # moto keeps each thread that it made
        try:
            assert work
            work()
        except Exception as error:
            defects.report(error)
        finally:
            self.done.set()

    def join(self, timeout: float | None = None) -> None:
        self.done.wait(timeout)

    def is_alive(self) -> bool:
        return not self.done.is_set()


# Where each thread that has nothing to do waits; the last one is warm.
_idle: deque[SimpleQueue[Errand]] = deque()


def _run_for_ever(errand: Errand | None) -> None:
    mine: SimpleQueue[Errand] = SimpleQueue()
    while errand:
        errand.run()
        errand = None  # nor does this thread keep it
        _idle.append(mine)
        errand = mine.get()


def install() -> None:
    """Let moto's executions run on such threads."""
    execute_state.Thread = execution_worker.Thread = Errand  # type: ignore[misc,attr-defined,assignment]
    program.threading = SimpleNamespace(Thread=Errand)  # type: ignore[assignment]
