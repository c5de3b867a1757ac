"""The arrivals page in a browser, over the deployed API: from a photo that is dropped to its driver's loading bay."""

import io
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect
from tests.oracles import axe_core
from tests.pipeline.api_callers import PASSWORD, Caller
from tests.pipeline.browsers import (
    HEIGHT,
    NETWORK_OFF,
    PHONE,
    Console,
    hand_over,
    inspect,
    needs_browser,
    picture,
    sign_in,
)
from tests.pipeline.conftest import Deployment
from tests.pipeline.test_register_api import decide, take_lease

from core.contract.shapes import UPLOADS

pytestmark = [needs_browser, pytest.mark.usefixtures("nobody_waits")]

ROOT = Path(__file__).parents[2]
FILES = ROOT / "python/lambdas/console/files"
SOON = 20_000  # milliseconds
MINUTE = 60_000
QUARTER = 15 * MINUTE
SHIFT = 10 * 60 * MINUTE
CORRECTED = 10_000  # between two looks at an answer that a person may still correct
SLOW = 10_000  # bytes a second
UNSURE, BICYCLE, MOTORCYCLE = "red", "blue", "green"
HOSTILE = "<img src=x onerror=alert(1)>"
UNSEEN = "\u3000\ue000\u202e"  # a wide blank, a sign of nobody's, and one that turns the writing's direction

# The browser asks for the camera until the test allows it, and what it then gave is remembered.
PERMISSION = """() => {
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    window.tracks = [];
    navigator.mediaDevices.getUserMedia = async (asked) => {
        await new Promise((allow) => (window.allow = allow));
        const stream = await real(asked);
        window.tracks.push(...stream.getTracks());
        return stream;
    };
}"""
TRACKS = "window.tracks.map((it) => it.readyState)"


@pytest.fixture(scope="module")
def device(console: Console) -> str:
    return console.people.invite("arrivals")


@pytest.fixture(scope="module")
def reviewer(console: Console) -> Caller:
    return console.people.sign_in(console.people.invite("reviewers"))


def send(page: Page, colour: str, name: str = "photo.jpg") -> None:
    hand_over(page, "drop", (name, "image/jpeg", picture(colour)))


def wait_for(page: Page, state: str, where: str = "#current") -> None:
    expect(page.locator(f"{where} [data-state={state}]")).to_be_visible(timeout=SOON)


def photos(page: Page) -> list[dict[str, Any]]:
    """What the device remembers, the newest first."""
    found: list[dict[str, Any]] = page.evaluate(
        "Object.values(JSON.parse(localStorage['scones-photos'])).flat()"
    )
    return found


def kept(page: Page) -> int:
    """How many photos wait on the device."""
    count: int = page.evaluate(
        """new Promise((done) => {
            indexedDB.open('scones').onsuccess = (event) => {
                const asked = event.target.result.transaction('photos').objectStore('photos').count();
                asked.onsuccess = () => done(asked.result);
            };
        })"""
    )
    return count


def answer(reviewer: Caller, photo_id: str, label: str) -> int:
    """A person decides about the driver who waits longest; the decision's number."""
    number: int = take_lease(reviewer, photo_id)["number"]
    assert decide(reviewer, photo_id, number, label).status == 202
    return number


def is_routed_once(workflow: Deployment, source: str, count: int = 1) -> None:
    """So many photos were announced from there and no more, each was uploaded once, and its driver was told once."""
    items = [it for it in workflow.items(UPLOADS) if it["source"] == source]
    assert [it["state"] for it in items] == ["routed"] * count
    for item in items:
        assert len(workflow.routed.about(id=item["id"])) == 1
        assert len(workflow.executions_of(item["s3_key"])) == 1


def test_axe_core_looks_at_the_pages_too():
    """Which `inspect` leaves out where it is not installed: this is how a run tells that it did."""
    axe_core.require()


