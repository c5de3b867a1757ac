"""How many calls of a bulk run the endpoint has at once: as few as keep it busy, because drivers wait behind them.

An instance has a worker for each of its processors, and one line before them (TorchServe: of 100, and then a 503). A
call that finds no worker free does nothing for the run, and every photo behind it waits, a driver's too. Nobody says
how long the line is, but the time of an answer does: while workers are free it is the same, and with one call waiting
for each that is worked on it doubles. So, as TCP does: one call more while answers come as quickly, and half of them
when they take over twice as long as at best, or the endpoint refuses.

The best is known from the run's beginning, when nothing is in line yet: each process starts with one call. If even one
takes over twice as long, others' calls are in line, or photos have become larger: the best is forgotten slowly.

In the queue of tests/lambdas/test_in_flight.py, with six batches: twelve workers are busy for 0.99 of their time; with
four workers, as before the fleet has grown, a photo waits for 2 others, and with eight calls a batch always, for 11.
When photos take four times as long, twelve workers are busy for 0.73 of it, and for 0.48 if nothing were forgotten.
To forget it more quickly, or before it takes twice as long, has the batches drive each other up to eight.
"""

import contextlib
import math
import statistics
import threading
import time
from collections.abc import Callable, Iterator

from core.contract.errors import EndpointThrottled, EndpointUnavailable

ANSWERS = 10  # by whose median a number of calls is judged
TOLERATED = 2  # times the best: a worker that is done finds the next call in line
FORGETS = 1.05  # what the best grows by, when one call alone takes longer than tolerated
REFUSED = (EndpointThrottled, EndpointUnavailable)


class InFlight:
    """The places of one process's threads."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.most, self.clock = most, clock
        self.allowed, self.under_way = 1, 0
        self.best = math.inf
        self.took: list[float] = []  # by calls that began since so many are allowed
        self.free = threading.Condition()

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """Wait for a place, have it while the call lasts, and learn from how long it took."""
        with self.free:
            self.free.wait_for(lambda: self.under_way < self.allowed)
            self.under_way += 1
            took, began = self.took, self.clock()
        try:
            yield
        except REFUSED:
            self._leave(took, refused=True)
            raise
        except BaseException:  # of the photo, which says nothing of the line
            self._leave(took)
            raise
        self._leave(took, self.clock() - began)

    def _leave(self, took: list[float], seconds: float | None = None, refused: bool = False) -> None:
        with self.free:
            self.under_way -= 1
            if took is self.took:  # what began under another number is no measure of this one
                if seconds is not None:
                    took.append(seconds)
                if refused or len(took) == ANSWERS:
                    self._judge(refused)
            self.free.notify_all()

    def _judge(self, refused: bool) -> None:
        if not refused:
            usual = statistics.median(self.took)
            self.best = min(self.best, usual)
            refused = usual > TOLERATED * self.best
            if refused and self.allowed == 1:
                self.best *= FORGETS
        self.allowed = max(self.allowed // 2, 1) if refused else min(self.allowed + 1, self.most)
        self.took = []
