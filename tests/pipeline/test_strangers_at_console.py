"""What a stranger could try on the deployed console, its API and its pictures: from a site of their own, by what they
write, or with what they got hold of.
"""

import base64
import gzip
import hashlib
import io
import re
import secrets
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from urllib.request import Request

import pytest
from playwright.sync_api import BrowserContext, Error, Page, expect
from tests.pipeline.api_callers import PASSWORD, SCOPES, Answer, Caller, People, post_form, send
from tests.pipeline.browsers import Console, hand_over, needs_browser, picture, sign_in
from tests.pipeline.conftest import Deployment, until
from tests.pipeline.scripted_photos import BLANK, UNSURE, photo
from tests.pipeline.test_register_api import decide, follow, forget_leases, put_first, take_lease

from core.contract import register
from core.contract.shapes import UPLOADS

pytestmark = pytest.mark.usefixtures("nobody_waits")
PAGES = ("", "review")
SOON = 20_000  # milliseconds
ASKED = {"file_name": "x.png", "content_type": "image/png"}
HARMLESS = "<!doctype html><title>Harmless</title><h1>Win a scone</h1>"
HOSTILE = '<img src=x onerror="stolen()"><script>stolen()</script>'
# What would run or load something, if it were taken for markup or code.
INTRUSIONS = (
    "document.body.innerHTML = '<img src=x onerror=stolen()>'",
    "document.body.insertAdjacentHTML('beforeend', '<iframe srcdoc=a></iframe>')",
    "document.body.append(Object.assign(document.createElement('script'), { text: 'window.ran = 1' }))",
    "document.createElement('script').src = 'https://stranger.example/'",
    "window.setTimeout('window.ran = 1', 0)",
)
POST = """async ([address, headers, mode]) => {
    try {
        const answer = await fetch(address, { method: "POST", mode, credentials: "include", headers, body: "{}" });
        return `${answer.type} ${answer.status}`;
    } catch (error) { return error.name }
}"""
LOAD = "address => fetch(address, { mode: 'no-cors' }).then(answer => answer.type, error => error.name)"
READ = "address => fetch(address).then(answer => answer.status, error => error.name)"
SHOW = """address => new Promise(done => {
    const image = new Image();
    image.onload = () => done(image.naturalWidth);
    image.onerror = () => done(0);
    image.src = address;
})"""
UPLOAD = """async ([form, bytes]) => {
    const data = new FormData();
    for (const [name, value] of Object.entries(form.fields)) data.append(name, value);
    data.append("file", new Blob([new Uint8Array(bytes)], { type: "image/png" }));
    return (await fetch(form.url, { method: "POST", body: data })).status;
}"""


class Site(ThreadingHTTPServer):
    """A stranger's site, of another origin than the console, the bucket and the pool."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Shown)
        self.pages = {"/harmless": HARMLESS.encode(), "/pixel.png": BLANK}

    def show(self, page: str) -> str:
        """The address of this page."""
        self.pages["/"] = f"<!doctype html><title>Stranger</title>{page}".encode()
        return f"http://127.0.0.1:{self.server_port}/"


class Shown(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        page = self.server.pages.get(self.path, b"")
        self.send_response(200 if page else 404)
        self.send_header("Content-Type", "image/png" if page == BLANK else "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site() as site:
        threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield site
        site.shutdown()


@pytest.fixture
def context(console: Console) -> Iterator[BrowserContext]:
    """A browser that knows nobody."""
    with console.browser.new_context() as context:
        yield context


@pytest.fixture(scope="module")
def people(workflow: Deployment) -> People:
    return People(workflow)


@pytest.fixture(scope="module")
def reviewer(people: People) -> Caller:
    return people.sign_in(people.invite("reviewers"))


@pytest.fixture
def waiting(workflow: Deployment, people: People) -> Iterator[str]:
    """A driver who waits, before all others, until the test is over; the photo's id."""
    program = people.take_program()
    expected = program.call("POST", "/photos", ASKED).body
    assert post_form(expected["upload"], photo(UNSURE, whose=expected["id"])).status == 204
    follow(program, expected["id"], register.WAITING)
    put_first(workflow, expected["id"])
    yield expected["id"]
    table = workflow.outputs["register_table"]
    workflow.dynamodb.delete_item(TableName=table, Key={"id": {"S": expected["id"]}})
    forget_leases(workflow, expected["id"])


