"""How soon each page of the console shows something on a slow phone, and how many bytes it takes.

The phone's profile is Lighthouse's: 150 ms there and back, 1.6 Mbit/s down, 0.75 up, a processor four times slower.
"""

import statistics
from typing import TYPE_CHECKING

from bench.browsing import PAGES
from bench.figures import Figure

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TIMES = 9
SLOW_PHONE = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
SLOWER = 4
SETTLED_MS = 200  # after the last byte
PHONE = {"width": 390, "height": 844}
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def measure(browser: "Browser", console: str) -> list[Figure]:
    found = []
    for name, path in PAGES.items():
        paints, sizes = zip(*(load(browser, console + path) for _ in range(TIMES)), strict=True)
        found += [
            Figure(
                f"console_{name}_paint_ms",
                statistics.median(paints),
                "ms",
                f"until {name} shows something, on a slow phone, nothing cached, the median of {TIMES}",
            ),
            Figure(
                f"console_{name}_kB", sizes[-1] / 1000, "kB", f"that {name} takes of the line, with headers"
            ),
        ]
    return found


def load(browser: "Browser", address: str) -> tuple[float, int]:
    """The milliseconds until the first paint with content, and the bytes of all that came."""
    with browser.new_context(viewport=PHONE) as context:  # type: ignore[arg-type]
        page = context.new_page()
        line, sizes = context.new_cdp_session(page), []
        line.on("Network.loadingFinished", lambda it: sizes.append(int(it["encodedDataLength"])))
        line.send("Network.enable")
        line.send("Network.emulateNetworkConditions", SLOW_PHONE)
        line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto(address, wait_until="networkidle")
        page.wait_for_timeout(SETTLED_MS)
        return float(page.evaluate(PAINTED)), sum(sizes)
