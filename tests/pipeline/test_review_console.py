"""The review page in browsers: who waits is decided by single keys, once, whatever network, leases and tokens do."""

import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Route
from tests.builders import png
from tests.oracles import axe_core
from tests.pipeline.api_callers import Caller
from tests.pipeline.browsers import PHONE, SCREENSHOTS, Console, inspect, needs_browser
from tests.pipeline.conftest import Deployment, until
from tests.pipeline.scripted_photos import BLANK, SURE, UNSURE, photo
from tests.pipeline.test_register_api import follow, make_wait, put_first, run_out, send_photo

from core.contract import register
from core.contract.shapes import UPLOADS

MANY, AT_ONCE = 60, 8
GLANCE = 0.15  # seconds for which somebody looks before they press
GRACE = 5
REFUSED = ("409",)  # which the browser writes into its console
SMALLEST = 126  # pixels of a button for a finger: 20 mm at 160 per inch
SMALLEST_ABOVE = 64  # of those above, which decide nothing
ID = re.compile(r"/(?:api|photos)/([0-9a-f]{64})\b")
DECISION = re.compile(r"/photos/([0-9a-f]{64})/decisions/\d+$")
LATER = """seconds => {
    const now = Date.now;
    Date.now = () => now() + seconds * 1000;
}"""
SLOW_LOCKS = """(() => {
    const request = navigator.locks.request.bind(navigator.locks);
    navigator.locks.request = async (...asked) => {
        await new Promise((done) => setTimeout(done, 2000));
        return request(...asked);
    };
})()"""

pytestmark = [needs_browser, pytest.mark.usefixtures("nobody_waits")]


@pytest.fixture(scope="module")
def program(console: Console) -> Caller:
    return console.people.take_program()


@pytest.fixture(scope="module")
def names(console: Console) -> tuple[str, str]:
    return console.people.invite("reviewers"), console.people.invite("reviewers")


@pytest.fixture(scope="module")
def another(console: Console, names: tuple[str, str]) -> Caller:
    """The second of them, without a page."""
    return console.people.sign_in(names[1])


def change(workflow: Deployment, photo_id: str, expression: str, **values: str) -> None:
    named = {f"#{name}": name for name in re.findall(r"#(\w+)", expression)}
    given = {f":{name}": {"S": value} for name, value in values.items()}
    workflow.dynamodb.update_item(
        TableName=workflow.outputs["register_table"],
        Key={"id": {"S": photo_id}},
        UpdateExpression=expression,
        ExpressionAttributeNames=named,
        **({"ExpressionAttributeValues": given} if given else {}),
    )


class Desk:
    """Somebody before the page, and what it has sent."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.sent: list[tuple[str, str, int]] = []
        page.on("response", self.note)

    def note(self, response: Any) -> None:
        if found := DECISION.search(response.url):
            photo_id = found[1]
            told = response.request.post_data_json or {"label": response.request.method}
            self.sent.append((photo_id, told.get("vehicle") or told["label"], response.status))

    def stands(self) -> bool:
        return self.page.is_visible("#photo img")

    def seen(self) -> str:
        """The photo that is shown: its address has its id."""
        self.page.wait_for_selector("#photo img")
        (photo_id,) = ID.findall(self.page.get_attribute("#photo img", "src") or "")
        return photo_id

    def sees(self, photo_id: str) -> None:
        self.page.wait_for_selector(f'#photo img[src*="{photo_id}"]')

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def wait_sent(self, *sent: tuple[str, str, int]) -> None:
        self.wait(lambda: self.sent[-len(sent) :] == list(sent), f"{sent}")

    def wait(self, look: Callable[[], Any], what: str) -> None:
        """The page goes on meanwhile."""
        deadline = time.monotonic() + 20
        while not look():
            assert time.monotonic() < deadline, f"{what} did not come: {self.sent}, {self.told()}"
            self.page.wait_for_timeout(50)

    def told(self) -> str:
        return " ".join(self.page.locator("#alert, #notice, #offline:visible").all_inner_texts()).strip()

    def hears(self, words: str) -> None:
        self.wait(lambda: words in self.told(), words)

    def hears_in_picture(self, words: str) -> None:
        self.page.locator("#photo").get_by_text(words).wait_for()

    def pass_time(self, seconds: float) -> None:
        """For the page's clock."""
        self.page.evaluate(LATER, seconds)