@needs_browser
@pytest.mark.parametrize("page", PAGES)
def test_nobody_s_page_frames_the_console(site, context, console, page):
    """Clickjacking: a person would press a button that they do not see."""
    said: list[str] = []
    frame = '<iframe src="{}" width="600" height="400"></iframe>'
    own = context.new_page()
    own.on("console", lambda message: said.append(message.text))
    own.goto(site.show(frame.format("/harmless")))
    assert own.frames[1].locator("h1").text_content() == "Win a scone"
    own.goto(site.show(frame.format(console.url + page)))
    own.frames[1].wait_for_url(re.compile("^chrome-error:"), wait_until="commit")
    assert any("frame-ancestors" in text or "X-Frame-Options" in text for text in said), said
    assert own.frames[1].locator("main").count() == 0


@needs_browser
def test_a_page_s_window_is_not_reached_by_who_opened_it(site, context, console):
    own = context.new_page()
    own.goto(site.show("<p>"))
    with context.expect_page() as opened:
        own.evaluate("address => { window.found = window.open(address) }", console.url)
    opened.value.wait_for_load_state()
    assert own.evaluate("window.found.closed")  # as it looks from another group of windows
    assert opened.value.evaluate("window.opener") is None


@needs_browser
@pytest.mark.usefixtures("waiting")
def test_another_origin_s_page_does_nothing_in_a_person_s_name(site, context, console, people, reviewer):
    """CSRF: somebody has signed in, in this browser, and then comes to a stranger's page."""
    person = context.new_page()
    person.goto(console.url + "review")
    sign_in(person, people.invite("reviewers"))
    person.goto("about:blank")
    leases = f"{console.url}leases"
    own, answers = context.new_page(), list[tuple[str, int]]()
    own.on("response", lambda it: answers.append((it.request.method, it.status)))
    own.goto(site.show(f'<form method="post" action="{leases}"><input name="most" value="1"></form>'))
    assert own.evaluate(POST, [leases, {}, "no-cors"]) == "opaque 0"
    assert ("POST", 401) in answers  # the browser has nothing that says by itself who it is
    # Even with a token that was stolen somewhere: no browser carries it there from here.
    stolen = {"Authorization": f"Bearer {reviewer.token}"}
    for headers in ({}, stolen, {"Content-Type": "application/json"}):
        assert own.evaluate(POST, [leases, headers, "cors"]) == "TypeError", headers
    assert {status for method, status in answers if method == "POST"} == {401}
    with own.expect_navigation() as sent:
        own.evaluate("document.forms[0].submit()")
    assert sent.value.status == 401


