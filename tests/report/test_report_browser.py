"""The report in a real browser: whole without the network, on a phone and on a desk, by day and by night."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from report import __main__
from report.page import embed

CHROMIUM = shutil.which("chromium")
PHONE, DESK = 390, 1440

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs a browser: install Debian's package chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def built(
    traffic: Any,
    artefact: Path,
    executed: tuple[str, datetime],
    cloud_variables: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A report with everything: drift, labels, pictures, unreadable lines, two models, and executions."""
    folder = tmp_path_factory.mktemp("browser")
    lines, truth = traffic(200, seed=20, brightness=0.6)
    other = folder / "capture" / ("0" * 16) / "ep/AllTraffic/2024/10/15/09/a.jsonl"
    other.parent.mkdir(parents=True)
    other.write_bytes(traffic(40, seed=21)[0])
    (folder / "capture" / ("a-very-long-name" * 8 + ".jsonl")).write_bytes(lines + b"no record\n")
    (folder / "truth.jsonl").write_bytes(truth)
    flags = (
        *("--capture", folder / "capture", "--model", artefact, "--truth", folder / "truth.jsonl"),
        *("--state-machine", executed[0]),
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cloud_variables.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["report", *map(str, flags), "--out", str(folder / "out")])
        __main__.main()
    return folder / "out"


Scheme = Literal["light", "dark"]


@contextmanager
def opened(
    browser: Browser, built: Path, width: int, scheme: Scheme, media: Literal["screen", "print"] = "screen"
) -> Iterator[Page]:
    """The page, which must neither ask for anything beside itself nor complain."""
    with browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme) as context:
        page, asked, said = context.new_page(), [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        address = (built / "report.html").as_uri()
        page.emulate_media(media=media)  # beforehand: a chart that is just changing cannot be read
        page.goto(address)
        yield page
        assert [url for url in asked if not url.startswith("data:")] == [address]
        assert said == []


def pictures(page: Page) -> list[list[int]]:
    """Red, green and blue in the corner of every chart that is shown."""
    return page.evaluate(
        """async () => Promise.all([...document.querySelectorAll('picture img')].map(async image => {
            await image.decode();
            const canvas = new OffscreenCanvas(1, 1).getContext('2d');
            canvas.drawImage(image, 0, 0);
            return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
        }))"""
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_it_fits_and_every_picture_is_shown_in_the_readers_colours(browser, built, width, scheme):
    with opened(browser, built, width, scheme) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == width
        undecoded = "[...document.images].filter(i => !i.complete || i.naturalWidth == 0).length"
        assert page.evaluate(undecoded) == 0
        corners = pictures(page)
        assert len(corners) == 19, (
            "one of all models over time, eight charts of the first model, five of the other without labels and "
            "baseline, five of the executions"
        )
        assert all((sum(corner) < 180) == (scheme == "dark") for corner in corners)
        paper = page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor")
        assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 29)"}[scheme]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_what_the_state_machine_did_is_seen_on_every_screen(browser, built, width, scheme):
    """The graph, both traces, the outcomes and the latencies, each in its section and within the screen."""
    with opened(browser, built, width, scheme) as page:
        shown = page.evaluate(
            """Object.fromEntries([...document.querySelectorAll('section')].map(section => [
                section.querySelector('h2, h3').innerText,
                [...section.querySelectorAll('picture img')].map(image => {
                    const box = image.getBoundingClientRect();
                    return [box.left >= 0 && box.right <= innerWidth && box.height > 100, image.alt];
                })]))"""
        )
        workflow, outcomes, latency = (
            shown[title]
            for title in ("What the state machine did", "How executions ended", "How long each step takes")
        )
        assert (len(workflow), len(outcomes), len(latency)) == (3, 1, 1)
        assert all(whole for whole, _ in (*workflow, *outcomes, *latency))
        assert "Sure: 3 entered" in workflow[0][1]
        assert "1 review, 2 accepted" in outcomes[0][1]
        assert "Route" in latency[0][1]
        dark = "-dark" if scheme == "dark" else ""
        sources = page.evaluate("[...document.querySelectorAll('picture img')].map(i => i.currentSrc)")
        for name in ("states", "trace-accepted", "trace-failed", "executions", "latency"):
            assert embed(built / "charts" / f"{name}{dark}.png") in sources


def test_a_phone_gets_a_narrower_chart_of_all_answers(browser, built):
    for width, end in ((PHONE, "-narrow"), (DESK, "")):
        with opened(browser, built, width, "light") as page:
            shown = page.evaluate("[...document.querySelectorAll('picture img')].map(it => it.currentSrc)")
            assert embed(built / "charts" / f"confidence{end}.png") in shown


def test_wide_tables_scroll_by_themselves(browser, built):
    with opened(browser, built, PHONE, "light") as page:
        overflowing = page.evaluate(
            """[...document.querySelectorAll('table')].filter(t => t.scrollWidth > t.parentElement.clientWidth)
               .map(t => getComputedStyle(t.parentElement).overflowX)"""
        )
        assert overflowing, "the drift table is wider than a phone"
        assert set(overflowing) == {"auto"}


def test_headings_and_pictures_can_be_followed_by_ear(browser, built):
    with opened(browser, built, DESK, "light") as page:
        levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))")
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(below <= above + 1 for above, below in pairwise(levels))
        assert page.evaluate("[...document.images].filter(i => i.alt.length < 10).length") == 0
        assert page.evaluate(
            "[...document.querySelectorAll('picture')].every(p => p.nextElementSibling.innerText)"
        )


def test_on_paper_it_is_light_and_no_table_is_clipped(browser, built):
    with opened(browser, built, DESK, "dark", media="print") as page:
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert all(sum(corner) > 600 for corner in pictures(page))
        page.set_viewport_size({"width": 700, "height": 1000})  # A4 between its margins
        clipped = (
            "[...document.querySelectorAll('table')].filter(t => t.scrollWidth > t.parentElement.clientWidth)"
        )
        assert page.evaluate(f"{clipped}.length") == 0
        assert page.pdf(format="A4").startswith(b"%PDF")
