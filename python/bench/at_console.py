"""The console in a browser, over the deployed API: first paint, bytes, key to next photo, and a morning's peak.

It takes about twenty minutes, of which the peak takes eleven.
"""

import contextlib
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench import browsing, first_paint, morning_peak, next_photos, prefix
from bench.asked import FOLLOWED_SECONDS, lift_limit
from bench.deployed import deploy
from bench.figures import Figure
from bench.morning_peak import Peak
from core.console import UserError
from core.contract import register
from operations import api_access
from operations.api_calls import Caller
from operations.client import Photo

if TYPE_CHECKING:
    from playwright.sync_api import Page

TRIED = 120  # pictures, of which the model has to be sure of some and not of others
SOURCE = "bench"
PERSON = "bench-console"
MINUTE = 60
FEWEST = 2  # that have a 95th percentile


@dataclass
class Pictures:
    sure: list[bytes]
    unsure: list[bytes]


@contextlib.contextmanager
def ready() -> Iterator[Callable[[], list[Figure]]]:
    made = deploy()
    with made.inside(), browsing.opened() as browser:
        api = made.outputs["api"]
        lift_limit(made)
        program = Caller.program(api_access.look_up("local", api, min(api["programs"])))
        pictures = find_pictures(program)
        page = browsing.sign_in(browser, api, PERSON, "reviewers")

        def measure() -> list[Figure]:
            return [
                *first_paint.measure(browser, api["console"]),
                *measure_keys(page, program, pictures),
                *describe(morning_peak.simulate(page, program, pictures.sure, pictures.unsure)),
            ]

        yield measure


def find_pictures(program: Caller) -> Pictures:
    """What the model is sure of, and what not: the latter wait afterwards."""
    found = Pictures([], [])
    for number, content in enumerate(prefix.drawings()[:TRIED]):
        photo = program.send(Photo(f"{number}.png", content), SOURCE)
        state = program.follow(photo, FOLLOWED_SECONDS).body.get("state")
        (found.unsure if state == register.WAITING else found.sure).append(content)
    if not (found.sure and found.unsure):
        raise UserError(f"of {TRIED} pictures the model is sure of {len(found.sure)}: train another model")
    return found


def measure_keys(page: "Page", program: Caller, pictures: Pictures) -> list[Figure]:
    for number in range(max(0, next_photos.TIMES - len(pictures.unsure))):
        content = pictures.unsure[number % len(pictures.unsure)]
        program.follow(program.send(Photo(f"{number}.png", content), SOURCE), FOLLOWED_SECONDS)
    taken = next_photos.decide(page)
    meaning = f"from the key until the next photo stands, {len(taken)} photos"
    return both("console_next_ms", taken, "ms", meaning)


def describe(peak: Peak) -> list[Figure]:
    if len(peak.waited) < FEWEST:
        told = f"{len(peak.waited)} were answered by a person, {peak.unanswered} by nobody"
        raise UserError(f"of {peak.drivers} drivers {told}: that is too few to say how long they wait")
    within = sum(it < MINUTE for it in peak.waited) / len(peak.waited)
    away = f"by one person who is away {peak.away:.0%} of the time"
    meaning = f"that {len(peak.waited)} of {peak.drivers} drivers waited to be answered {away}"
    return [
        *both("console_wait_s", peak.waited, "s", meaning),
        Figure("console_wait_most_s", max(peak.waited), "s", "and the longest"),
        Figure("console_within_minute", 100 * within, "%", "of them were answered within a minute"),
        Figure("console_unanswered", peak.unanswered, "drivers", "were not answered at all"),
    ]


def both(name: str, values: Sequence[float], unit: str, meaning: str) -> list[Figure]:
    """The median, and what 95 of 100 stay below."""
    start, _, end = name.rpartition("_")
    return [
        Figure(name, statistics.median(values), unit, f"{meaning}, the median"),
        Figure(f"{start}_95_{end}", statistics.quantiles(values, n=20)[-1], unit, "and the 95th percentile"),
    ]
