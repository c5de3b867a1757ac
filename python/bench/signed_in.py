"""Somebody who has signed in at the pool's own pages, as a browser does: by a code, which is exchanged with PKCE.

They are invited and put into groups before, as the runbook says. It is the local cloud's page that is filled in.
"""

import base64
import hashlib
import secrets
import urllib.request
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import boto3

from core.console import UserError
from core.contract.shapes import Json
from operations import api_access

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SCOPES = "openid scones/photos scones/review"


def invite(api: Json, name: str, *groups: str) -> str:
    """Make them, with a password that nobody has to change; the password."""
    cognito: Any = boto3.client("cognito-idp")
    person, password = {"UserPoolId": api["pool_id"], "Username": name}, f"Aa1-{secrets.token_urlsafe(12)}"
    cognito.admin_create_user(**person, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(**person, Password=password, Permanent=True)
    for group in groups:
        cognito.admin_add_user_to_group(**person, GroupName=group)
    return password


def sign_in(api: Json, name: str, password: str) -> str:
    """An access token, good for a quarter of an hour."""
    if not api["people"]:
        raise UserError("no page may sign people in: api.origins names none")
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
    login = found["authorization_endpoint"].replace("/oauth2/authorize", "/login")
    code = fill_in(f"{login}?{urlencode(asked)}", {"username": name, "password": password})
    words = {
        "grant_type": "authorization_code",
        "client_id": api["people"],
        "redirect_uri": page,
        "code": code,
        "code_verifier": verifier,
    }
    request = urllib.request.Request(found["token_endpoint"], urlencode(words).encode(), FORM)  # noqa: S310
    return str(api_access.fetch(request)["access_token"])


def find_pages(idp: str, pool: str) -> Json:
    return api_access.fetch(urllib.request.Request(f"{idp}/{pool}/{api_access.DISCOVERY}"))  # noqa: S310


def fill_in(page: str, given: dict[str, str]) -> str:
    """Send the form, and go nowhere: the code that the client's page would get."""
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
    return told["code"][0]