def test_a_photo_that_is_dropped_shows_its_driver_the_loading_bay(workflow, console, device):
    with console.visit(device, f"?source={HOSTILE}{UNSEEN}") as page:
        send(page, BICYCLE, f"{HOSTILE}.jpg{UNSEEN}")
        wait_for(page, "routed")
        card = page.locator("#current article")
        expect(card.get_by_role("heading")).to_have_text("Bicycle")
        expect(card).to_contain_text("Loading bay A")
        expect(card).to_contain_text("Orders within 3 km")
        expect(card).to_contain_text(f"{HOSTILE}.jpg")
        expect(card.locator(".steps [data-passed]")).to_have_text(["Sent", "Arrived", "Looked at", "Told"])
        expect(page.locator("#said")).to_contain_text("Bicycle. Loading bay A. Orders within 3 km")
        (photo,) = photos(page)
        (heard,) = workflow.routed.about(id=photo["id"])
        assert heard["source"] == HOSTILE
        assert kept(page) == 0
        page.goto(console.url)
        expect(page.locator("#current article")).to_contain_text("Loading bay A")
        send(page, MOTORCYCLE)
        wait_for(page, "routed")
        expect(page.locator("#current article")).to_contain_text("Loading bay B")
        expect(page.locator("#list article")).to_contain_text("Loading bay A")
        assert workflow.routed.about(id=photos(page)[0]["id"])[0]["source"] == HOSTILE, "it is remembered"


def test_what_a_person_says_is_shown_without_reloading_and_so_is_what_they_say_of_an_objection(
    workflow, console, device, reviewer
):
    with console.visit(device, expected=[NETWORK_OFF]) as page:
        page.clock.install()
        page.goto(console.url)
        page.evaluate("window.loaded = 'once'")
        send(page, UNSURE, "first.jpg")
        wait_for(page, "waiting")
        expect(page.locator("#current")).to_contain_text("Somebody is looking at it")
        looked_at = page.locator("#current .steps [data-passed]")
        expect(looked_at).to_have_text(["Sent", "Arrived"])
        inspect(page, "waiting")
        send(page, UNSURE, "second.jpg")
        wait_for(page, "waiting")
        first, second = (page.locator("article").filter(has_text=it) for it in ("first.jpg", "second.jpg"))
        ids = {it["name"]: it["id"] for it in photos(page)}
        number = answer(reviewer, ids["first.jpg"], "bicycle")
        answer(reviewer, ids["second.jpg"], "unusable")
        expect(first).to_contain_text("Loading bay A", timeout=SOON)
        expect(second.get_by_role("heading")).to_have_text("Take another photo", timeout=SOON)
        inspect(page, "unusable")

        page.context.set_offline(True)
        first.get_by_role("button", name="Wrong?").click()
        expect(first).to_contain_text("Your objection is on its way.")
        page.context.set_offline(False)
        expect(first).to_contain_text("Somebody is looking at it again", timeout=SOON)
        expect(first.get_by_role("button", name="Wrong?")).to_be_hidden()
        send(page, BICYCLE, "third.jpg")
        wait_for(page, "routed")
        third = page.locator("article").filter(has_text="third.jpg")
        third.get_by_role("button", name="Wrong?").click()
        expect(third).to_contain_text("Somebody is looking at it again")
        number = answer(reviewer, ids["first.jpg"], "motorcycle")
        answer(reviewer, photos(page)[0]["id"], "unusable")
        expect(first).to_contain_text("Loading bay B", timeout=SOON)
        expect(first).to_contain_text("Somebody has looked at it again.")
        expect(third).to_contain_text("The answer stands", timeout=SOON)
        expect(third).to_contain_text("Loading bay A")

        assert decide(reviewer, ids["first.jpg"], number + 1, "bicycle").status == 202
        assert workflow.corrected.about(id=ids["first.jpg"], label="bicycle")
        page.clock.fast_forward(CORRECTED)
        expect(first).to_contain_text("Loading bay A", timeout=SOON)
        assert page.evaluate("window.loaded") == "once"


