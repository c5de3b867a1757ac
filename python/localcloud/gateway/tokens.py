"""The JWT authorizer: whether a request's token lets it take a route.

AWS: the signature is by a key of the issuer, RS256 alone; `iss` is the authorizer's, `aud` or, where there is none,
`client_id` is one of its audience; `exp` is to come, `nbf` and `iat` are past, and one of the route's scopes is in
`scope` or `scp`. A refusal says why in `www-authenticate`. AWS publishes one of its descriptions, of the audience; the
others are as people met them.
The issuer is a pool of this local cloud, whose keys are looked up in the pool itself.
"""

import json
import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.util import urlsafe_b64decode
from moto.apigatewayv2.models import Authorizer
from moto.cognitoidp.models import CognitoIdpUserPool

from core.contract.shapes import Json
from localcloud.people import user_pools

ALGORITHM = "RS256"
SCHEME = "bearer "


class Refused(Exception):
    """The request may not take the route. `status` is 401, or 403 if only a scope is missing."""

    def __init__(
        self, status: int, error: str = "", description: str = "", scopes: Iterable[str] = ()
    ) -> None:
        super().__init__(f"{error}: {description}" if error else "Unauthorized")
        self.status = status
        said = (
            f' scope="{" ".join(scopes)}" error="{error}" error_description="{description}"' if error else ""
        )
        self.challenge = f"Bearer{said}"


class Granted(NamedTuple):
    """What the authorizer found: the claims, and the scopes of the route that the token has."""

    claims: Json
    scopes: list[str] | None


def authorize(authorizer: Authorizer, scopes: list[str], headers: Mapping[str, str]) -> Granted:
    """The token's claims; raise Refused."""
    token = find(authorizer, headers)
    if not token:
        raise Refused(401)
    claims = verify(authorizer, token)
    if not scopes:
        return Granted(claims, None)
    had = claims.get("scope", claims.get("scp", ""))
    had = had.split() if isinstance(had, str) else had or []
    shared = [it for it in scopes if it in had]
    if not shared:
        raise Refused(403, "insufficient_scope", "the token does not have any of the required scopes", scopes)
    return Granted(claims, shared)


def find(authorizer: Authorizer, headers: Mapping[str, str]) -> str:
    """The token in the header that the authorizer names, with the word Bearer or without."""
    for source in authorizer.identity_source or ():
        _, _, name = source.partition("$request.header.")
        text = headers.get(name.lower(), "")
        if text:
            return text[len(SCHEME) :].strip() if text.lower().startswith(SCHEME) else text
    return ""


def verify(authorizer: Authorizer, token: str) -> Json:
    """The claims of a token that the issuer signed, for this audience and this time."""
    wanted: Json = authorizer.jwt_config  # type: ignore[assignment]
    pool = user_pools.find_issuer(wanted["issuer"])
    if pool is None:
        raise _invalid("OIDC discovery endpoint communication error")
    claims = _open(pool, token)
    now = time.time()
    if claims.get("iss") != wanted["issuer"]:
        raise _invalid("issuer does not match")
    audience = claims.get("aud", claims.get("client_id"))
    named = audience if isinstance(audience, list) else [audience]
    if not set(map(str, named)) & set(wanted.get("audience") or ()):
        raise _invalid("the token does not have a valid audience")
    if not _is_time(claims.get("exp")) or claims["exp"] <= now:
        raise _invalid("the token has expired")
    for name in ("nbf", "iat"):
        if name in claims and (not _is_time(claims[name]) or int(claims[name]) > now):
            raise _invalid("the token is not valid yet")
    return claims


def write(value: object) -> str:
    """A claim as the function gets it: all of them are text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{' '.join(map(write, value))}]"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{name}:{write(inner)}' for name, inner in sorted(value.items()))}]"
    return str(value)


def _open(pool: CognitoIdpUserPool, token: str) -> Json:
    if token.count(".") != 2:
        raise _invalid("token contains an invalid number of segments")
    try:
        header = json.loads(urlsafe_b64decode(token.partition(".")[0].encode()))
        if not isinstance(header, dict) or header.get("alg") != ALGORITHM:
            raise _invalid("signing method is invalid")
        if header.get("kid") not in user_pools.key_ids(pool):
            raise _invalid("kid not found")
        claims = json.loads(jws.deserialize_compact(token, pool.json_web_key, algorithms=[ALGORITHM]).payload)
    except (JoseError, ValueError) as error:
        raise _invalid("signature is invalid") from error
    if not isinstance(claims, dict):
        raise _invalid("claims are invalid")
    return claims


def _invalid(description: str) -> Refused:
    return Refused(401, "invalid_token", description)


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
