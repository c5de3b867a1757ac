"""How many calls a bulk run has with the endpoint, against a made-up one that queues, in a time of its own."""

import heapq
import itertools
import statistics
import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

import pytest

from core.contract.errors import EndpointThrottled, EndpointUnavailable, ImageRefused
from lambdas import in_flight
from lambdas.in_flight import InFlight

MOST = 8
NETWORK = 3.0  # the way there or back


@dataclass
class Endpoint:
    """So many workers, and one line before them; each batch sends a call for each place that it has."""

    workers: int
    batches: int
    service: float = 30.0  # that an answer takes
    now: float = 0
    worked: float = 0
    waits: list[float] = field(default_factory=list)  # of a photo that would arrive then, in answers' times

    def __post_init__(self) -> None:
        self.free = [0.0] * self.workers
        self.under_way: list[tuple[float, int, ExitStack]] = []
        self.order = itertools.count()  # of two that end together, the first goes first
        self.calls = [InFlight(MOST, lambda: self.now) for _ in range(self.batches)]

    def serve(self, answers: int) -> "Endpoint":
        for _ in range(answers):
            for calls in self.calls:
                while calls.under_way < calls.allowed:
                    call = ExitStack()
                    call.enter_context(calls.place())
                    done = max(self.now + NETWORK, heapq.heappop(self.free)) + self.service
                    heapq.heappush(self.free, done)
                    heapq.heappush(self.under_way, (done + NETWORK, next(self.order), call))
                    self.worked += self.service
            self.waits.append(max(min(self.free) - self.now, 0) / self.service)
            self.now, _, call = heapq.heappop(self.under_way)
            call.close()
        return self

    @property
    def busy(self) -> float:
        """The share of the workers' time in which they work."""
        return self.worked / (self.now * self.workers)


@pytest.mark.parametrize(
    ("workers", "batches"), [(1, 1), (2, 1), (4, 2), (12, 6), (4, 6)], ids=lambda number: str(number)
)
def test_a_photo_waits_for_no_more_than_two_others_and_the_workers_stay_busy(
    workers: int, batches: int
) -> None:
    endpoint = Endpoint(workers, batches).serve(3_000 * batches)
    assert statistics.median(endpoint.waits) <= 2
    assert endpoint.busy > 0.9


def test_eight_at_a_time_would_have_it_wait_for_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six batches, and the fleet still has two instances with two workers each."""
    monkeypatch.setattr(in_flight, "TOLERATED", float("inf"))
    assert statistics.median(Endpoint(4, 6).serve(10_000).waits) > 10


def test_when_photos_become_larger_the_best_is_forgotten_slowly_and_the_workers_are_busy_again() -> None:
    endpoint = Endpoint(workers=12, batches=6).serve(10_000)
    endpoint.service *= 4
    endpoint.serve(10_000)
    began, worked = endpoint.now, endpoint.worked
    endpoint.serve(10_000)
    assert (endpoint.worked - worked) / ((endpoint.now - began) * endpoint.workers) > 0.7
    assert statistics.median(endpoint.waits[-10_000:]) <= 2


def test_a_run_begins_with_one_call_and_has_all_its_places_where_nothing_waits() -> None:
    endpoint = Endpoint(workers=16, batches=1)
    assert endpoint.calls[0].allowed == 1
    assert endpoint.serve(1_000).calls[0].allowed == MOST


@pytest.mark.parametrize("refusal", [EndpointThrottled, EndpointUnavailable])
def test_an_endpoint_that_refuses_gets_half_of_the_calls_once_for_all_that_were_under_way(
    refusal: type[Exception],
) -> None:
    calls = InFlight(MOST)
    calls.allowed = MOST
    under_way = [calls.place() for _ in range(2)]
    for call in under_way:
        call.__enter__()
    for call in under_way:
        with suppress(refusal):
            call.__exit__(refusal, refusal("busy"), None)
    assert (calls.allowed, calls.under_way) == (MOST // 2, 0)


def test_one_call_stays_however_often_it_is_refused() -> None:
    calls = InFlight(MOST)
    for _ in range(5):
        with suppress(EndpointThrottled), calls.place():
            raise EndpointThrottled("busy")
    assert calls.allowed == 1


def test_a_photo_that_is_refused_says_nothing_of_the_line_and_leaves_its_place() -> None:
    calls = InFlight(MOST)
    for _ in range(2 * in_flight.ANSWERS):
        with suppress(ImageRefused), calls.place():
            raise ImageRefused("no picture")
    assert (calls.allowed, calls.under_way, calls.took) == (1, 0, [])


def test_threads_never_have_more_places_than_are_allowed() -> None:
    calls, inside, seen = InFlight(2), threading.Semaphore(0), []

    def work() -> None:
        for _ in range(50):
            with calls.place():
                seen.append(calls.under_way)
        inside.release()

    threads = [threading.Thread(target=work) for _ in range(MOST)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert inside._value == MOST
    assert max(seen) <= 2
    assert calls.under_way == 0
