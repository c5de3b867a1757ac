"""The console's pages and files as the API's function serves them to anybody: what is in them, and what is not."""

import base64
import gzip
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.api_tables import Context

from lambdas import api
from lambdas.calls import api_settings
from lambdas.console import console_files, console_pages, console_sign_in

ROOT = Path(__file__).resolve().parents[2]
PAGES = {"GET /": "arrivals", "GET /review": "review"}
FILE = "GET /console/{version}/{file}"
POOL = "https://scones.auth.us-east-1.amazoncognito.com"
DOCUMENT = {
    "authorization_endpoint": f"{POOL}/oauth2/authorize",
    "end_session_endpoint": f"{POOL}/logout",
    "issuer": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_abc",
    "revocation_endpoint": f"{POOL}/oauth2/revoke",
    "token_endpoint": f"{POOL}/oauth2/token",
}


class Parts(HTMLParser):
    """A page's elements, and the text of its settings."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.settings = ""
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside = dict(attrs).get("id") == "settings"

    def handle_endtag(self, _tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        self.settings += data if self.inside else ""


@pytest.fixture(autouse=True)
def console(monkeypatch: pytest.MonkeyPatch, scripted: Any) -> Any:
    """The function's settings, and a pool that says where people sign in."""
    given = {
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": scripted.url,
        "TABLE": "photos",
        "REVIEWS": "reviews",
        "BUCKET": "scones-photos",
        "STATE_MACHINE": "machine",
        "LABELS": "bicycle,motorcycle,other",
        "ALARMS": "scones-unsure-",
        "GRACE_SECONDS": "5",
        "BLIND_PER_DAY": "3",
        "PERSON_DAYS": "30",
        "PEOPLE": "client-of-people",
        "POOL": "us-east-1_abc",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    scripted.answer(json.dumps(DOCUMENT).encode())
    forget()
    yield scripted
    forget()


def forget() -> None:
    for kept in (
        api_settings.settings,
        api_settings.client,
        console_files.contents,
        console_files.version,
        console_sign_in.endpoints,
    ):
        kept.cache_clear()
    console_sign_in.failures.clear()


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Another console in place of the real one: these files beside it, or instead of its own."""

    def change(**files: str) -> None:
        for name, content in console_files.contents().items():
            (tmp_path / name).write_bytes(content)
        for name, text in files.items():
            (tmp_path / name.replace("_", ".")).write_text(text)
        monkeypatch.setattr(console_files, "FOLDER", tmp_path)
        forget()

    return change


def ask(route: str, path: dict[str, str] | None = None, **headers: str) -> Any:
    """Nobody has a token: the gateway's event has no authorizer."""
    event = {
        "version": "2.0",
        "routeKey": route,
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
        "requestContext": {"http": {"method": "GET"}, "apiId": "abc"},
        "isBase64Encoded": False,
    }
    told = api.handler(event | ({"pathParameters": path} if path else {}), Context())
    encoded = told["isBase64Encoded"]
    body = base64.b64decode(told["body"], validate=True) if encoded else told["body"].encode()
    return SimpleNamespace(status=told["statusCode"], headers=told["headers"], body=body)


def load(file: str, version: str = "", **headers: str) -> Any:
    return ask(FILE, {"version": version or console_files.version(), "file": file}, **headers)


@pytest.mark.parametrize("route", PAGES)
def test_a_page_has_what_it_needs_and_nothing_of_anybody(route):
    page = ask(route)
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    text = page.body.decode()
    assert not re.search(r"{{|}}}}", text.replace(Parts(text).settings, ""))
    settings = json.loads(Parts(text).settings)
    texts = settings.pop("texts")
    assert settings == {
        "page": PAGES[route],
        "labels": ["bicycle", "motorcycle", "other"],
        "grace_seconds": 5,
        "sign_in": {
            "client": "client-of-people",
            "authorize": f"{POOL}/oauth2/authorize",
            "logout": f"{POOL}/logout",
            "revoke": f"{POOL}/oauth2/revoke",
            "token": f"{POOL}/oauth2/token",
        },
    }
    assert texts.keys() == {"shared", PAGES[route]}


@pytest.mark.parametrize("route", PAGES)
def test_a_page_runs_and_looks_by_its_own_files_alone(route):
    """What its policy would refuse: scripts, styles and handlers inside the page, and what is elsewhere."""
    for tag, attributes in Parts(ask(route).body.decode()).elements:
        assert not [name for name in attributes if name == "style" or name.startswith("on")], tag
        assert tag not in ("style", "base", "form")
        if tag == "script" and attributes.get("id") != "settings":
            assert attributes.get("src")
        for name in ("src", "href"):
            address = attributes.get(name) or ""
            assert re.fullmatch(r"(console/\w{16}/[\w.-]+|review|\.)?(#[\w-]+)?", address), address


@pytest.mark.parametrize("route", PAGES)
def test_what_a_page_names_is_there(route):
    named = re.findall(r'"console/(\w+)/([\w.-]+)"', ask(route).body.decode())
    assert named
    for version, file in named:
        assert load(file, version).status == 200, file


def test_each_script_imports_what_is_beside_it():
    for name, content in console_files.contents().items():
        if name.endswith(".js"):
            for imported in re.findall(r"""\b(?:from|import)\s*\(?["'](.*?)["']""", content.decode()):
                assert imported.startswith("./") and load(imported[2:]).status == 200, (name, imported)


def test_a_page_says_what_a_browser_may_do_with_it():
    headers = ask("GET /").headers
    policy = dict(rule.split(" ", 1) for rule in headers.pop("content-security-policy").split("; "))
    bucket = find_bucket()
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": f"'self' blob: data: {bucket}",
        "connect-src": f"'self' {' '.join(sorted([POOL, bucket]))}",
        "media-src": "blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert headers.pop("etag")
    assert headers == {
        "cache-control": "no-cache",
        "content-type": "text/html; charset=utf-8",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
        "referrer-policy": "no-referrer",
        "strict-transport-security": "max-age=31536000",
        "vary": "accept-encoding",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }


def find_bucket() -> str:
    """Where a form for a photo goes: the policy has it from an address at which one is seen."""
    form = api_settings.client("s3").generate_presigned_post("scones-photos", "incoming/api/a.png")
    found = re.match(r"https?://[^/]+", form["url"])
    assert found
    return found[0]


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_on_aws_the_bucket_has_an_origin_of_its_own(monkeypatch, region):
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    bucket = find_bucket()
    assert re.fullmatch(r"https://scones-photos\.s3(\.[a-z0-9-]+)?\.amazonaws\.com", bucket)
    assert f"img-src 'self' blob: data: {bucket};" in ask("GET /").headers["content-security-policy"]


def test_a_file_is_kept_for_ever_by_the_name_of_its_version():
    icon = load("icon.svg")
    assert (icon.status, icon.headers["content-type"]) == (200, "image/svg+xml")
    assert icon.body == console_files.contents()["icon.svg"]
    assert icon.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert icon.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert icon.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "file",
    [
        "missing.js",
        "",
        ".",
        "..",
        "../console_pages.py",
        "..\\..\\api.py",
        "/etc/passwd",
        "icon.svg/",
        "icon.svg\0",
        "ICON.SVG",
        "arrivals.html",
        "texts.json",
        "__init__.py",
        "\ud800",
        "a" * 10_000,
    ],
    ids=lambda file: ascii(file)[:20],
)
def test_what_is_no_file_of_a_page_is_not_found(file, capsys):
    told = load(file)
    assert (told.status, told.body) == (404, b"There is no such file.\n")
    assert told.headers["cache-control"] == "no-store"
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["status"], line["route"], line["sub"]) == ("INFO", 404, FILE, None)