@pytest.fixture
def sit_down(console: Console, names: tuple[str, str]) -> Any:
    @contextmanager
    def sit_down(name: str = names[0], expected: tuple[str, ...] = (), **options: Any) -> Iterator[Desk]:
        with console.visit(name, "review", expected, **options) as page:
            yield Desk(page)

    return sit_down


def draw(number: int, answer: str = UNSURE) -> bytes:
    """A picture unlike others, which tells the model what to say."""
    fields = np.random.default_rng(number).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return png(fields.repeat(4, 0).repeat(4, 1)) + photo(answer, number=number)[len(BLANK) :]


def drive_up(workflow: Deployment, program: Caller, number: int) -> str:
    """A driver who waits before all others, with a picture that can be looked at."""
    photo_id = send_photo(program, draw(number))
    follow(program, photo_id, register.WAITING)
    put_first(workflow, photo_id)
    return photo_id


def test_sixty_photos_are_decided_by_two_people_at_once_and_none_twice(workflow, program, sit_down, names):
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ids = set(pool.map(lambda number: send_photo(program, draw(number)), range(MANY)))

    def states() -> dict[str, dict[str, Any]]:
        return {it["id"]: it for it in workflow.items(f"{UPLOADS}") if it["id"] in ids}

    until(lambda: all(it.get("open") == register.WAITING for it in states().values()), "all of them wait")
    pressed: dict[str, str] = {}
    measured = []
    with sit_down() as first, sit_down(names[1]) as second:
        deadline = time.monotonic() + 120
        while len(ids & {it[0] for it in first.sent + second.sent}) < MANY and time.monotonic() < deadline:
            for desk, key in ((first, "b"), (second, "m")):
                desk.page.wait_for_timeout(GLANCE * 1000)
                if desk.stands():
                    pressed[desk.seen()] = key
                    desk.press(key)
        for desk in (first, second):
            entries = "performance.getEntriesByName('next-photo').map(it => it.duration)"
            measured += desk.page.evaluate(entries)
            assert {status for *_, status in desk.sent} == {202}
            assert len(desk.sent) >= MANY // 4
    decided = [photo_id for photo_id, *_ in first.sent + second.sent]
    assert sorted(it for it in decided if it in ids) == sorted(ids), "each once"
    until(lambda: all(it["state"] == register.ROUTED for it in states().values()), "all are routed")
    labels = {"b": "bicycle", "m": "motorcycle"}
    assert {key: (it["label"], it["decided"]) for key, it in states().items()} == {
        key: (labels[by], 1) for key, by in pressed.items() if key in ids
    }
    heard = [it["id"] for it in workflow.routed.so_far() if it.get("id") in ids]
    assert sorted(heard) == sorted(ids)
    assert len(measured) >= MANY - 6, "each that had one behind it"
    p = quantiles(measured, n=100)
    print(f"from key to next photo, {len(measured)}: p50 {p[49]:.0f} ms, p95 {p[94]:.0f} ms")