def test_of_several_each_has_its_line_and_what_is_no_photo_is_said_at_once(console, device):
    with console.visit(device) as page:
        hand_over(
            page,
            "paste",
            ("note.txt", "text/plain", b"no photo"),
            ("blue.png", "image/png", picture(BICYCLE, kind="PNG")),
            ("apple.heic", "image/heic", b"\0\0\0\x18ftypheic"),
            ("green.jpg", "image/jpeg", picture(MOTORCYCLE)),
        )
        lines = page.locator("#list article")
        expect(lines).to_have_count(4)
        expect(lines.filter(has_text="note.txt")).to_contain_text("This file is no photo.")
        expect(lines.filter(has_text="apple.heic")).to_contain_text("This browser cannot read this photo.")
        expect(lines.filter(has_text="blue.png")).to_contain_text("Loading bay A", timeout=SOON)
        expect(lines.filter(has_text="green.jpg")).to_contain_text("Loading bay B", timeout=SOON)
        expect(page.locator("#current article")).to_have_count(0)
        inspect(page, "several")
        page.reload()
        expect(page.locator("article")).to_have_count(2)


def test_a_photo_arrives_small_upright_and_without_what_the_camera_wrote(workflow, console, device):
    tags = Image.Exif()
    tags[0x0112], tags[0x010F] = 6, "a camera's maker"  # lies on its side
    tags.get_ifd(0x8825)[1] = "N"
    wide = Image.new("RGB", (4000, 3000), BICYCLE)
    wide.paste("white", (0, 0, 4000, 1500))  # what is on top in the file is on the right of the photo
    written = io.BytesIO()
    wide.save(written, "JPEG", exif=tags)
    transparent = io.BytesIO()
    Image.new("RGBA", (40, 30), (0, 0, 255, 128)).save(transparent, "PNG")
    with console.visit(device) as page:
        hand_over(page, "drop", ("large.jpg", "image/jpeg", written.getvalue()))
        wait_for(page, "routed")
        hand_over(page, "drop", ("small.png", "image/png", transparent.getvalue()))
        wait_for(page, "routed")
        small, large = (read(workflow, it["id"]) for it in photos(page))
    assert (large.format, large.size) == ("JPEG", (960, 1280))
    assert not large.getexif()
    left, right = large.getpixel((100, 640)), large.getpixel((860, 640))
    assert left[0] < 100 < right[0]
    assert (small.format, small.size, small.mode) == ("PNG", (40, 30), "RGBA")


def read(workflow: Deployment, photo_id: str) -> Any:
    stored = workflow.s3.get_object(Bucket=workflow.bucket, Key=f"{UPLOADS}{photo_id}")
    return Image.open(io.BytesIO(stored["Body"].read()))


def test_without_a_network_photos_wait_on_the_device_and_go_by_themselves(workflow, console, device):
    with console.visit(device, "?source=offline", expected=[NETWORK_OFF]) as page:
        page.context.set_offline(True)
        expect(page.locator("#offline")).to_contain_text("Photos stay on this device for 15 minutes")
        send(page, BICYCLE)
        expect(page.locator("#offline")).to_contain_text("One photo waits on this device")
        send(page, MOTORCYCLE)
        expect(page.locator("#offline")).to_contain_text("2 photos wait on this device")
        assert kept(page) == 2
        inspect(page, "offline")
        page.context.set_offline(False)
        wait_for(page, "routed", "#list")
        wait_for(page, "routed")
        expect(page.locator("#offline")).to_be_hidden()
        assert kept(page) == 0
        is_routed_once(workflow, "offline", count=2)


def test_an_upload_that_is_cut_in_the_middle_is_one_photo_and_one_route(workflow, console, device):
    with console.visit(device, "?source=cut", expected=[NETWORK_OFF]) as page:
        network = page.context.new_cdp_session(page)
        usual = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        network.send("Network.emulateNetworkConditions", usual | {"uploadThroughput": SLOW})
        hand_over(page, "drop", ("large.jpg", "image/jpeg", noise()))
        bar = page.get_by_role("progressbar", name="Sending")
        expect(bar).to_be_visible()
        expect(bar).not_to_have_js_property("value", 0, timeout=SOON)
        inspect(page, "uploading")
        page.context.set_offline(True)
        wait_for(page, "kept")
        page.context.set_offline(False)
        network.send("Network.emulateNetworkConditions", usual)
        wait_for(page, "routed")
        is_routed_once(workflow, "cut")


