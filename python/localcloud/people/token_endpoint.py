"""The token endpoint of a pool's domain: codes, refresh tokens and clients' secrets become access tokens.

AWS: a refusal is a 400 with a word for it, see RFC 6749. A client with a secret names itself by Basic authorization or
in the form, one without in the form; a code is good for five minutes and once, and for the page that asked for it.
"""

import base64
import binascii
import hashlib
import secrets
from urllib.parse import parse_qs, unquote

from moto.cognitoidp.models import CognitoIdpUserPool, CognitoIdpUserPoolClient

from core.contract.shapes import Json
from localcloud.http.exchanges import Incoming, Outgoing, say
from localcloud.people import grants, issue

FORM = "application/x-www-form-urlencoded"
STANDARD = ("openid", "email", "phone", "profile", "aws.cognito.signin.user.admin")


class Refused(Exception):
    """A word of RFC 6749."""


def answer(pool: CognitoIdpUserPool, incoming: Incoming) -> Outgoing:
    """What the endpoint says to a request."""
    try:
        told = exchange(pool, incoming)
    except Refused as refused:
        return say(400, {"error": str(refused)})
    return say(200, told, ("Cache-Control", "no-store"))


def revoke(pool: CognitoIdpUserPool, incoming: Incoming) -> Outgoing:
    """Take a refresh token back; one that nobody has is none any more either."""
    try:
        asked = _read(incoming)
        client = identify(pool, incoming, asked)
    except Refused as refused:
        return say(400, {"error": str(refused)})
    grant = grants.find(asked.get("token", ""))
    if grant and grant.client is client:
        grants.drop(asked["token"])
    return Outgoing(200)


def exchange(pool: CognitoIdpUserPool, incoming: Incoming) -> Json:
    """The tokens; raise Refused."""
    asked = _read(incoming)
    kind = asked.get("grant_type", "")
    if kind not in KINDS:
        raise Refused("unsupported_grant_type" if kind else "invalid_request")
    return KINDS[kind](pool, identify(pool, incoming, asked), asked)


def identify(pool: CognitoIdpUserPool, incoming: Incoming, asked: dict[str, str]) -> CognitoIdpUserPoolClient:
    """The client that asks, if it proves to be it."""
    named, secret = asked.get("client_id", ""), asked.get("client_secret", "")
    scheme, _, encoded = incoming.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            basic, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Refused("invalid_client") from error
        if named and named != basic:
            raise Refused("invalid_client")
        named, secret = unquote(basic), unquote(secret)
    client = pool.clients.get(named)
    if client is None:
        raise Refused("invalid_client" if named else "invalid_request")
    if client.generate_secret and not secrets.compare_digest(secret.encode(), client.secret.encode()):
        raise Refused("invalid_client")
    return client  # type: ignore[no-any-return]


def _give_program(pool: CognitoIdpUserPool, client: CognitoIdpUserPoolClient, asked: dict[str, str]) -> Json:
    if not allows(client, "client_credentials") or not client.generate_secret:
        raise Refused("unauthorized_client")
    own = [it for it in client.extended_config.get("AllowedOAuthScopes") or () if it not in STANDARD]
    scopes = asked.get("scope", "").split() or own
    if not scopes or not set(scopes) <= set(own):
        raise Refused("invalid_scope")
    return issue.for_program(pool, client, scopes)


def _give_for_code(
    _pool: CognitoIdpUserPool, client: CognitoIdpUserPoolClient, asked: dict[str, str]
) -> Json:
    if not allows(client, "code"):
        raise Refused("unauthorized_client")
    if "code" not in asked or "redirect_uri" not in asked:
        raise Refused("invalid_request")
    code = grants.take_code(asked["code"])
    if code is None or code.grant.client is not client or code.redirect_uri != asked["redirect_uri"]:
        raise Refused("invalid_grant")
    if code.challenge != challenge(asked.get("code_verifier", "")):
        raise Refused("invalid_grant")
    return issue.for_person(code.grant) | {"refresh_token": grants.keep(code.grant)}


def _give_again(_pool: CognitoIdpUserPool, client: CognitoIdpUserPoolClient, asked: dict[str, str]) -> Json:
    if "refresh_token" not in asked:
        raise Refused("invalid_request")
    grant = grants.find(asked["refresh_token"])
    if grant is None or grant.client is not client or not grants.is_there(grant):
        raise Refused("invalid_grant")
    return issue.for_person(grant)


def _read(incoming: Incoming) -> dict[str, str]:
    if incoming.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Refused("invalid_request")
    return {name: values[0] for name, values in parse_qs(incoming.body.decode("latin1")).items()}


def allows(client: CognitoIdpUserPoolClient, flow: str) -> bool:
    """Whether the client may get tokens in this way."""
    settings = client.extended_config
    return bool(settings.get("AllowedOAuthFlowsUserPoolClient")) and flow in (
        settings.get("AllowedOAuthFlows") or ()
    )


def challenge(verifier: str) -> str:
    """What a page that has this verifier has said when it asked for the code; of none nothing."""
    if not verifier:
        return ""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


KINDS = {
    "authorization_code": _give_for_code,
    "client_credentials": _give_program,
    "refresh_token": _give_again,
}
