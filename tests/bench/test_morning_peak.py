"""The peak's person and drivers, with a page and a clock that are scripted: what they do in an hour takes no time."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from bench import morning_peak
from bench.morning_peak import LOOKS, RINGS, SEED, STAYS, STEP, WALKS, Drivers, Person
from bench.next_photos import KEYS, SHOWN

HOUR = 3600
SURE, UNSURE = [b"sure"], [b"unsure"]


class Clock:
    """It stands still until somebody waits."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Page:
    """Shows a photo, or rings, at the times that the test says; a key takes the photo away."""

    def __init__(self, clock: Clock, shows: Callable[[float], bool], rings: Callable[[float], bool]) -> None:
        self.clock, self.start = clock, clock.now
        self.scripts = {SHOWN: shows, RINGS: rings}
        self.pressed: list[tuple[float, str]] = []
        self.keyboard = SimpleNamespace(press=self.press)

    def evaluate(self, script: str) -> bool:
        return self.scripts[script](self.clock.now - self.start)

    def wait_for_timeout(self, milliseconds: float) -> None:
        self.clock.sleep(milliseconds / 1000)

    def press(self, key: str) -> None:
        self.pressed.append((self.clock.now - self.start, key))

    @property
    def times(self) -> list[float]:
        return [at for at, _ in self.pressed]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(morning_peak, "time", made)
    return made


def never(_now: float) -> bool:
    return False


def always(_now: float) -> bool:
    return True


def work(clock: Clock, shows: Any = never, rings: Any = never, seconds: float = HOUR) -> tuple[Page, Person]:
    page = Page(clock, shows, rings)
    person = Person(page)  # type: ignore[arg-type]
    person.work(seconds)
    return page, person


def test_a_person_looks_at_each_photo_before_a_key_is_pressed(clock):
    page, person = work(clock, shows=always, seconds=600)
    between = [after - before for before, after in zip([0.0, *page.times], page.times, strict=False)]
    assert len(between) > 600 / (LOOKS[1] + 3 * STEP)
    assert min(between) >= LOOKS[0] - STEP
    assert max(between) <= LOOKS[1] + 3 * STEP
    assert {key for _, key in page.pressed} == set(KEYS)
    assert person.away_seconds == 0, "nobody leaves in the middle of a photo"


def test_what_is_not_shown_is_not_decided(clock):
    # It is gone again before anybody can have looked at it.
    page, _ = work(clock, shows=lambda now: now % LOOKS[0] < LOOKS[0] / 2)
    assert page.pressed == []


def test_a_person_is_away_about_half_of_the_time_when_nothing_rings(clock):
    page, person = work(clock)
    assert 0.4 < person.away_seconds / HOUR < 0.6
    assert page.pressed == []


def test_whoever_is_away_decides_nothing(clock):
    person = Person(Page(clock, always, never))  # type: ignore[arg-type]
    person.here, person.until = False, clock.now + STAYS[0]
    person.work(STAYS[0] - STEP)
    assert person.page.pressed == []  # type: ignore[attr-defined]
    person.work(LOOKS[1] + 3 * STEP)
    assert len(person.page.pressed) == 1  # type: ignore[attr-defined]


def test_whoever_hears_the_page_comes_back_within_seconds(clock):
    rang = 10.0
    page = Page(clock, lambda now: now >= rang, lambda now: now >= rang)
    person = Person(page)  # type: ignore[arg-type]
    person.here, person.until = False, clock.now + HOUR
    person.work(rang + WALKS[1] + LOOKS[1] + 4 * STEP)
    assert page.times
    assert page.times[0] >= rang + WALKS[0] + LOOKS[0]
    assert rang + WALKS[0] <= person.away_seconds <= rang + WALKS[1] + 2 * STEP


def test_whoever_is_nearly_back_is_not_later_for_being_called(clock):
    person = Person(Page(clock, always, always))  # type: ignore[arg-type]
    person.here, person.until = False, clock.now + 1
    person.work(1 + 2 * STEP)
    assert person.here


class Program:
    """Of each third driver nobody ever hears, and every other one is told after half a minute."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.sent: list[tuple[bytes, str, float]] = []

    def send(self, photo: Any, source: str) -> str:
        self.sent.append((photo.content, source, self.clock.now))
        return str(len(self.sent) - 1)

    def call(self, method: str, path: str) -> Any:
        assert method == "GET"
        number = int(path.removeprefix("/photos/"))
        content, _, at = self.sent[number]
        if number % 3 == 0:
            return SimpleNamespace(body={"state": "waiting"})
        by = "model" if content in SURE else "person"
        told = datetime.fromtimestamp(at + 30, UTC).isoformat()
        return SimpleNamespace(body={"state": "routed", "decided_by": by, "routed_at": told})


@pytest.fixture
def program(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Program:
    """With drivers who have all come before the person begins, and one after the other."""
    monkeypatch.setattr(Drivers, "start", Drivers.run)
    monkeypatch.setattr(morning_peak, "UPLOADS_AT_ONCE", 1)
    return Program(clock)


def test_drivers_come_by_chance_and_of_one_in_ten_the_model_is_unsure(clock, program):
    start = clock.now
    drivers = Drivers(program, SURE, UNSURE)  # type: ignore[arg-type]
    drivers.start()
    assert start < clock.now < start + morning_peak.SECONDS
    assert len(program.sent) == len(drivers.sent)
    assert 0.8 * morning_peak.DRIVERS < len(program.sent) < 1.2 * morning_peak.DRIVERS
    assert {source for _, source, _ in program.sent} == {"peak"}
    unsure = sum(content in UNSURE for content, _, _ in program.sent)
    assert 0.05 < unsure / len(program.sent) < 0.15
    again = Drivers(Program(clock), SURE, UNSURE)  # type: ignore[arg-type]
    again.start()
    assert len(again.sent) == len(drivers.sent), f"{SEED=} makes every peak the same"


def test_a_peak_counts_who_waited_for_a_person_and_who_was_not_told(clock, program):
    page = Page(clock, never, never)
    peak = morning_peak.simulate(page, program, SURE, UNSURE)  # type: ignore[arg-type]
    numbered = [*enumerate(program.sent)]
    assert peak.drivers == len(numbered)
    assert peak.unanswered == len(numbered[::3])
    by_person = [number for number, (content, _, _) in numbered if content in UNSURE and number % 3]
    assert len(peak.waited) == len(by_person) > 0
    assert all(29 < it <= 30 + HOUR / 60 for it in peak.waited)
    assert 0.3 < peak.away < 0.7
