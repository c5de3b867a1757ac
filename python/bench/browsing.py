"""A browser for what is measured on the console: Debian's Chromium, driven by Playwright, and somebody who signs in."""

import contextlib
import importlib.util
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.console import UserError
from core.contract.shapes import Json
from operations import signed_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = "chromium"
FLAGS = ["--no-sandbox", "--disable-gpu"]
PAGES = {"arrivals": "", "review": "review"}  # behind the console's address


@contextlib.contextmanager
def opened() -> Iterator["Browser"]:
    if not importlib.util.find_spec("playwright"):
        raise UserError("playwright is not installed, which drives the browser: make setup, and then again")
    if not (program := shutil.which(CHROMIUM)):
        raise UserError(f"{CHROMIUM} is not installed, which opens the console: apt-get install {CHROMIUM}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def sign_in(browser: "Browser", api: Json, name: str, *groups: str) -> "Page":
    """The review page of somebody new, as the pool's pages lead to it."""
    password = signed_in.invite(api, name, *groups)
    page = browser.new_page()
    page.goto(api["console"] + PAGES["review"])
    page.click("#sign-in")
    page.fill("#username", name)
    page.fill("#password", password)
    page.press("#password", "Enter")
    page.wait_for_selector("#sign-out:visible")
    return page