def test_a_decision_is_withdrawn_and_what_took_effect_is_corrected(workflow, program, sit_down):
    photo_id = make_wait(workflow, program, decided="and withdrawn at the page")
    with sit_down(expected=REFUSED) as desk:
        desk.sees(photo_id)
        desk.press("b")
        desk.page.wait_for_selector("#empty:visible")
        assert "Undo Bicycle" in desk.page.inner_text("#undo:visible")
        desk.press("Backspace")
        desk.sees(photo_id)
        desk.hears("Bicycle is withdrawn")
        desk.wait_sent((photo_id, "bicycle", 202), (photo_id, "DELETE", 200))
        desk.press("m")
        desk.wait_sent((photo_id, "motorcycle", 202))
        assert follow(program, photo_id, register.ROUTED)["label"] == "motorcycle"
        assert not desk.page.is_visible("#undo"), "the grace is over"
        desk.press("Backspace")
        desk.hears("The driver was told Motorcycle")
        desk.sees(photo_id)
        desk.press("b")
        desk.wait_sent((photo_id, "bicycle", 202))
        (heard,) = workflow.corrected.about(id=photo_id)
        assert (heard["label"], heard["decided_by"]) == ("bicycle", "person")


def test_other_has_a_kind_by_its_digit_or_in_words(workflow, program, sit_down):
    first, second = (
        make_wait(workflow, program, kind="by digit"),
        make_wait(workflow, program, kind="in words"),
    )
    with sit_down() as desk:
        for kind, say_it in (
            ("Scooter", lambda: desk.press("2")),
            ("a pony <b>trap</b>", lambda: write_kind(desk, "  a pony\u200b <b>trap</b> ")),
        ):
            photo_id = desk.seen()
            desk.press("o")
            desk.page.wait_for_selector("#others[open]")
            desk.press("Escape")
            assert not desk.page.is_visible("#others")
            desk.press("o")
            desk.press("b")
            desk.press("u")
            assert desk.page.is_visible("#others"), "keys of the page do nothing there"
            say_it()
            desk.wait_sent((photo_id, kind, 202))
    told = [follow(program, photo_id, register.ROUTED) for photo_id in (first, second)]
    assert {(it["label"], it["vehicle"]) for it in told} == {
        ("other", "Scooter"),
        ("other", "a pony <b>trap</b>"),
    }


def write_kind(desk: Desk, words: str) -> None:
    desk.page.fill("#kind", words)
    desk.press("Enter")


def test_unusable_tells_the_driver_to_take_another(workflow, program, sit_down):
    photo_id = make_wait(workflow, program, nothing="to be seen")
    with sit_down() as desk:
        desk.sees(photo_id)
        desk.press("u")
        desk.wait_sent((photo_id, "unusable", 202))


def test_who_cannot_tell_leaves_the_photo_to_the_other(workflow, program, sit_down, names):
    photo_id = make_wait(workflow, program, hard="to tell")
    with sit_down() as first:
        first.sees(photo_id)
        tab_to(first, "guide")
        first.press("Space")
        first.page.wait_for_selector("#guideline[open]")
        first.press("Escape")
        first.page.click("#guide")
        first.press("Escape")
        first.press("Space")
        first.wait_sent((photo_id, "cannot_tell", 202))
        assert not first.page.is_visible("#guideline"), "who clicked goes on by keys"
        with sit_down(names[1]) as second:
            second.sees(photo_id)
            assert first.page.is_visible("#empty")
            second.press("m")
            second.wait_sent((photo_id, "motorcycle", 202))


def tab_to(desk: Desk, name: str) -> None:
    for _ in range(20):
        desk.press("Tab")
        if desk.page.evaluate("document.activeElement.id") == name:
            return
    raise AssertionError(f"Tab never comes to {name}")


def test_a_driver_who_objects_is_shown_and_sent_elsewhere(workflow, program, sit_down):
    photo_id = send_photo(program, draw(MANY, SURE))
    follow(program, photo_id, register.ROUTED)
    with sit_down() as desk:
        desk.page.wait_for_selector("#empty:visible")
        assert program.call("POST", f"/photos/{photo_id}/objection").status == 202
        desk.sees(photo_id)
        known = desk.page.inner_html("#desk")
        desk.press("m")
        desk.wait_sent((photo_id, "motorcycle", 202))
    assert not re.search("confidence|0\\.99|99", re.sub('[0-9a-f]{64}|http[^"]*', "", known)), (
        "what the model said"
    )
    (heard,) = workflow.corrected.about(id=photo_id)
    assert heard["label"] == "motorcycle"


