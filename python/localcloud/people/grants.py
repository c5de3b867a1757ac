"""What people signed in for: codes on their way to a page, refresh tokens, and browsers that are signed in.

AWS: a code lasts five minutes and is taken once; a browser stays signed in for an hour; a refresh token lasts as the
client says, unless its person is signed out everywhere, switched off or gone.
"""

import secrets
import threading
import time
from dataclasses import dataclass

from moto.cognitoidp.models import CognitoIdpUser, CognitoIdpUserPool

from localcloud.people import validity
from localcloud.people.issue import Grant

CODE_SECONDS, SIGNED_IN_SECONDS, CHALLENGE_SECONDS = 300, 3600, 180


@dataclass(frozen=True)
class Code:
    """A code, which only the page that asked for it can use."""

    grant: Grant
    redirect_uri: str
    challenge: str
    until: float


@dataclass(frozen=True)
class SignedIn:
    """Somebody who has said who they are: in a browser, or on the way to a new password."""

    pool: CognitoIdpUserPool
    user: CognitoIdpUser
    at: int
    until: float


_codes: dict[str, Code] = {}
_refreshing: dict[str, tuple[Grant, float]] = {}
_browsers: dict[str, SignedIn] = {}
_taking = threading.Lock()


def make_code(grant: Grant, redirect_uri: str, challenge: str) -> str:
    code = secrets.token_urlsafe(24)
    _codes[code] = Code(grant, redirect_uri, challenge, time.time() + CODE_SECONDS)
    return code


def take_code(code: str) -> Code | None:
    """What the code is for, to the first who asks in time."""
    with _taking:
        found = _codes.pop(code, None)
    return found if found and found.until > time.time() and is_there(found.grant) else None


def keep(grant: Grant) -> str:
    """A refresh token; moto is told of it, which signs people out."""
    token = secrets.token_urlsafe(48)
    _refreshing[token] = (grant, time.time() + validity.read(grant.client, "RefreshToken"))
    grant.pool.refresh_tokens[token] = (grant.client.id, grant.user.username, grant.origin)
    return token


def find(token: str) -> Grant | None:
    """What the refresh token was given for."""
    grant, until = _refreshing.get(token, (None, 0.0))
    return grant if grant and until > time.time() and grant.pool.refresh_tokens.get(token) else None


def drop(token: str) -> None:
    """The refresh token is good for nothing any more."""
    _refreshing.pop(token, None)


def is_there(grant: Grant) -> bool:
    """Whether the person is still in the pool, and the client too."""
    user = grant.pool.users.get(grant.user.username)
    return user is grant.user and user.enabled and grant.client.id in grant.pool.clients


def remember(pool: CognitoIdpUserPool, user: CognitoIdpUser, seconds: float = SIGNED_IN_SECONDS) -> str:
    """A word by which a browser is known."""
    word, now = secrets.token_urlsafe(24), time.time()
    _browsers[word] = SignedIn(pool, user, int(now), now + seconds)
    return word


def recall(pool: CognitoIdpUserPool, word: str) -> SignedIn | None:
    """Who the browser is signed in as."""
    found = _browsers.get(word)
    if found is None or found.pool is not pool or found.until <= time.time():
        return None
    return found if found.user.enabled and pool.users.get(found.user.username) is found.user else None


def forget(word: str) -> None:
    _browsers.pop(word, None)