def test_a_file_of_another_version_is_not_found():
    assert load("icon.svg", "0" * 16).status == 404
    assert load("icon.svg", console_files.version().upper() + "0").status == 404


def test_another_byte_or_another_name_is_another_version(change):
    versions = {console_files.version()}
    for files in ({"new_js": "a"}, {"new_js": "b"}, {"new_js": ""}, {"other_js": "b"}):
        change(**files)
        versions.add(console_files.version())
    assert len(versions) == 5


@pytest.mark.parametrize("route", [*PAGES, FILE])
def test_what_a_browser_has_is_not_sent_again(route):
    def again(**headers: str) -> Any:
        return ask(route, {"version": console_files.version(), "file": "icon.svg"}, **headers)

    first = again()
    tag = first.headers["etag"]
    assert again().headers["etag"] == tag
    for named in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        told = again(if_none_match=named)
        assert (told.status, told.body, told.headers["etag"]) == (304, b"", tag), named
        assert told.headers["cache-control"] == first.headers["cache-control"]
        assert told.headers["content-security-policy"] == first.headers["content-security-policy"]
    for named in ('"other"', "", tag[:-2], f"{tag}x"):
        assert again(if_none_match=named).status == 200, named


@pytest.mark.parametrize(
    "accepted, packed",
    [
        ("gzip, deflate, br, zstd", True),
        ("GZIP;q=0.5", True),
        ("*", True),
        ("br", False),
        ("gzip;q=0, br", False),
        ("gzip; q=0.000", False),
        ("", False),
    ],
)
def test_what_is_sent_is_compressed_for_those_who_take_it(accepted, packed):
    for told in (ask("GET /", accept_encoding=accepted), load("icon.svg", accept_encoding=accepted)):
        assert told.headers.get("content-encoding") == ("gzip" if packed else None)
        assert told.headers["vary"] == "accept-encoding"
    body = gzip.decompress(told.body) if packed else told.body
    assert body == console_files.contents()["icon.svg"]
    assert told.body == load("icon.svg", accept_encoding=accepted).body


