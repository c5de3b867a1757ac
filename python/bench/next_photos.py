"""How long after the key the next photo stands on the review page, as the page itself measures it.

`TIMES` photos wait, and each is decided by a key, with a pause in which the page makes ready what comes next.
"""

import time
from typing import TYPE_CHECKING

from core.console import UserError

if TYPE_CHECKING:
    from playwright.sync_api import Page

TIMES = 60
PAUSE_SECONDS = 0.7  # a quick person's
SHOWN_SECONDS = 30
KEYS = "bm"
SHOWN = "() => !document.querySelector('#photo').hidden"
TAKEN = "performance.getEntriesByName('next-photo').map(it => it.duration)"


def is_shown(page: "Page") -> bool:
    return bool(page.evaluate(SHOWN))


def decide(page: "Page") -> list[float]:
    """Milliseconds of each."""
    page.evaluate("performance.clearMeasures()")
    for number in range(TIMES):
        deadline = time.monotonic() + SHOWN_SECONDS
        while not is_shown(page):
            if time.monotonic() > deadline:
                raise UserError(f"after {number} decisions the review page shows no photo")
            page.wait_for_timeout(50)
        page.wait_for_timeout(1000 * PAUSE_SECONDS)
        page.keyboard.press(KEYS[number % len(KEYS)])
    page.wait_for_timeout(1000 * PAUSE_SECONDS)
    return [float(it) for it in page.evaluate(TAKEN)]
