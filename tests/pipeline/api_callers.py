"""Who calls the deployed API: programs by their secrets, people by the hosted sign-in, as browsers do it."""

import base64
import hashlib
import html
import json
import re
import secrets
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener

from tests.pipeline.conftest import Deployment

TOO_MANY = 429
PASSWORD = "Rosinen-mit-9-Scones"
SCOPES = "openid scones/photos scones/review"
INPUT = re.compile(r"<input[^>]*>")
FIELD = re.compile(r'(name|value)="([^"]*)"')


@dataclass
class Answer:
    status: int
    headers: Any
    body: Any


class Redirected(HTTPRedirectHandler):
    """Answers a redirection instead of following it."""

    def redirect_request(self, *_: Any) -> None:
        return None


def send(request: Request, *handlers: Any) -> Answer:
    try:
        with build_opener(Redirected, *handlers).open(request) as answered:
            return Answer(answered.status, answered.headers, answered.read())
    except HTTPError as refused:
        return Answer(refused.code, refused.headers, refused.read())


@dataclass
class Caller:
    url: str
    token: str
    tokens: dict[str, Any] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        told = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        told |= {"Content-Type": "application/json"} if data is not None else {}
        asked = Request(self.url + path, data=data, headers=told, method=method)
        while (answer := send(asked)).status == TOO_MANY:
            time.sleep(0.05)
        answer.body = json.loads(answer.body) if answer.body else None
        return answer


class People:
    """The environment's pool, seen by an administrator who invites, and by those who sign in."""

    def __init__(self, deployment: Deployment) -> None:
        self.access = deployment.outputs["api"]
        self.pool, self.client = self.access["pool_id"], self.access["people"]
        self.cognito = deployment.aws("cognito-idp")
        endpoint = deployment.project.variables["AWS_ENDPOINT_URL"]
        found = send(Request(f"{endpoint}/{self.pool}/.well-known/openid-configuration"))
        self.discovered = json.loads(found.body)
        described = self.cognito.describe_user_pool_client(UserPoolId=self.pool, ClientId=self.client)
        self.redirect = described["UserPoolClient"]["CallbackURLs"][0]

    def invite(self, *groups: str) -> str:
        """A person with a password of their own, in these groups; the name to sign in by."""
        name = f"person-{uuid.uuid4().hex}"
        about = {"UserPoolId": self.pool, "Username": name}
        email = {"Name": "email", "Value": f"{name}@scones.example"}
        self.cognito.admin_create_user(**about, UserAttributes=[email], MessageAction="SUPPRESS")
        self.cognito.admin_set_user_password(**about, Password=PASSWORD, Permanent=True)
        for group in groups:
            self.cognito.admin_add_user_to_group(**about, GroupName=group)
        return name

    def sign_in(self, name: str) -> Caller:
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.client,
            "redirect_uri": self.redirect,
            "scope": SCOPES,
            "state": "s",
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        cookies = HTTPCookieProcessor()
        page = f"{self.discovered['authorization_endpoint']}?{urlencode(asked)}"
        answer = send(Request(page), cookies)
        while answer.status in (302, 303):
            page = urljoin(page, answer.headers["Location"])
            answer = send(Request(page), cookies)
        assert answer.status == 200, answer.body
        text = answer.body.decode()
        inputs = [dict(FIELD.findall(tag)) for tag in INPUT.findall(text)]
        form = {it["name"]: html.unescape(it.get("value", "")) for it in inputs if "name" in it}
        form |= {"username": name, "password": PASSWORD}
        found = re.search(r'<form[^>]*action="([^"]*)"', text)
        action = urljoin(page, html.unescape(found[1])) if found else page
        answer = send(Request(action, data=urlencode(form).encode()), cookies)
        assert answer.status in (302, 303), answer.body
        location = answer.headers["Location"]
        assert location.startswith(self.redirect)
        (code,) = parse_qs(urlsplit(location).query)["code"]
        return self._exchange(
            grant_type="authorization_code", code=code, redirect_uri=self.redirect, code_verifier=verifier
        )

    def refresh(self, caller: Caller) -> Caller:
        return self._exchange(grant_type="refresh_token", refresh_token=caller.tokens["refresh_token"])

    def _exchange(self, **form: str) -> Caller:
        form |= {"client_id": self.client}
        answer = send(Request(self.discovered["token_endpoint"], data=urlencode(form).encode()))
        assert answer.status == 200, answer.body
        tokens = json.loads(answer.body)
        return Caller(self.access["url"], tokens["access_token"], tokens)

    def take_program(self, name: str = "program") -> Caller:
        """The token of a program."""
        client = self.access["programs"][name]
        described = self.cognito.describe_user_pool_client(UserPoolId=self.pool, ClientId=client)
        secret = described["UserPoolClient"]["ClientSecret"]
        basic = base64.b64encode(f"{client}:{secret}".encode()).decode()
        form = urlencode({"grant_type": "client_credentials"}).encode()
        asked = Request(
            self.discovered["token_endpoint"], data=form, headers={"Authorization": f"Basic {basic}"}
        )
        answer = send(asked)
        assert answer.status == 200, answer.body
        return Caller(self.access["url"], json.loads(answer.body)["access_token"])


def post_form(form: dict[str, Any], content: bytes, **changed: str) -> Answer:
    """Upload by a form, as a browser does; fields that are changed are sent so, or not at all if they are empty."""
    boundary = uuid.uuid4().hex
    fields = {name: value for name, value in (form["fields"] | changed).items() if value}
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    head = (
        "".join(parts)
        + f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="photo.png"\r\n'
    )
    head += f"Content-Type: {fields.get('Content-Type', 'image/png')}\r\n\r\n"
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    told = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return send(Request(form["url"], data=body, headers=told))
