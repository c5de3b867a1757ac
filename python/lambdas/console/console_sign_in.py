"""Where the console's people sign in: as the pool's own discovery document has it."""

import functools
import json
import math
import time
import urllib.request

from core.contract.shapes import Json
from lambdas.calls.api_settings import READ_SECONDS, client
from lambdas.calls.problems import Unavailable

DISCOVERY = ".well-known/openid-configuration"
ENDPOINTS = {
    "authorize": "authorization_endpoint",
    "logout": "end_session_endpoint",
    "token": "token_endpoint",
}
AGAIN_SECONDS = (
    5  # after a failure: pages are anybody's, and who opens many must not wait for the pool in each
)
TOKEN, REVOKE = "/oauth2/token", "/oauth2/revoke"  # as Cognito's guide has both


failures: dict[str, float] = {}  # when a pool said nothing, the last time


@functools.cache
def endpoints(pool: str) -> Json:
    """It is asked once in a function's life, and after a failure again, but not at once."""
    if time.monotonic() - failures.get(pool, -math.inf) < AGAIN_SECONDS:
        raise Unavailable("the pool of people has just not said where to sign in")
    page = f"{client('cognito-idp').meta.endpoint_url}/{pool}/{DISCOVERY}"
    try:
        with urllib.request.urlopen(page, timeout=READ_SECONDS) as answer:  # noqa: S310
            found = json.load(answer)
        named = {name: found[endpoint] for name, endpoint in ENDPOINTS.items()}
    except (OSError, ValueError, KeyError) as error:
        failures[pool] = time.monotonic()
        raise Unavailable("the pool of people does not say where to sign in") from error
    # Not every pool's document is known to name it.
    beside = named["token"].removesuffix(TOKEN) + REVOKE
    return {**named, "revoke": found.get("revocation_endpoint", beside)}
