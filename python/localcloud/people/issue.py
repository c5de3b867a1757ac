"""The tokens of a pool, with the claims that Cognito writes, signed by the pool's key.

AWS: an access token has the client and the scopes that were asked for, and of a person the name and the groups as they
are at that moment; a program's subject is its client. An ID token is given to those who asked for `openid`.
moto 5.2.5 signs tokens for its own operations only, without a version and with one scope.
"""

import base64
import hashlib
import time
import uuid
from dataclasses import dataclass, field

from joserfc import jwt
from moto.cognitoidp.models import CognitoIdpUser, CognitoIdpUserPool, CognitoIdpUserPoolClient

from core.contract.shapes import Json
from localcloud.people import user_pools, validity

LOWEST_PRECEDENCE = float("inf")
OPENID = "openid"
ABOUT = {"email": ("email", "email_verified"), "phone": ("phone_number", "phone_number_verified")}
BOOLEANS = ("email_verified", "phone_number_verified")


@dataclass(frozen=True)
class Grant:
    """What a person signed in for, until the refresh token runs out."""

    pool: CognitoIdpUserPool
    client: CognitoIdpUserPoolClient
    user: CognitoIdpUser
    scopes: tuple[str, ...]
    nonce: str = ""
    signed_in: int = field(default_factory=lambda: int(time.time()))
    origin: str = field(default_factory=lambda: str(uuid.uuid4()))


def for_program(pool: CognitoIdpUserPool, client: CognitoIdpUserPoolClient, scopes: list[str]) -> Json:
    """What the token endpoint answers a program."""
    now, seconds = int(time.time()), validity.read(client, "AccessToken")
    claims = {
        "sub": client.id,
        "token_use": "access",
        "scope": " ".join(scopes),
        "auth_time": now,
        "iss": user_pools.issuer(pool),
        "exp": now + seconds,
        "iat": now,
        "version": 2,
        "jti": str(uuid.uuid4()),
        "client_id": client.id,
    }
    return {"access_token": sign(pool, claims), "expires_in": seconds, "token_type": "Bearer"}


def for_person(grant: Grant) -> Json:
    """What the token endpoint answers a person's page, without a refresh token."""
    pool, client, user = grant.pool, grant.client, grant.user
    now, seconds = int(time.time()), validity.read(client, "AccessToken")
    common: Json = {
        "sub": user.id,
        "iss": user_pools.issuer(pool),
        "origin_jti": grant.origin,
        "event_id": str(uuid.uuid4()),
        "auth_time": grant.signed_in,
        "iat": now,
    }
    if groups := _groups(user):
        common["cognito:groups"] = groups
    claims = common | {
        "version": 2,
        "client_id": client.id,
        "token_use": "access",
        "scope": " ".join(grant.scopes),
        "exp": now + seconds,
        "jti": str(uuid.uuid4()),
        "username": user.username,
    }
    access = sign(pool, claims)
    pool.access_tokens[access] = (client.id, user.username)
    answer = {"access_token": access, "expires_in": seconds, "token_type": "Bearer"}
    if OPENID not in grant.scopes:
        return answer
    about: Json = common | {
        "at_hash": _hash(access),
        "aud": client.id,
        "cognito:username": user.username,
        "token_use": "id",
        "exp": now + validity.read(client, "IdToken"),
        "jti": str(uuid.uuid4()),
        **describe(user, grant.scopes),
    }
    if grant.nonce:
        about["nonce"] = grant.nonce
    return {"id_token": sign(pool, about), **answer}


def describe(user: CognitoIdpUser, scopes: tuple[str, ...]) -> Json:
    """What these scopes show of a person."""
    known = {it["Name"]: it["Value"] for it in user.attributes}
    names = set(known) - {"sub"} if "profile" in scopes else set()
    for scope, attributes in ABOUT.items():
        if scope in scopes:
            names |= set(attributes) & set(known)
    return {name: known[name] == "true" if name in BOOLEANS else known[name] for name in sorted(names)}


def sign(pool: CognitoIdpUserPool, claims: Json) -> str:
    """The token."""
    return jwt.encode({"kid": user_pools.key_ids(pool)[0], "alg": "RS256"}, claims, pool.json_web_key)


def _groups(user: CognitoIdpUser) -> list[str]:
    def rank(group: object) -> tuple[float, str]:
        precedence = group.precedence  # type: ignore[attr-defined]
        return LOWEST_PRECEDENCE if precedence is None else precedence, group.group_name  # type: ignore[attr-defined]

    return [group.group_name for group in sorted(user.groups, key=rank)]


def _hash(token: str) -> str:
    half = hashlib.sha256(token.encode()).digest()[:16]
    return base64.urlsafe_b64encode(half).decode().rstrip("=")
