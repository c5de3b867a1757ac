"""`make console` and `make invite` in the deployed environment, and a browser that goes where they say.

It sorts behind those files of this folder that need the model of drawn photos.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.pipeline.browsers import Console, fill_in, needs_browser

from operations.console_address import SAMPLE

pytestmark = needs_browser
LINK = re.compile(r"^(arrivals|review): +(\S+/enter\?\S+)$", re.MULTILINE)
PASSWORD = "Currant-Scones-2026"


@pytest.fixture
def page(console: Console) -> Iterator[Page]:
    with console.browser.new_context() as context:
        yield context.new_page()


def run(workflow: Any, module: str, *arguments: str) -> str:
    return workflow.project.run(f"operations.{module}", "local", *arguments, key="administrator")


def test_the_links_of_make_console_sign_a_browser_in(workflow, page):
    links = dict(LINK.findall(run(workflow, "console_address")))
    console = workflow.outputs["api"]["console"]
    page.goto(links["review"])
    page.wait_for_selector("#sign-out:visible")
    assert page.url == f"{console}review"
    assert SAMPLE in page.inner_text("#who")
    page.goto(links["arrivals"])
    page.wait_for_selector("#take:visible")
    assert page.url == console


def test_whoever_is_invited_chooses_a_password_and_is_in(workflow, page):
    said = run(workflow, "invite", "--email", "lea@example.com", "--role", "lead")
    (password,) = re.findall(r"temporary password is (\S+)", said)
    (where,) = re.findall(r"Tell them where to sign in: (\S+)", said)
    page.goto(where)
    fill_in(page, "lea@example.com", password)
    page.fill("#new_password", PASSWORD)
    page.fill("#confirm_password", PASSWORD)
    page.get_by_role("button", name="Send").click()
    page.wait_for_selector("#sign-out:visible")
    assert page.url == where
    assert page.is_visible("#todays")


def test_a_device_signs_in_at_its_place_and_stays_so_over_a_reload(workflow, page):
    said = run(workflow, "invite", "--email", "bay-9", "--role", "arrivals")
    (password,) = re.findall(r"by the password (\S+),", said)
    (where,) = re.findall(r"Sign in on the device, with the name of its place: (\S+)", said)
    page.goto(where)
    fill_in(page, "bay-9", password)
    page.wait_for_selector("#take:visible")
    page.context.clear_cookies()  # the pool knows the browser no more
    page.goto(workflow.outputs["api"]["console"])
    page.wait_for_selector("#take:visible")
    assert page.evaluate("localStorage.getItem('scones-source')") == "gate-1"