def test_held_and_modified_keys_decide_nothing_and_a_double_click_once(workflow, program, sit_down):
    make_wait(workflow, program, pressed="for long")
    make_wait(workflow, program, pressed="after it")
    with sit_down() as desk:
        photo_id = desk.seen()
        for key in ("Control+b", "Alt+b", "Meta+b", "x"):
            desk.press(key)
        desk.page.wait_for_timeout(300)
        assert desk.seen() == photo_id
        desk.page.keyboard.down("b")
        for _ in range(5):
            desk.page.keyboard.down("b")
        desk.page.keyboard.up("b")
        desk.wait_sent((photo_id, "bicycle", 202))
        after = desk.seen()
        assert after != photo_id
        desk.page.dblclick("[data-label=motorcycle]")
        desk.wait_sent((photo_id, "bicycle", 202), (after, "motorcycle", 202))
        desk.page.wait_for_selector("#empty:visible")


def test_the_same_key_twice_decides_no_photo_that_nobody_has_seen(workflow, program, sit_down):
    for number in range(2):
        make_wait(workflow, program, glove=number)
    with sit_down() as desk:
        photo_id = desk.seen()
        desk.page.wait_for_timeout(1000)
        desk.press("b")
        desk.press("b")
        desk.wait_sent((photo_id, "bicycle", 202))
        assert desk.seen() != photo_id
        desk.page.wait_for_timeout(500)
        assert len(desk.sent) == 1


def test_without_the_network_a_decision_is_kept_and_sent_once(workflow, program, sit_down):
    photo_id = make_wait(workflow, program, decided="offline")
    with sit_down(expected=("net::ERR_",)) as desk:
        desk.sees(photo_id)
        desk.page.context.set_offline(True)
        desk.press("b")
        desk.hears("Decisions kept on this device")
        desk.press("Backspace")
        desk.hears("cannot be taken back now")
        desk.page.wait_for_timeout(1500)
        assert desk.sent == []
        desk.page.context.set_offline(False)
        desk.wait_sent((photo_id, "bicycle", 202))
        desk.page.wait_for_selector("#offline", state="hidden")
        assert desk.page.is_visible("#undo"), "its grace has only begun"
        desk.page.wait_for_timeout(1500)
        assert [label for _, label, _ in desk.sent] == ["bicycle"]


def test_what_a_closed_page_could_not_send_goes_with_the_next(workflow, program, sit_down):
    photo_id = make_wait(workflow, program, decided="before a reload")
    with sit_down(expected=("net::ERR_",)) as desk:
        desk.sees(photo_id)
        desk.page.route("**/decisions/*", lambda route: route.abort())
        desk.press("m")
        desk.hears("Decisions kept on this device")
        desk.page.unroute("**/decisions/*")
        desk.page.route("**/leases", lambda route: route.abort())
        desk.page.reload()
        desk.wait_sent((photo_id, "motorcycle", 202))


def test_a_decision_that_never_arrived_while_its_lease_lasted_does_not_count_and_is_told(
    workflow, program, sit_down
):
    photo_id = make_wait(workflow, program, decided="offline for too long")
    with sit_down(expected=("net::ERR_", *REFUSED)) as desk:
        desk.sees(photo_id)
        desk.page.context.set_offline(True)
        desk.press("b")
        desk.hears("Decisions kept on this device")
        desk.pass_time(61)
        run_out(workflow, photo_id)
        desk.page.context.set_offline(False)
        desk.hears("Bicycle could not be sent before the photo's minute was over")
        desk.wait_sent((photo_id, "bicycle", 409))
        desk.sees(photo_id)
        desk.page.wait_for_timeout(700)
        desk.press("m")
        desk.wait_sent((photo_id, "motorcycle", 202))