@needs_browser
@pytest.mark.parametrize(
    ("page", "underway"), [("", False), ("review", True)], ids=["unasked", "while signing in"]
)
def test_a_page_takes_no_sign_in_that_it_did_not_ask_for(context, console, people, page, underway):
    """By a stranger's link a person would send photos, or decide, in the stranger's name."""
    verifier = secrets.token_urlsafe(48)
    link = have_link(console, people, console.url + page, verifier)
    opened, asked = context.new_page(), list[str]()
    context.on("request", lambda request: asked.append(request.url))
    if underway:
        opened.goto(console.url + page)
        opened.click("#sign-in")
        opened.wait_for_selector("#username")
    opened.goto(link)
    opened.wait_for_selector("#sign-in:visible")
    assert opened.url == console.url + page
    assert people.discovered["token_endpoint"] not in asked
    code = parse_qs(urlsplit(link).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": console.url + page}
    form |= {"client_id": people.client, "code_verifier": verifier}
    unused = send(Request(people.discovered["token_endpoint"], data=urlencode(form).encode()))
    assert unused.status == 200  # it was a good one


def have_link(console: Console, people: People, page: str, verifier: str) -> str:
    """The stranger signs in, and keeps the address to which the pool leads back."""
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": people.client,
        "redirect_uri": page,
        "scope": SCOPES,
        "state": "stranger",
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    with console.browser.new_context() as context:
        context.route(f"{page}?*", lambda route: route.abort())
        own = context.new_page()
        own.goto(f"{people.discovered['authorization_endpoint']}?{urlencode(asked)}")
        own.fill("#username", people.invite("arrivals", "reviewers"))
        own.fill("#password", PASSWORD)
        with own.expect_request(lambda request: request.url.startswith(f"{page}?")) as led:
            own.get_by_role("button", name="Sign in").click()
        return led.value.url


@needs_browser
@pytest.mark.parametrize("page", PAGES)
def test_what_gets_into_a_page_neither_runs_nor_sends_anything_away(site, context, console, page):
    """If somebody's text were markup after all, the browser would refuse it."""
    opened, away = context.new_page(), site.show("<p>")
    opened.goto(console.url + page)
    for code in INTRUSIONS:
        with pytest.raises(Error, match=r"requires 'Trusted(HTML|Script|ScriptURL)' assignment"):
            opened.evaluate(code)
    assert opened.evaluate("window.ran") is None
    assert opened.evaluate(LOAD, away) == "TypeError"
    assert opened.evaluate(SHOW, f"{away}pixel.png") == 0
    opened.goto(away)
    assert opened.evaluate(LOAD, away) == "basic"
    assert opened.evaluate(SHOW, f"{away}pixel.png") == 1


@needs_browser
def test_what_somebody_writes_is_text_to_everybody_who_sees_it(workflow, console, people, reviewer):
    """A script in the name of a file, in the source of a device, and in what a person calls a vehicle."""
    with console.visit(people.invite("arrivals"), "?" + urlencode({"source": HOSTILE})) as device:
        hand_over(device, "drop", (f"{HOSTILE}.jpg", "image/jpeg", picture("red")))
        expect(device.locator("#current [data-state=waiting]")).to_be_visible(timeout=SOON)
        expect(device.locator("#current .about")).to_contain_text(HOSTILE)
        (sent,) = device.evaluate(
            "Object.values(JSON.parse(localStorage['scones-photos'])).flat().map((it) => it.id)"
        )
        put_first(workflow, sent)
        number = take_lease(reviewer, sent)["number"]
        assert decide(reviewer, sent, number, "other", vehicle=HOSTILE).status == 202
        expect(device.locator("#current h2")).to_contain_text(HOSTILE, timeout=SOON)
        check_inert(device)
    with console.visit(people.invite("leads"), "review") as lead:
        lead.click("#todays")
        expect(lead.locator("#decided li", has_text=HOSTILE)).to_be_visible(timeout=SOON)
        check_inert(lead)
    (item,) = workflow.items(f"{UPLOADS}{sent}")
    assert (item["file_name"], item["source"], item["vehicle"]) == (f"{HOSTILE}.jpg", HOSTILE, HOSTILE)


def check_inert(page: Page) -> None:
    """Console.visit looks at the rest: no request for `x`, no error, nothing that the policy refused."""
    assert page.locator("[onerror], [src='x']").count() == 0
    assert page.evaluate("[...document.scripts].filter((it) => !it.src).map((it) => it.id)") == ["settings"]


@needs_browser
def test_a_page_sends_a_photo_to_the_bucket_and_shows_it_from_there(
    context, console, people, waiting, reviewer
):
    """Its own policy and the bucket's rules let it."""
    address = take_lease(reviewer, waiting)["picture"]
    form = people.take_program().call("POST", "/photos", ASKED).body["upload"]
    page = context.new_page()
    page.goto(console.url)
    assert page.evaluate(UPLOAD, [form, list(BLANK)]) == 204
    assert page.evaluate(SHOW, address) == 1


@needs_browser
def test_a_stranger_s_page_reads_no_picture(site, context, waiting, reviewer):
    address = take_lease(reviewer, waiting)["picture"]
    page = context.new_page()
    page.goto(site.show("<p>"))
    assert page.evaluate(READ, address) == "TypeError"
    assert send(Request(address)).status == 200


def test_without_a_token_there_are_the_pages_and_their_files_and_nothing_else(console):
    """Through the gateway: as they are, compressed, and not twice."""
    page = ask(console.url, accept_encoding="gzip")
    assert (page.status, page.headers["Content-Encoding"]) == (200, "gzip")
    text = gzip.decompress(page.body).decode()
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in page.headers
    again = ask(console.url, if_none_match=page.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    (icon,) = set(re.findall(r'"(console/\w+/icon\.svg)"', text))
    assert ask(console.url + icon).status == 200
    version, tricks = (
        icon.split("/")[1],
        ("..%2ftexts.json", "%2e%2e%2f%2e%2e%2fapi.py", "icon.svg%00", "texts.json"),
    )
    for trick in (
        *(f"console/{version}/{it}" for it in tricks),
        "console/0/icon.svg",
        "favicon.ico",
        "review/",
    ):
        assert ask(console.url + trick).status == 404, trick
    assert ask(console.url, "HEAD").status == ask(console.url, "POST").status == 404
    for path in ("photos", f"photos/{'0' * 64}", "summary"):
        assert ask(console.url + path).status == 401, path
    asked = {"origin": "https://stranger.example", "access_control_request_method": "POST"}
    assert "Access-Control-Allow-Origin" not in ask(f"{console.url}leases", "OPTIONS", **asked).headers


def ask(address: str, method: str = "GET", **headers: str) -> Answer:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return send(Request(address, headers=told, method=method))


def test_a_photo_is_decided_and_kept_by_nobody_but_the_one_whose_it_is(people, waiting, reviewer):
    """Another person's lease."""
    number = take_lease(reviewer, waiting)["number"]
    other = people.sign_in(people.invite("reviewers"))
    told = [
        other.call("PUT", f"/leases/{waiting}"),
        other.call("DELETE", f"/leases/{waiting}"),
        decide(other, waiting, number, "bicycle"),
    ]
    assert [(it.status, it.body["type"]) for it in told] == [(409, "urn:scones-unlimited:LeaseLost")] * 3
    assert waiting not in [it["id"] for it in other.call("POST", "/leases").body["photos"]]
    assert reviewer.call("PUT", f"/leases/{waiting}").status == 200


def test_a_stolen_address_of_a_picture_is_good_for_nothing_once_its_time_is_over(workflow, waiting, reviewer):
    """The address that the API gave: its five minutes are a second here, as nobody waits for so long."""
    with addresses_lasting(workflow, seconds=1):
        until(
            lambda: read_query(take_lease(reviewer, waiting)["picture"])["X-Amz-Expires"] == "1", "a second"
        )
        stolen, begun = take_lease(reviewer, waiting)["picture"], time.monotonic()
        assert send(Request(stolen)).status == 200
        until(lambda: time.monotonic() - begun > 2, "the end of its time")
        over = send(Request(stolen))
        assert over.status == 403
        assert b"Request has expired" in over.body
    # Nor does it help to say that it lasts for longer, or began later.
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    for name, value in {"X-Amz-Expires": "604800", "X-Amz-Date": now}.items():
        query = urlencode(read_query(stolen) | {name: value})
        refused = send(Request(urlsplit(stolen)._replace(query=query).geturl()))
        assert (refused.status, b"SignatureDoesNotMatch" in refused.body) == (403, True), name
    usual = take_lease(reviewer, waiting)["picture"]
    assert read_query(usual)["X-Amz-Expires"] == "300"
    assert send(Request(usual)).status == 200
    assert send(Request(usual.replace(waiting, "0" * 64))).status == 403  # nor for another photo


def read_query(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


@contextmanager
def addresses_lasting(workflow: Deployment, seconds: int) -> Iterator[None]:
    """In here the API's function signs addresses for so long."""
    functions, name = workflow.aws("lambda"), workflow.outputs["function_names"]["api"]
    usual, changed = (workflow.project.root / "build/lambdas/api.zip").read_bytes(), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(usual)) as code, zipfile.ZipFile(changed, "w") as other:
        for file in code.namelist():
            content = code.read(file)
            if file == "lambdas/calls/pictures_shown.py":
                assert content.count(b"SECONDS = 300\n") == 1
                content = content.replace(b"SECONDS = 300\n", f"SECONDS = {seconds}\n".encode())
            other.writestr(file, content)
    functions.update_function_code(FunctionName=name, ZipFile=changed.getvalue())
    try:
        yield
    finally:
        functions.update_function_code(FunctionName=name, ZipFile=usual)
