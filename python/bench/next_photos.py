"""How long after the key the next photo stands on the review page, as the page itself measures it.

At least `TIMES` photos wait, and each is decided by a key, after a pause in which the page makes ready what comes next.
"""

import time
from typing import TYPE_CHECKING

from core.console import UserError

if TYPE_CHECKING:
    from playwright.sync_api import Page

TIMES = 60
PAUSE_SECONDS = 0.7  # a quick person's
SHOWN_SECONDS = 10
KEYS = "bm"
SHOWN = "() => !document.querySelector('#photo').hidden"
TAKEN = "performance.getEntriesByName('next-photo').map(it => it.duration)"


def is_shown(page: "Page") -> bool:
    return bool(page.evaluate(SHOWN))


def decide(page: "Page") -> list[float]:
    """All that waits; the milliseconds of each but the last, after which there is none."""
    page.evaluate("performance.clearMeasures()")
    number = 0
    while wait(page):
        page.wait_for_timeout(1000 * PAUSE_SECONDS)
        page.keyboard.press(KEYS[number % len(KEYS)])
        number += 1
    taken = [float(it) for it in page.evaluate(TAKEN)]
    if len(taken) < TIMES - 1:
        raise UserError(f"after {number} decisions the review page shows no photo more, and {TIMES} waited")
    return taken


def wait(page: "Page") -> bool:
    """For a photo, if there is one."""
    deadline = time.monotonic() + SHOWN_SECONDS
    while not is_shown(page):
        if time.monotonic() > deadline:
            return False
        page.wait_for_timeout(50)
    return True