def noise() -> bytes:
    """A bluish photo that takes a while to upload."""
    drawn = np.random.default_rng(0).integers(0, 90, (960, 1280, 3), np.uint8)
    drawn[:, :, 2] += 150
    written = io.BytesIO()
    Image.fromarray(drawn).save(written, "JPEG", quality=95)
    return written.getvalue()


def test_an_upload_of_which_the_page_hears_nothing_is_not_made_again(workflow, console, device):
    uploads: list[str] = []

    def cut(route: Route) -> None:
        """The network fails once the bucket has it, and before the page hears so."""
        uploads.append(route.request.url)
        assert route.fetch().status < 300
        (key,) = re.findall(
            rf"{UPLOADS}[0-9a-f]{{64}}", (route.request.post_data_buffer or b"").decode("latin-1")
        )
        workflow.item(key, state="routed")
        route.abort()

    with console.visit(device, "?source=unheard", expected=[NETWORK_OFF]) as page:
        page.route(f"**/{workflow.bucket}", cut)
        send(page, BICYCLE)
        wait_for(page, "routed")
        assert len(uploads) == 1
        is_routed_once(workflow, "unheard")


def test_a_page_that_is_reloaded_goes_on_where_it_was(workflow, console, device):
    with console.visit(device, "?source=reloaded", expected=[NETWORK_OFF]) as page:
        page.route("**/photos", lambda route: route.abort())
        send(page, BICYCLE)
        wait_for(page, "kept")
        page.unroute("**/photos")
        page.reload()
        wait_for(page, "routed")
        is_routed_once(workflow, "reloaded")


def test_after_a_quarter_of_an_hour_a_photo_is_given_up_and_that_is_said(console, device):
    with console.visit(device, expected=[NETWORK_OFF]) as page:
        page.clock.install()
        page.goto(console.url)
        page.context.set_offline(True)
        send(page, BICYCLE)
        wait_for(page, "kept")
        page.clock.fast_forward(QUARTER)
        wait_for(page, "lost")
        expect(page.locator("#current")).to_contain_text("It could not be sent within 15 minutes.")
        assert kept(page) == 0
        page.context.set_offline(False)
        page.reload()
        wait_for(page, "lost", "#list")


def test_a_token_that_ends_meanwhile_is_renewed_and_nobody_notices(console, device):
    with console.visit(device, expected=["401"]) as page:
        page.clock.install()
        page.goto(console.url)
        send(page, BICYCLE)
        wait_for(page, "routed")
        page.clock.fast_forward(QUARTER - 30_000)
        with page.expect_request("**/oauth2/token"):
            send(page, MOTORCYCLE)
        wait_for(page, "routed")
        refused: list[str] = []

        def refuse(route: Route) -> None:
            refused.append(route.request.headers["authorization"])
            route.fulfill(status=401, json={"message": "Unauthorized"})

        page.route("**/photos", refuse, times=1)
        send(page, BICYCLE)
        wait_for(page, "routed")
        assert len(refused) == 1


def test_who_is_signed_out_meanwhile_signs_in_again_and_the_photo_goes_on(workflow, console, device):
    with console.visit(device, expected=["400"]) as page:
        page.clock.install()
        page.goto(f"{console.url}?source=signed-out")
        page.clock.fast_forward(QUARTER)
        page.route(
            "**/oauth2/token",
            lambda route: route.fulfill(status=400, json={"error": "invalid_grant"}),
            times=1,
        )
        send(page, BICYCLE)
        expect(page.locator("#alert")).to_contain_text("You are signed out.")
        assert kept(page) == 1
        page.context.clear_cookies()
        sign_in(page, device)
        wait_for(page, "routed")
        is_routed_once(workflow, "signed-out")


