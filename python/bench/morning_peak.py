"""A morning peak: drivers arrive by chance, and one person decides on the review page, who is away half of the time.

The drivers' photos go through the deployed API, workflow and model; the person is a script that presses the page's
keys. An hour's drivers come within ten minutes, which is harder for one person than the hour would be. Whoever is away
hears the page, and is back within seconds.
"""

import random
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from threading import Thread
from typing import TYPE_CHECKING

from bench.next_photos import KEYS, is_shown
from core.contract import answered_items, register
from operations.api_calls import Caller
from operations.client import Photo

if TYPE_CHECKING:
    from playwright.sync_api import Page

SECONDS = 600
DRIVERS = 200  # in these seconds, on average
UNSURE = 0.1  # of them
# Seconds of the person: at a photo, at the page or away from it, and from hearing it to being back.
LOOKS, STAYS, WALKS = (1.0, 3.0), (20.0, 60.0), (5.0, 20.0)
STEP = 0.1
LATE_SECONDS = 60  # for what still waits at the end
UPLOADS_AT_ONCE = 8
SOURCE = "peak"
SEED = 20
RINGS = "() => document.documentElement.dataset.rings === 'yes'"


@dataclass
class Sent:
    photo: str
    at: float  # when its upload had ended, in seconds since 1970


class Drivers(Thread):
    """They arrive, and their photos are sent."""

    def __init__(self, program: Caller, sure: Sequence[bytes], unsure: Sequence[bytes]) -> None:
        super().__init__(daemon=True)
        self.program, self.sure, self.unsure = program, sure, unsure
        self.sent: list[Future[Sent]] = []

    def run(self) -> None:
        chance = random.Random(SEED)  # noqa: S311 - no secret
        due = time.monotonic()
        end = due + SECONDS
        with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
            while (due := due + chance.expovariate(DRIVERS / SECONDS)) < end:
                time.sleep(max(due - time.monotonic(), 0))
                photo = chance.choice(self.unsure if chance.random() < UNSURE else self.sure)
                self.sent.append(pool.submit(self.send, photo))

    def send(self, content: bytes) -> Sent:
        photo = self.program.send(Photo("driver.png", content), SOURCE)
        return Sent(photo, time.time())


class Person:
    """Looks at photos and decides, goes away, hears that a driver waits, and comes back."""

    def __init__(self, page: "Page") -> None:
        self.page = page
        self.chance = random.Random(SEED + 1)  # noqa: S311 - no secret
        self.here, self.heard = True, False
        self.until = time.monotonic() + self.pick(STAYS)  # that they are here, or away
        self.decides_at: float | None = None
        self.away_seconds = 0.0

    def work(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            self.stay(now) if self.here else self.be_away(now)
            self.page.wait_for_timeout(1000 * STEP)
            self.away_seconds += 0 if self.here else time.monotonic() - now

    def stay(self, now: float) -> None:
        """Nobody leaves in the middle of a photo."""
        if not is_shown(self.page):
            self.decides_at = None
            if now >= self.until:
                self.here, self.heard, self.until = False, False, now + self.pick(STAYS)
            return
        self.decides_at = self.decides_at or now + self.pick(LOOKS)
        if now >= self.decides_at:
            self.page.keyboard.press(self.chance.choice(KEYS))
            self.decides_at = None

    def be_away(self, now: float) -> None:
        if not self.heard and self.page.evaluate(RINGS):
            self.heard, self.until = True, min(self.until, now + self.pick(WALKS))
        if now >= self.until:
            self.here, self.until = True, now + self.pick(STAYS)

    def pick(self, bounds: tuple[float, float]) -> float:
        return self.chance.uniform(*bounds)


@dataclass
class Peak:
    waited: list[float]  # seconds of drivers of whom the model was not sure, from the upload to the answer
    drivers: int
    unanswered: int
    away: float  # share of the time


def simulate(page: "Page", program: Caller, sure: Sequence[bytes], unsure: Sequence[bytes]) -> Peak:
    drivers, person = Drivers(program, sure, unsure), Person(page)
    drivers.start()
    person.work(SECONDS + LATE_SECONDS)
    sent = [one.result() for one in drivers.sent]
    answers = [program.call("GET", f"/photos/{it.photo}").body for it in sent]
    by_person = [
        datetime.fromisoformat(answer["routed_at"]).timestamp() - it.at
        for it, answer in zip(sent, answers, strict=True)
        if answer.get("decided_by") == answered_items.DECIDERS[0]
    ]
    unanswered = sum(answer.get("state") != register.ROUTED for answer in answers)
    return Peak(by_person, len(sent), unanswered, person.away_seconds / (SECONDS + LATE_SECONDS))
