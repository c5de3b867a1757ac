"""The console in browsers: each person has one of their own, in which they are signed in by the pool's pages."""

import base64
import io
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from tests.oracles import axe_core
from tests.pipeline.api_callers import PASSWORD, People
from tests.pipeline.conftest import Deployment

CHROMIUM = shutil.which("chromium")
PHONE, TABLET, DESK = WIDTHS = 390, 768, 1440
HEIGHT = 900
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
SCREENSHOTS = os.environ.get("SCONES_SCREENSHOTS")
NETWORK_OFF = "net::ERR_"  # what the browser itself says of a request that came to nothing

needs_browser = pytest.mark.skipif(not CHROMIUM, reason="needs a browser: install Debian's package chromium")


@contextmanager
def launched() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Console:
    """The deployed pages, and who is invited to them."""

    def __init__(self, browser: Browser, workflow: Deployment) -> None:
        self.browser, self.people = browser, People(workflow)
        self.url = workflow.outputs["api"]["console"]
        endpoint = workflow.project.variables["AWS_ENDPOINT_URL"]
        pages = self.people.discovered["authorization_endpoint"].removesuffix("oauth2/authorize")
        # Its own addresses, the bucket's, and the pool's: nothing else is ever asked for.
        self.known = (self.url, f"{endpoint}/{workflow.bucket}", pages, "blob:", "data:")

    @contextmanager
    def visit(
        self, name: str = "", path: str = "", expected: Sequence[str] = (), **options: Any
    ) -> Iterator[Page]:
        """The page with somebody signed in, or nobody. It must ask for nothing of others', and complain of nothing
        but what the test brings about."""
        options = {"viewport": {"width": DESK, "height": HEIGHT}} | options
        with self.browser.new_context(**options) as context:
            page, asked, said = context.new_page(), [], []
            context.on("request", lambda request: asked.append(request.url))
            context.on("weberror", lambda error: said.append(str(error.error)))
            context.on("console", lambda message: said.append(write(message)))
            page.on("dialog", lambda dialog: said.append(f"a dialog: {dialog.message}"))
            page.goto(self.url + path)
            if name:
                sign_in(page, name)
            yield page
            assert [url for url in asked if not url.startswith(self.known)] == []
            expected = ("/favicon.ico", *expected)  # which browsers ask the pool for
            assert [words for words in said if not any(it in words for it in expected)] == []


def write(message: ConsoleMessage) -> str:
    return f"{message.text} ({message.location.get('url', '')})"


def sign_in(page: Page, name: str) -> None:
    fill_in(page, name, PASSWORD)
    page.wait_for_selector("#sign-out:visible")


def fill_in(page: Page, name: str, password: str) -> None:
    """The pool's own page, to which the console leads."""
    page.click("#sign-in")
    page.fill("#username", name)
    page.fill("#password", password)
    page.get_by_role("button", name="Sign in").click()


def picture(colour: str, size: tuple[int, int] = (160, 120), kind: str = "JPEG", **options: Any) -> bytes:
    """A photo of nothing but a colour: of blue the model says bicycle, of green motorcycle, and it is unsure of red."""
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, kind, **options)
    return written.getvalue()


def hand_over(page: Page, event: str, *files: tuple[str, str, bytes]) -> None:
    """Drop or paste files: their names, types and contents."""
    given = [(name, kind, base64.b64encode(content).decode()) for name, kind, content in files]
    page.evaluate(
        """([event, given]) => {
            const moved = new DataTransfer();
            for (const [name, type, content] of given) {
                const bytes = Uint8Array.from(atob(content), (it) => it.charCodeAt(0));
                moved.items.add(new File([bytes], name, { type }));
            }
            const Event = event === 'paste' ? ClipboardEvent : DragEvent;
            const more = { clipboardData: moved, dataTransfer: moved, bubbles: true, cancelable: true };
            document.body.dispatchEvent(new Event(event, more));
        }""",
        [event, given],
    )


def inspect(page: Page, name: str) -> None:
    """By day and by night, on each width: nothing is cut off, and axe-core finds nothing, where it is installed: a test
    of its own tells whether it is."""
    usual = page.viewport_size
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            where = f"{name}-{width}-{scheme}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width, where
            assert not axe_core.SCRIPT.is_file() or axe_core.find_violations(page) == [], where
            if SCREENSHOTS:
                Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
                page.screenshot(path=Path(SCREENSHOTS) / f"{where}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    if usual:
        page.set_viewport_size(usual)