def test_a_device_stays_signed_in_and_a_person_by_the_pool_alone(console, device):
    with console.visit(device) as page:
        page.context.clear_cookies()
        page.reload()
        page.wait_for_selector("#sign-out:visible")
        send(page, BICYCLE)
        wait_for(page, "routed")
        with page.expect_request("**/oauth2/revoke"):
            page.click("#sign-out")
        page.wait_for_selector("#sign-in:visible")
        assert page.url == console.url
        page.reload()
        page.wait_for_selector("#sign-in:visible")
    lead = console.people.invite("leads")
    with console.visit(lead) as page:
        stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        assert not re.search(r"ey\w+\.|token|refresh", stored)
        page.reload()
        page.wait_for_selector("#sign-out:visible")
        expect(page.locator("#who")).to_have_text(f"Signed in as {lead}")
        page.goto(f"{console.url}?source=gate-9&enter")
        page.wait_for_selector("#sign-out:visible")
        assert page.url == f"{console.url}?source=gate-9"
        page.context.clear_cookies()
        page.reload()
        page.wait_for_selector("#username")


def test_a_photo_that_another_tab_has_sent_is_not_sent_again_and_both_know_the_answer(
    workflow, console, device
):
    with console.visit(device, "?source=two-tabs", expected=[NETWORK_OFF]) as page:
        asked: list[str] = []
        page.context.on("request", lambda request: asked.append(request.url))
        page.context.route("**/photos", lambda route: route.abort())
        send(page, BICYCLE, "first.jpg")
        wait_for(page, "kept")
        other = page.context.new_page()
        other.goto(console.url)
        wait_for(other, "kept")
        page.context.unroute("**/photos")
        for tab in (page, other):
            wait_for(tab, "routed")
        assert len([url for url in asked if url.endswith(workflow.bucket)]) == 1
        is_routed_once(workflow, "two-tabs")
        send(other, MOTORCYCLE, "second.jpg")
        wait_for(other, "routed")
        send(page, BICYCLE, "third.jpg")
        wait_for(page, "routed")
        assert [(it["name"], it["state"]) for it in photos(other)] == [
            (f"{it}.jpg", "routed") for it in ("third", "second", "first")
        ]


REFUSED = {"status": 400, "json": {"error": "invalid_grant"}}
UNREADABLE = REFUSED | {"headers": {"access-control-allow-origin": "https://elsewhere.example"}}


def test_who_is_refused_in_answers_that_no_page_may_read_signs_in_again(console, device):
    with console.visit(device, expected=["400", NETWORK_OFF, "CORS"]) as page:
        page.route("**/oauth2/token", lambda route: route.fulfill(**UNREADABLE))
        page.reload()
        send(page, BICYCLE)
        expect(page.locator("#offline")).to_be_visible()
        page.wait_for_selector("#sign-in:visible")
        page.unroute("**/oauth2/token")
        page.reload()  # it was not the token: nobody has to sign in
        wait_for(page, "routed")


def test_a_shift_ends_though_nobody_can_be_asked(console, device):
    with console.visit(device, expected=[NETWORK_OFF]) as page:
        page.clock.install()
        page.goto(console.url)
        page.route("**/oauth2/token", lambda route: route.abort())
        page.clock.fast_forward(SHIFT - MINUTE)
        send(page, BICYCLE)
        wait_for(page, "kept")
        expect(page.locator("#sign-in")).to_be_hidden()
        page.clock.fast_forward(MINUTE)
        page.wait_for_selector("#sign-in:visible")
        page.reload()
        page.wait_for_selector("#sign-in:visible")


def test_a_shift_is_as_long_as_a_token_is_good():
    declared = (ROOT / "terraform/modules/api/pool.tf").read_text()
    assert int(re.findall(r"refresh_token_validity = (\d+)", declared)[0]) * 60 * 60_000 == SHIFT
    (written,) = re.findall(r"const SHIFT = ([\d *_]+);", (FILES / "session.js").read_text())
    assert math.prod(int(it) for it in written.split("*")) == SHIFT


def test_who_comes_back_from_the_pool_without_a_network_may_try_again(console, device):
    with console.visit(expected=[NETWORK_OFF]) as page:
        tries: list[str] = []

        def refuse(route: Route) -> None:
            tries.append(route.request.method)
            route.abort()

        page.route("**/oauth2/token", refuse)
        page.click("#sign-in")
        page.fill("#username", device)
        page.fill("#password", PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("#alert")).to_contain_text("No connection to where people sign in")
        expect(page.locator("#sign-in")).to_be_visible()
        assert len(tries) == 3
        page.unroute("**/oauth2/token")
        page.click("#sign-in")
        page.wait_for_selector("#sign-out:visible")