def test_a_decision_whose_answer_was_lost_counts_and_can_be_corrected(workflow, program, sit_down):
    photo_id = make_wait(workflow, program, told="and the answer is lost")
    lost: list[int] = []

    def lose(route: Route) -> None:
        lost.append(route.fetch().status)
        route.abort()

    with sit_down(expected=("net::ERR_", *REFUSED)) as desk:
        desk.sees(photo_id)
        desk.page.route("**/decisions/*", lose, times=1)
        desk.page.route("**/leases", lambda route: route.abort())
        desk.press("b")
        desk.wait(lambda: lost, "an answer that is lost")
        desk.pass_time(61)
        desk.wait_sent((photo_id, "bicycle", 202))
        assert lost == [202]
        assert "not counted" not in desk.told()
        follow(program, photo_id, register.ROUTED)
        desk.page.unroute("**/leases")
        desk.press("Backspace")
        desk.hears("The driver was told Bicycle")


def test_tokens_that_end_in_the_middle_are_renewed(workflow, program, sit_down):
    photo_id = make_wait(workflow, program, token="ends")
    refused = []

    def refuse(route: Route) -> None:
        refused.append(route.request.headers["authorization"])
        route.fulfill(status=401, json={"message": "Unauthorized"}) if len(
            refused
        ) == 1 else route.continue_()

    with sit_down(expected=("401",)) as desk:
        desk.sees(photo_id)
        desk.page.route("**/decisions/*", refuse)
        with desk.page.expect_request("**/oauth2/token"):
            desk.press("b")
        desk.wait_sent((photo_id, "bicycle", 202))
        assert len(set(refused)) == 2
        with desk.page.expect_request("**/oauth2/token"):
            desk.pass_time(15 * 60)
        assert desk.page.is_visible("#empty")


def test_a_photo_is_shown_when_it_may_be_decided_however_slow_the_browser(workflow, program, sit_down):
    photo_id = make_wait(workflow, program, browser="slow")
    with sit_down() as desk:
        desk.page.add_init_script(SLOW_LOCKS)
        desk.page.reload()
        desk.sees(photo_id)
        desk.press("b")
        desk.wait_sent((photo_id, "bicycle", 202))


def test_a_lease_that_ran_out_is_said_and_its_photo_comes_again(workflow, program, sit_down):
    photo_id = make_wait(workflow, program, held="for too long")
    with sit_down(expected=REFUSED) as desk:
        desk.sees(photo_id)
        run_out(workflow, photo_id)
        desk.press("b")
        desk.hears("Bicycle was not counted")
        desk.wait_sent((photo_id, "bicycle", 409))
        desk.sees(photo_id)
        desk.press("m")
        desk.wait_sent((photo_id, "motorcycle", 202))


def test_anothers_lease_is_said_by_the_decision_and_by_the_renewal(workflow, program, sit_down, another):
    photo_id = make_wait(workflow, program, taken="by another")
    with sit_down(expected=REFUSED) as desk:
        desk.sees(photo_id)
        take_away(workflow, another, photo_id)
        desk.press("b")
        desk.hears("somebody else may have it")
        desk.wait_sent((photo_id, "bicycle", 409))
        assert another.call("DELETE", f"/leases/{photo_id}").status == 200
        desk.sees(photo_id)
        take_away(workflow, another, photo_id)
        desk.pass_time(19)
        desk.page.mouse.move(100, 300, steps=5)
        desk.pass_time(2)
        desk.hears("Somebody else has the photo that was here")
        desk.page.wait_for_selector("#empty:visible")
    put = another.call("PUT", f"/photos/{photo_id}/decisions/1", {"label": "bicycle"})
    assert put.status == 202


def take_away(workflow: Deployment, another: Caller, photo_id: str) -> None:
    run_out(workflow, photo_id)
    (taken,) = another.call("POST", "/leases").body["photos"]
    assert taken["id"] == photo_id


