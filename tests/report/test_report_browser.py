"""The report in a real browser: whole without the network, on a phone and on a desk, by day and by night."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from tests.oracles import axe_core

from report import __main__
from report.graph import draw
from report.page import embed

CHROMIUM = shutil.which("chromium")
PHONE, TABLET, DESK = WIDTHS = 390, 768, 1440
A4 = (703, 1032)  # in pixels of CSS, between its margins
SMALLEST = {False: 11, True: 9}  # points of the smallest text of a chart: in full, and for phones
GRAPH = min(draw.KIND, draw.NAME, draw.WORDS, draw.LABEL)

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
    browser: Browser, built: Path, width: int, scheme: Scheme, media: Literal["print"] | None = None
) -> Iterator[Page]:
    """The page, which must neither ask for anything beside itself nor complain."""
    with browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme) as context:
        page, asked, said = context.new_page(), [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        address = (built / "report.html").as_uri()
        page.emulate_media(media=media)
        page.goto(address)
        yield page
        assert [url for url in asked if not url.startswith("data:")] == [address]
        assert said == []


SHOWN = "[...document.querySelectorAll('.chart img')].filter(i => i.checkVisibility())"


def pictures(page: Page) -> list[list[int]]:
    """Red, green and blue in the corner of every chart that is shown."""
    return page.evaluate(
        f"""async () => Promise.all({SHOWN}.map(async image => {{
            await image.decode();
            const canvas = new OffscreenCanvas(1, 1).getContext('2d');
            canvas.drawImage(image, 0, 0);
            return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
        }}))"""
    )


@pytest.fixture(
    scope="module", params=[(width, scheme) for width in WIDTHS for scheme in ("light", "dark")], ids=str
)
def screen(
    request: pytest.FixtureRequest, browser: Browser, built: Path
) -> Iterator[tuple[Page, int, Scheme]]:
    """The report on each screen."""
    width, scheme = request.param
    with opened(browser, built, width, scheme) as page:
        yield page, width, scheme


def test_it_fits_and_every_picture_is_shown_in_the_readers_colours(screen):
    page, width, scheme = screen
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


def test_no_text_is_cut_off(screen):
    """What is wider than its place either wraps or is in something that scrolls."""
    page, *_ = screen
    cut = page.evaluate(
        """[...document.querySelectorAll('body *')].filter(e => e.checkVisibility()
            && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display != 'inline'
            && !e.closest('.scroll')).map(e => e.outerHTML.slice(0, 200))"""
    )
    assert cut == []
    beyond = page.evaluate(
        """[...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && !e.closest('.scroll')
            && (e.getBoundingClientRect().right > innerWidth || e.getBoundingClientRect().left < 0))
           .map(e => e.outerHTML.slice(0, 200))"""
    )
    assert beyond == []


def test_no_text_is_smaller_than_11_pixels(screen):
    """On the page; and in each chart as wide as it is shown, whose smallest text is known by its kind."""
    page, *_ = screen
    sizes = page.evaluate(
        """[...document.querySelectorAll('body *')].filter(e => e.checkVisibility()
            && [...e.childNodes].some(n => n.nodeType == 3 && n.textContent.trim()))
           .map(e => [parseFloat(getComputedStyle(e).fontSize), e.textContent.slice(0, 60)])"""
    )
    assert min(sizes)[0] >= 11, min(sizes)
    shown = page.evaluate(
        f"{SHOWN}.map(i => [i.alt.slice(0, 60), i.className, i.getBoundingClientRect().width / i.getAttribute('width'),"
        "!!i.closest('.whole')])"
    )
    for alt, look, scale, graph in shown:
        points = GRAPH if graph else SMALLEST["phone" in look]
        assert points * 96 / 72 * scale >= 11, (alt, look)


def test_no_place_on_the_page_is_left_empty(screen):
    """Beside a chart stands what is said of it; nothing is alone in half a row."""
    page, width, _ = screen
    rows = page.evaluate(
        """[...document.querySelectorAll('.grid, .tiles')].map(grid => [grid, [...grid.children]]).map(([grid, all]) =>
            [...new Set(all.map(e => e.offsetTop))].map(top => {
                const row = all.filter(e => e.offsetTop == top);
                return [grid.clientWidth, row.at(-1).offsetLeft + row.at(-1).offsetWidth - row[0].offsetLeft];
            })).flat()"""
    )
    assert rows
    assert all(abs(room - filled) <= 1 for room, filled in rows)
    if width == DESK:
        beside = page.evaluate(
            """[...document.querySelectorAll('.beside')].map(e => [e.querySelector('.chart'), e.querySelector('table')]
                .map(e => e.getBoundingClientRect())).map(([chart, table]) => [chart.right < table.left,
                table.bottom - chart.top, chart.height])"""
        )
        assert len(beside) == 9, (
            "one over time, five of the first model, of the other three, and none of them empty"
        )
        assert all(right and filled > 0.4 * height for right, filled, height in beside), beside


def test_axe_finds_nothing(screen):
    page, *_ = screen
    assert axe_core.find_violations(page) == []


def test_the_contents_lead_to_every_part(screen):
    page, *_ = screen
    links = page.evaluate("[...document.querySelectorAll('nav a')].map(a => [a.innerText, a.hash])")
    titles = page.evaluate(
        "[...document.querySelectorAll('section > h2, header > h2')].map(h => h.innerText)"
    )
    assert [text for text, _ in links] == titles
    for _, place in links:
        page.click(f'nav a[href="{place}"]')
        assert (
            0
            <= page.evaluate("id => document.getElementById(id).getBoundingClientRect().top", place[1:])
            < 900
        )


def test_what_the_state_machine_did_is_seen_on_every_screen(built, screen):
    """The graph, both traces, the outcomes and the latencies, each in its section."""
    page, width, scheme = screen
    shown = page.evaluate(
        """Object.fromEntries([...document.querySelectorAll('section')].map(section => [
            section.querySelector('h2, h3').innerText,
            [...section.querySelectorAll('.chart img')].filter(i => i.checkVisibility()).map(image => {
                const place = image.closest('.scroll, figure').getBoundingClientRect();
                return [place.right <= innerWidth && image.height > 100, image.alt];
            })]))"""
    )
    workflow, outcomes = shown["What the state machine did"], shown["How executions ended"]
    assert (len(workflow), len(outcomes)) == (4, 1)
    assert all(whole for whole, _ in (*workflow, *outcomes))
    assert "Sure: 3 entered" in workflow[0][1]
    assert "1 review, 2 accepted" in outcomes[0][1]
    assert "Route" in workflow[-1][1]
    sources = page.evaluate(f"{SHOWN}.map(i => i.src)")
    narrow = "-phone" if width == PHONE else ""
    dark = "-dark" if scheme == "dark" else ""
    for name in ("states", "trace-accepted", "trace-failed", f"executions{narrow}", f"latency{narrow}"):
        assert embed(built / "charts" / f"{name}{dark}.png") in sources


def test_each_screen_gets_the_chart_that_fits_it(screen, built):
    page, width, scheme = screen
    name = {PHONE: "confidence-narrow-phone", TABLET: "confidence-narrow", DESK: "confidence"}[width]
    dark = "-dark" if scheme == "dark" else ""
    assert embed(built / "charts" / f"{name}{dark}.png") in page.evaluate(f"{SHOWN}.map(i => i.src)")


def test_wide_tables_scroll_by_themselves_and_show_that_they_do(browser, built):
    with opened(browser, built, PHONE, "light") as page:
        overflowing = page.evaluate(
            """[...document.querySelectorAll('table')].filter(t => t.scrollWidth > t.parentElement.clientWidth)
               .map(t => getComputedStyle(t.parentElement)).map(s => [s.overflowX, s.backgroundAttachment])"""
        )
        assert overflowing, "the drift table is wider than a phone"
        assert {tuple(each) for each in overflowing} == {("auto", "local, local, scroll, scroll")}
        hints = page.evaluate("[...document.querySelectorAll('.hint')].map(e => e.checkVisibility())")
        assert hints == [True] * 3, "of the graph and both traces"
        edge = "document.querySelector('.scroll:has(table)')"
        before = page.locator(".scroll:has(table)").first.screenshot()
        page.evaluate(f"{edge}.scrollLeft = 9999")
        assert page.locator(".scroll:has(table)").first.screenshot() != before


def test_headings_and_pictures_can_be_followed_by_ear(browser, built):
    with opened(browser, built, DESK, "light") as page:
        levels = page.evaluate(
            "[...document.querySelectorAll('h1,h2,h3,h4,h5')].map(h => Number(h.tagName[1]))"
        )
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(below <= above + 1 for above, below in pairwise(levels))
        assert page.evaluate("[...document.images].filter(i => i.alt.length < 10).length") == 0
        captioned = "e => e.closest('figure').querySelector('figcaption').innerText"
        assert page.evaluate(f"[...document.querySelectorAll('.chart')].every({captioned})")


def test_on_paper_it_is_light_and_nothing_is_clipped(browser, built):
    with opened(browser, built, DESK, "dark", media="print") as page:
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert all(sum(corner) > 600 for corner in pictures(page))
        page.set_viewport_size({"width": A4[0], "height": A4[1]})
        wide = f"""[...document.querySelectorAll('table'), ...{SHOWN}].filter(e => e.scrollWidth > e.clientWidth + 1
            || e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML.slice(0, 200))"""
        assert page.evaluate(wide) == []
        tall = page.evaluate(
            f"{SHOWN}.map(i => i.getBoundingClientRect()).map(b => [b.height, b.width / b.height])"
        )
        natural = page.evaluate(f"{SHOWN}.map(i => i.naturalWidth / i.naturalHeight)")
        assert max(height for height, _ in tall) < A4[1]
        assert [ratio for _, ratio in tall] == [pytest.approx(each, rel=0.01) for each in natural], (
            "none is squeezed"
        )


def test_printed_from_a_dark_screen_it_is_light_and_no_page_is_empty(browser, built, tmp_path):
    """As a reader does it, who has it open: a browser asks style again, and no other choice of pictures."""
    with opened(browser, built, DESK, "dark") as page:
        page.pdf(path=tmp_path / "report.pdf", format="A4", print_background=True)
    if not shutil.which("pdftoppm"):
        pytest.skip("pages are looked at with Debian's package poppler-utils")
    subprocess.run(["pdftoppm", "-r", "40", "-gray", "report.pdf", "page"], cwd=tmp_path, check=True)
    pages = [np.asarray(Image.open(path)) for path in sorted(tmp_path.glob("page-*.pgm"))]
    assert len(pages) > 5
    assert all((paper < 128).mean() > 0.001 for paper in pages), "something is on each"
    assert all((paper > 200).mean() > 0.6 for paper in pages), "no chart is dark"