def test_whoever_signs_out_is_out_at_once_though_the_pool_hangs(console, device):
    with console.visit(device) as page:
        page.clock.install()
        page.goto(console.url)
        page.route("**/oauth2/revoke", lambda _: None)
        with page.expect_request("**/oauth2/revoke"):
            page.click("#sign-out")
        assert page.evaluate("localStorage['scones-device']") is None
        page.clock.fast_forward(3_000)
        page.wait_for_selector("#sign-in:visible")


def test_a_tab_that_is_signed_out_leaves_the_sign_in_of_another(console, device):
    with console.visit(device, expected=["400"]) as page:
        other = page.context.new_page()
        other.goto(console.url)
        page.click("#sign-out")
        page.wait_for_selector("#sign-in:visible")
        sign_in(page, device)
        send(other, BICYCLE)  # its own token was taken back
        other.wait_for_selector("#sign-in:visible")
        page.reload()
        page.wait_for_selector("#sign-out:visible")
        page.goto(f"{console.url}?code=anothers&state=anothers")
        page.wait_for_selector("#sign-out:visible")
        assert page.url == console.url


NOTHING_KEPT = """() => {
    Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };
    indexedDB.open = () => { throw new DOMException('denied', 'SecurityError'); };
}"""
NO_STORAGE = """
    for (const name of ['localStorage', 'sessionStorage'])
        Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError'); } });
"""


def test_a_browser_that_keeps_nothing_sends_photos_or_says_what_it_needs(workflow, console, device):
    with console.visit(device, "?source=unkept") as page:
        page.evaluate(NOTHING_KEPT)
        send(page, BICYCLE)
        wait_for(page, "routed")
        is_routed_once(workflow, "unkept")
    with console.visit() as page:
        page.add_init_script(NO_STORAGE)
        page.goto(f"{console.url}?source=gate-1")
        page.click("#sign-in")
        expect(page.locator("#alert")).to_contain_text("this browser keeps nothing for this page")


def test_a_clock_that_is_wrong_keeps_nobody_from_hearing_of_a_correction(console, device, reviewer):
    with console.visit(device) as page:
        page.add_init_script("const now = Date.now; Date.now = () => now() + 3_600_000;")
        page.goto(console.url)
        send(page, UNSURE)
        wait_for(page, "waiting")
        photo_id = photos(page)[0]["id"]
        number = answer(reviewer, photo_id, "bicycle")
        wait_for(page, "routed")
        assert decide(reviewer, photo_id, number + 1, "motorcycle").status == 202
        expect(page.locator("#current")).to_contain_text("Loading bay B", timeout=SOON)


def test_answers_are_there_again_for_whom_they_are_and_nobody_elses_photo_stays(console, device):
    lead = console.people.invite("leads")
    with console.visit(device, expected=[NETWORK_OFF]) as page:
        send(page, BICYCLE)
        wait_for(page, "routed")
        page.route("**/photos", lambda route: route.abort())
        send(page, MOTORCYCLE)
        wait_for(page, "kept")
        page.click("#sign-out")
        page.wait_for_selector("#sign-in:visible")
        page.clock.install()
        page.clock.fast_forward(QUARTER)
        sign_in(page, lead)
        expect(page.locator("article")).to_have_count(0)
        while kept(page):
            page.wait_for_timeout(50)
        page.unroute("**/photos")
        page.click("#sign-out")
        page.wait_for_selector("#sign-in:visible")
        sign_in(page, device)
        expect(page.locator("article")).to_have_count(2)
        expect(page.locator("[data-state=routed]")).to_have_count(1)
        expect(page.locator("[data-state=lost]")).to_have_count(1)


def test_a_sign_in_that_the_page_did_not_ask_for_is_nobodys(console):
    with console.visit(path="?code=anothers&state=anothers") as page:
        page.wait_for_selector("#sign-in:visible")
        assert page.url == console.url
        inspect(page, "signed-out")