def test_nobody_waits_for_what_an_absent_persons_page_shows(workflow, program, sit_down, another):
    photo_id = make_wait(workflow, program, shown="to nobody")
    with sit_down(expected=REFUSED) as desk:
        desk.sees(photo_id)
        assert desk.page.inner_text("#sound") == "Touch for sound"
        desk.press("x")
        desk.wait(lambda: desk.page.inner_text("#sound") == "Sound on", "sound")
        assert another.call("POST", "/leases", {"most": 0}).body["photos"] == []
        with desk.page.expect_request(lambda it: it.method == "DELETE" and photo_id in it.url):
            desk.pass_time(21)
        desk.wait(lambda: desk.page.evaluate("document.documentElement.dataset.rings"), "a chime")
        desk.wait(lambda: "1 driver waits" in desk.page.title(), "a title that calls")
        assert desk.page.evaluate("performance.getEntriesByName('chime').length") > 0
        assert desk.seen() == photo_id
        (taken,) = another.call("POST", "/leases").body["photos"]
        assert taken["id"] == photo_id
        desk.page.wait_for_selector("#empty:visible")
        desk.wait(lambda: not desk.page.evaluate("document.documentElement.dataset.rings"), "silence")
        assert another.call("DELETE", f"/leases/{photo_id}").status == 200
        desk.sees(photo_id)
        desk.page.wait_for_timeout(700)
        desk.press("b")
        desk.wait_sent((photo_id, "bicycle", 202))


def hold_looks(route: Route) -> None:
    """What a page that nobody acts at asks for is not answered."""
    if not json.loads(route.request.post_data or "{}").get("take", True):
        return
    route.continue_()


def test_who_returns_decides_only_the_photo_that_they_saw(workflow, program, sit_down, another):
    seen = make_wait(workflow, program, seen="before the break")
    with sit_down() as desk:
        desk.sees(seen)
        with desk.page.expect_request(lambda it: it.method == "DELETE"):
            desk.pass_time(21)
        desk.page.wait_for_timeout(500)
        desk.page.route("**/leases", hold_looks)
        (taken,) = another.call("POST", "/leases").body["photos"]
        assert taken["id"] == seen
        came = make_wait(workflow, program, came="meanwhile")
        desk.page.wait_for_timeout(700)
        assert desk.seen() == seen
        desk.press("b")
        desk.hears("Nothing was decided")
        desk.sees(came)
        assert desk.sent == []


def test_a_page_that_is_not_seen_holds_nothing(workflow, program, sit_down, another):
    photo_id = make_wait(workflow, program, page="behind another")
    with sit_down() as desk:
        desk.sees(photo_id)
        with desk.page.expect_request(lambda it: it.method == "DELETE" and photo_id in it.url):
            desk.page.evaluate(
                """() => {
                    Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });
                    document.dispatchEvent(new Event('visibilitychange'));
                }"""
            )
        until(lambda: another.call("POST", "/leases").body["photos"], "the photo for another")
    with sit_down() as desk:
        assert another.call("DELETE", f"/leases/{photo_id}").status == 200
        desk.sees(photo_id)
    (taken,) = until(lambda: another.call("POST", "/leases").body["photos"], "what a closed page gave back")
    assert taken["id"] == photo_id


