"""A link by which a browser is signed in: `make console` opens the console by it."""

from urllib.parse import urlencode

import pytest
from tests.localcloud.apis import Pool, ask
from tests.localcloud.test_people import Browser, come_back, invite

TO = "http://localhost:4577/review?enter"


@pytest.fixture
def pool(aws, cloud):
    return Pool(aws, cloud, AliasAttributes=["email"])


def enter(pool, session, to=TO):
    query = urlencode({"session": session, "to": to})
    return ask(f"{pool.cloud}/_aws/auth/{pool.domain}/enter?{query}")


def test_a_browser_that_comes_by_the_link_is_signed_in(pool):
    invite(pool, "anna")
    first = Browser(pool)
    first.sign_in("anna")
    said = enter(pool, first.cookie.partition("=")[2])
    assert (said.status, said.headers["location"]) == (302, TO)
    other = Browser(pool)
    assert "/login?" in other.go().headers["location"]
    other.cookie = said.cookies[0].split(";")[0]
    assert "HttpOnly" in said.cookies[0]
    assert other.take(other.go()).status == 200
    assert come_back(other.go())["code"]


@pytest.mark.parametrize(
    "to",
    [
        "http://evil/",
        "//evil/",
        "/review",
        "",
        "http://localhost:4577.evil/",
        "http://localhost:4577@evil/",
        "https://localhost:4577/",
        "javascript:alert(1)",
        "http://localhost:4577/\r\nSet-Cookie: cognito=x",
    ],
)
def test_the_link_leads_to_a_page_of_a_client_s_only(pool, to):
    invite(pool, "anna")
    browser = Browser(pool)
    browser.sign_in("anna")
    said = enter(pool, browser.cookie.partition("=")[2], to)
    assert (said.status, said.cookies) == (400, [])


def test_a_session_that_is_over_or_was_never_one_lets_nobody_in(pool):
    browser = Browser(pool)
    said = enter(pool, "guessed")
    assert (said.status, said.cookies) == (400, [])
    assert b"This link is over" in said.body
    invite(pool, "anna")
    browser.sign_in("anna")
    session = browser.cookie.partition("=")[2]
    browser.go("logout", redirect_uri=None, logout_uri="http://localhost:4577/gone")
    assert enter(pool, session).status == 400


def test_somebody_who_has_not_chosen_a_password_yet_is_not_let_in(pool):
    invite(pool, "carl", permanent=False)
    browser = Browser(pool)
    page = browser.sign_in("carl").body.decode()
    session = page.partition('name="session" value="')[2].partition('"')[0]
    assert session
    assert enter(pool, session).status == 400
