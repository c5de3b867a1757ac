"""Somebody who has signed in at the local cloud's pages, as a browser does: by a code, which is exchanged with PKCE.

What the page answers is a token for the API, and the session by which it knows the browser from then on: by a link with
it another browser is signed in as well, which only the local cloud has.
"""

import base64
import hashlib
import secrets
import urllib.request
from dataclasses import dataclass
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import boto3

from core.console import UserError
from core.contract.shapes import Json
from operations import api_access, pool_people

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SCOPES = "openid scones/photos scones/review"
AUTHORIZE = "oauth2/authorize"


@dataclass(frozen=True)
class SignedIn:
    password: str
    token: str  # good for a quarter of an hour
    session: str  # good for an hour
    pages: str  # where the pool's are, with a slash

    def enter(self, page: str) -> str:
        """A link that signs a browser in and leads to the page."""
        return f"{self.pages}enter?{urlencode({'session': self.session, 'to': page})}"


def invite(api: Json, name: str, *groups: str) -> str:
    """Have them in the pool and in these groups, with a new password that nobody has to change; the password."""
    pool, password = api["pool_id"], pool_people.make_password()
    if pool_people.find_name(pool, name) is None:
        pool_people.make(pool, name)
    pool_people.set_password(pool, name, password)
    for group in groups:
        pool_people.put_into(pool, name, group)
    return password


def sign_in(api: Json, name: str, password: str) -> SignedIn:
    if not api["people"]:
        raise UserError("no page may sign people in: api.console is false, and api.origins names none")
    cognito: Any = boto3.client("cognito-idp")
    client = cognito.describe_user_pool_client(UserPoolId=api["pool_id"], ClientId=api["people"])
    page = client["UserPoolClient"]["CallbackURLs"][0]
    found = find_pages(cognito.meta.endpoint_url, api["pool_id"])
    verifier = secrets.token_urlsafe(48)
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    asked = {
        "response_type": "code",
        "client_id": api["people"],
        "redirect_uri": page,
        "scope": SCOPES,
        "code_challenge": digest.decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    pages = found["authorization_endpoint"].removesuffix(AUTHORIZE)
    code, session = fill_in(f"{pages}login?{urlencode(asked)}", {"username": name, "password": password})
    words = {
        "grant_type": "authorization_code",
        "client_id": api["people"],
        "redirect_uri": page,
        "code": code,
        "code_verifier": verifier,
    }
    request = urllib.request.Request(found["token_endpoint"], urlencode(words).encode(), FORM)  # noqa: S310
    return SignedIn(password, str(api_access.fetch(request)["access_token"]), session, pages)


def find_pages(idp: str, pool: str) -> Json:
    return api_access.fetch(urllib.request.Request(f"{idp}/{pool}/{api_access.DISCOVERY}"))  # noqa: S310


def fill_in(page: str, given: dict[str, str]) -> tuple[str, str]:
    """Send the form, and go nowhere: the code that the client's page would get, and the session of the browser."""
    place = urlsplit(page)
    connection = HTTPConnection(place.netloc, timeout=api_access.SECONDS)
    try:
        connection.request("POST", f"{place.path}?{place.query}", urlencode(given), FORM)
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    told = parse_qs(urlsplit(answer.headers.get("Location", "")).query)
    if "code" not in told:
        raise UserError(f"{page.partition('?')[0]} lets nobody in: {answer.status} {told}")
    cookie = SimpleCookie(answer.headers.get("Set-Cookie", ""))
    return told["code"][0], next((it.value for it in cookie.values()), "")