def test_archive_and_blind_photos_look_the_same_and_tell_nothing(workflow, program, sit_down):
    yesterday = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d} model"
    archived, blind = send_photo(program, draw(1000)), send_photo(program, draw(1001, SURE))
    since = follow(program, archived, register.WAITING) and register.write_time(datetime.now(UTC))
    change(workflow, archived, "SET #since = :since", since=f"{register.ARCHIVE}{since}")
    follow(program, blind, register.ROUTED)
    change(workflow, blind, "SET #day = :day", day=yesterday)
    looks: dict[str, str] = {}
    with sit_down() as desk:
        answers: list[Any] = []

        def note(response: Any) -> None:
            answers.append(response)

        desk.page.on("response", note)
        while not {archived, blind} <= looks.keys():
            photo_id = desk.seen()
            parts = [desk.page.inner_text(part) for part in ("#words", "#said", "#alert")]
            looks[photo_id] = " ".join(parts) + re.sub(r'src="[^"]*"', "", desk.page.inner_html("#stage"))
            desk.page.wait_for_timeout(400)  # the same key at once would be one press
            desk.press("b")
            desk.wait(lambda photo_id=photo_id: not desk.stands() or desk.seen() != photo_id, "the next")
        first, second = looks[archived], looks[blind]
        assert first == second
        assert "No driver waits" in first
        told = [it.text() for it in answers if "/leases" in it.url and it.status == 200]
        change(workflow, blind, "REMOVE #day")
        assert not re.search("confidence|inferences|0[.]99", " ".join([first, *told]))


def keep_screenshot(desk: Desk, name: str) -> None:
    assert not axe_core.SCRIPT.is_file() or axe_core.find_violations(desk.page) == []
    if SCREENSHOTS:
        desk.page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png")


def test_a_finger_has_buttons_of_20_millimetres_and_the_picture_stays(workflow, program, sit_down):
    photo_id = drive_up(workflow, program, 2001)
    phone = {"viewport": {"width": PHONE, "height": 844}, "has_touch": True, "is_mobile": True}
    with sit_down(**phone) as desk:
        desk.sees(photo_id)
        boxes = [it.bounding_box() for it in desk.page.locator("#choices button:visible").all()]
        assert len(boxes) >= 5
        assert min(side for box in boxes for side in (box["width"], box["height"])) >= SMALLEST
        assert len({box["x"] for box in boxes}) == 2, "columns"
        image = desk.page.locator("#photo img").bounding_box()
        assert min(image["width"], image["height"]) > 200
        assert desk.page.evaluate("document.documentElement.scrollWidth") == PHONE
        keep_screenshot(desk, "review-touch")
        heads = [it.bounding_box() for it in desk.page.locator("header button:visible").all()]
        assert min(side for box in heads for side in (box["width"], box["height"])) >= SMALLEST_ABOVE
        desk.page.tap("[data-label=other]")
        kinds = [it.bounding_box() for it in desk.page.locator("#others button").all()]
        assert len(kinds) >= 7
        assert min(side for box in kinds for side in (box["width"], box["height"])) >= SMALLEST
        keep_screenshot(desk, "review-touch-others")
        desk.page.tap("#kind-close")
        desk.page.tap("[data-label=motorcycle]")
        desk.wait_sent((photo_id, "motorcycle", 202))
        undo = desk.page.locator("#undo:visible").bounding_box()
        assert min(undo["width"], undo["height"]) >= SMALLEST


def test_every_state_can_be_seen_and_heard_by_all(workflow, program, console, sit_down):
    photo_id = drive_up(workflow, program, 2000)
    with console.visit(path="review") as page:
        inspect(page, "review-enter")
    with console.visit(console.people.invite("arrivals"), "review") as page:
        page.wait_for_selector("#why:visible")
        assert "may not decide" in page.inner_text("#why")
        assert page.is_visible("#to-arrivals")
        inspect(page, "review-no-role")
    with sit_down(reduced_motion="reduce") as desk:
        desk.sees(photo_id)
        assert "Next photo. 1 driver waits." in desk.page.inner_text("#said")
        inspect(desk.page, "review-photo")
        desk.press("z")
        keep_screenshot(desk, "review-zoomed")
        desk.press("z")
        for key, dialog in (("o", "others"), ("h", "guideline")):
            desk.press(key)
            desk.page.wait_for_selector(f"#{dialog}[open]")
            if dialog == "guideline":
                desk.page.wait_for_selector("#guideline img")
                assert desk.page.locator("#guideline img").count() == 6, (
                    "of two classes two good and a bad one"
                )
            inspect(desk.page, f"review-{dialog}")
            desk.press("Escape")
        desk.page.wait_for_timeout(700)
        desk.press("b")
        desk.wait_sent((photo_id, "bicycle", 202))
        desk.page.wait_for_selector("#undo:visible")
        keep_screenshot(desk, "review-empty")
        assert desk.page.evaluate("document.activeElement.tagName") == "BODY"