def test_who_may_not_send_is_told_so(console):
    with console.visit(console.people.invite("reviewers")) as page:
        expect(page.locator("#start")).to_contain_text("you are in no group that may send photos")
        expect(page.locator("#send")).to_be_hidden()
        expect(page.get_by_role("link", name="Review")).to_have_attribute("href", "review")
        inspect(page, "may-not-send")
    with console.visit(console.people.invite()) as page:
        expect(page.locator("#start")).to_contain_text("you are in no group that may send photos")
        expect(page.get_by_role("link", name="Review")).to_be_hidden()


def test_who_was_taken_out_of_the_group_is_told_so(console, device):
    with console.visit(device, expected=["403"]) as page:
        told = {"type": "urn:scones-unlimited:NotAllowed", "title": "-", "status": 403, "detail": "-"}
        page.route("**/photos", lambda route: route.fulfill(status=403, json=told))
        send(page, BICYCLE)
        wait_for(page, "refused")
        expect(page.locator("#current")).to_contain_text("This person or device may not do that.")


def test_a_photo_is_taken_by_the_live_camera_with_the_keyboard_alone(console, device):
    with console.visit(device, viewport={"width": PHONE, "height": HEIGHT}) as page:
        inspect(page, "start")
        page.locator("#take").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#shutter")).to_be_focused()
        expect(page.locator("#video")).not_to_have_js_property("videoWidth", 0)
        inspect(page, "camera")
        page.locator("#shutter").focus()
        page.keyboard.press("Space")
        expect(page.locator("#current article")).to_be_focused()
        expect(page.locator("#camera")).to_be_hidden()
        expect(page.locator("#current [data-state=routed], #current [data-state=waiting]")).to_be_visible(
            timeout=SOON
        )


def test_a_camera_that_is_closed_while_the_browser_asks_stays_off(console, device):
    with console.visit(device) as page:
        page.evaluate(PERMISSION)
        page.click("#take")
        expect(page.locator("#close")).to_be_focused()
        expect(page.locator("#shutter")).to_be_hidden()
        page.click("#close")
        page.evaluate("window.allow()")
        page.wait_for_timeout(1000)
        assert page.evaluate(TRACKS) == ["ended"]
        expect(page.locator("#camera")).to_be_hidden()
        expect(page.locator("#alert")).to_be_empty()
        page.click("#take")
        expect(page.locator("#close")).to_be_focused()
        page.evaluate("window.allow()")
        page.locator("#shutter").dblclick()
        expect(page.locator("#current article")).to_be_focused()
        expect(page.locator("article")).to_have_count(1)


def test_a_camera_that_is_opened_once_more_runs_once(console, device):
    with console.visit(device) as page:
        hand_over(page, "drop", ("note.txt", "text/plain", b"no photo"))
        page.evaluate(PERMISSION)
        for button in (page.locator("#take"), page.get_by_role("button", name="Take another photo")):
            button.click()
            expect(page.locator("#close")).to_be_focused()
            expect(page.locator("#shutter")).to_be_hidden()
            page.evaluate("window.allow()")
            expect(page.locator("#shutter")).to_be_focused()
        assert page.evaluate(TRACKS) == ["ended", "live"]
        page.click("#close")
        assert page.evaluate(TRACKS) == ["ended", "ended"]


def test_the_answer_fills_the_screen_of_a_phone_and_nothing_moves_for_who_wants_that(console, device):
    options = {"viewport": {"width": PHONE, "height": HEIGHT}, "reduced_motion": "reduce"}
    with console.visit(device, **options) as page:
        send(page, BICYCLE)
        wait_for(page, "routed")
        box = page.locator("#current article").bounding_box()
        assert box and box["width"] == PHONE and box["height"] > HEIGHT / 2
        assert (
            page.evaluate("parseFloat(getComputedStyle(document.querySelector('.bay strong')).fontSize)")
            > 120
        )
        assert page.evaluate("document.getAnimations().length") == 0
        inspect(page, "routed")