HOSTILE = "</script><script src=//evil.example>alert(1)</script><!--\"'&\u2028{{=settings}}"


def test_neither_a_text_nor_a_label_ends_the_settings_or_begins_a_script(change, monkeypatch):
    texts = {"shared": {"hostile": HOSTILE}, "arrivals": {"title": HOSTILE}, "review": {"title": "-"}}
    change(texts_json=json.dumps(texts), arrivals_html=(console_files.FOLDER / "review.html").read_text())
    (console_files.FOLDER / "arrivals.html").write_text(
        '<title>{{arrivals.title}}</title><p title="{{arrivals.title}}"></p>'
        '<script type="application/json" id="settings">{{=settings}}</script><i>{{shared.hostile}}</i>'
    )
    monkeypatch.setenv("LABELS", f"bicycle,{HOSTILE}")
    text = ask("GET /").body.decode()
    parts = Parts(text)
    assert [tag for tag, _ in parts.elements] == ["title", "p", "script", "i"]
    assert parts.elements[1][1] == {"title": HOSTILE}
    settings = json.loads(parts.settings)
    assert settings["texts"] == {"shared": texts["shared"], "arrivals": texts["arrivals"]}
    assert settings["labels"] == ["bicycle", *HOSTILE.split(",")]
    assert "<" not in parts.settings


def test_who_opened_a_page_is_nobody(capsys):
    ask("GET /review")
    line = json.loads(capsys.readouterr().out)
    assert line.pop("timestamp")
    assert line == {
        "level": "INFO",
        "function": "api",
        "request_id": Context.aws_request_id,
        "route": "GET /review",
        "sub": None,
        "photo": None,
        "status": 200,
    }


def test_the_pool_is_asked_once_where_people_sign_in(console):
    for route in [*PAGES, *PAGES]:
        assert ask(route).status == 200
    assert [it.path for it in console.asked] == ["/us-east-1_abc/.well-known/openid-configuration"]


@pytest.mark.parametrize("body, status", [(b"", 500), (b"no JSON", 200), (b"{}", 200)])
def test_a_pool_that_says_nothing_useful_is_asked_again_five_seconds_later(
    console, body, status, capsys, monkeypatch
):
    now = 100.0
    monkeypatch.setattr(console_sign_in, "time", SimpleNamespace(monotonic=lambda: now))
    console.answer(body, status)
    told = ask("GET /")
    assert (told.status, told.headers["retry-after"]) == (503, "2")
    assert json.loads(told.body)["type"] == "urn:scones-unlimited:Unavailable"
    assert json.loads(capsys.readouterr().out)["level"] == "WARNING"
    assert load("icon.svg").status == 200  # which needs no pool
    console.answer(json.dumps(DOCUMENT).encode())
    now += 4.9
    assert [ask(route).status for route in PAGES] == [503, 503]
    assert console.asked == []
    now += 0.2
    assert ask("GET /").status == 200
    assert len(console.asked) == 1


def test_tokens_are_taken_back_beside_where_they_are_given(console):
    console.answer(json.dumps({**DOCUMENT, "revocation_endpoint": f"{POOL}/else"}).encode())
    assert f'"revoke":"{POOL}/else"' in ask("GET /").body.decode()
    forget()
    named = {name: address for name, address in DOCUMENT.items() if name != "revocation_endpoint"}
    console.answer(json.dumps(named).encode())
    assert f'"revoke":"{POOL}/oauth2/revoke"' in ask("GET /").body.decode()


def test_a_call_that_is_no_page_s_is_nobody_s_without_a_token():
    for route in ("GET /photos", "POST /leases"):
        with pytest.raises(KeyError, match="authorizer"):
            ask(route)


def test_terraform_leaves_the_same_routes_to_anybody():
    text = (ROOT / "terraform/modules/api/routes.tf").read_text()
    (listed,) = re.findall(r"^  console = \[(.*)\]$", text, re.MULTILINE)
    assert sorted(re.findall(r'"(.*?)"', listed)) == sorted(console_pages.PUBLIC)