def read_on(desk: Desk, row: Locator) -> None:
    """A page of the day's list has so many."""

    def look() -> bool:
        if not row.count() and desk.page.is_visible("#more"):
            desk.page.click("#more")
        return row.count() == 1

    desk.wait(look, "the photo in the list")


def test_a_lead_sees_todays_decisions_reopens_and_corrects(workflow, program, console, sit_down, another):
    photo_id = drive_up(workflow, program, 2002)
    assert take(another, photo_id, "bicycle") == 202
    follow(program, photo_id, register.ROUTED)
    with sit_down(console.people.invite("leads"), expected=REFUSED) as desk:
        desk.page.click("#todays")
        row = desk.page.locator("#decided li", has=desk.page.locator(f'img[src*="{photo_id}"]'))
        read_on(desk, row)
        assert "Bicycle" in row.inner_text()
        inspect(desk.page, "review-lead")
        row.get_by_role("button", name="Correct").click()
        desk.hears("The driver was told Bicycle")
        desk.sees(photo_id)
        desk.press("m")
        desk.wait_sent((photo_id, "motorcycle", 409))
        desk.hears("correct it in a minute")
        run_out(workflow, photo_id)
        desk.page.click("#todays")
        read_on(desk, row)
        row.get_by_role("button", name="Correct").click()
        desk.hears("The driver was told Bicycle")
        desk.sees(photo_id)
        desk.press("m")
        desk.wait_sent((photo_id, "motorcycle", 202))
        (heard,) = workflow.corrected.about(id=photo_id)
        assert heard["label"] == "motorcycle"
        desk.page.click("#todays")
        read_on(desk, row)
        row.get_by_role("button", name="Reopen").click()
        row.get_by_text("it waits for a person").wait_for()
        assert program.call("GET", f"/photos/{photo_id}").body["objection"] == "waiting"
        desk.press("Escape")
        desk.sees(photo_id)


def take(caller: Caller, photo_id: str, label: str) -> int:
    (leased,) = caller.call("POST", "/leases").body["photos"]
    assert leased["id"] == photo_id
    return caller.call("PUT", f"/photos/{photo_id}/decisions/{leased['number']}", {"label": label}).status


def test_of_two_tabs_of_one_person_one_is_their_desk(workflow, program, sit_down):
    photo_id = make_wait(workflow, program, tabs="two")
    with sit_down() as desk:
        desk.sees(photo_id)
        tab = Desk(desk.page.context.new_page())
        tab.page.goto(desk.page.url)
        tab.page.click("#sign-in")
        tab.hears("open in another tab")
        tab.sees(photo_id)
        tab.press("b")
        tab.page.wait_for_timeout(500)
        assert tab.sent == []
        desk.page.wait_for_timeout(3000)
        desk.page.close()
        tab.wait(lambda: "another tab" not in tab.told(), "a desk of its own")
        tab.press("b")
        tab.wait_sent((photo_id, "bicycle", 202))
        desk.page = tab.page


def test_a_picture_that_did_not_come_comes_with_the_network(workflow, program, sit_down):
    photo_id = make_wait(workflow, program, picture="late")
    with sit_down(expected=("net::ERR_",)) as desk:
        desk.page.route("**/incoming/**", lambda route: route.abort())
        desk.page.reload()
        desk.hears_in_picture("cannot be shown")
        desk.press("b")
        desk.hears("cannot be shown")
        assert desk.sent == []
        desk.page.unroute("**/incoming/**")
        desk.page.context.set_offline(True)
        desk.page.context.set_offline(False)
        desk.sees(photo_id)
        desk.press("b")
        desk.wait_sent((photo_id, "bicycle", 202))
