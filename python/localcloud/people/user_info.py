"""Who an access token is of, for the page that has it.

AWS: answers the token's person, to a token with the scope `openid`, and as much of them as its other scopes show.
"""

import json
import time

from joserfc import jws
from joserfc.errors import JoseError
from moto.cognitoidp.models import CognitoIdpUserPool

from localcloud.http.exchanges import Incoming, Outgoing, say
from localcloud.people import issue


def answer(pool: CognitoIdpUserPool, incoming: Incoming) -> Outgoing:
    """The person, or a refusal."""
    token = incoming.headers.get("authorization", "").partition(" ")[2]
    if token not in pool.access_tokens:
        return _refuse()
    try:
        signed = jws.deserialize_compact(token, pool.json_web_key, algorithms=["RS256"])
    except (JoseError, ValueError):
        return _refuse()
    claims = json.loads(signed.payload)
    scopes = tuple(claims.get("scope", "").split())
    user = pool.users.get(pool.access_tokens[token][1])
    if issue.OPENID not in scopes or user is None or claims["exp"] <= time.time():
        return _refuse()
    shown = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in issue.describe(user, scopes).items()
    }
    return say(200, {"sub": user.id, **shown, "username": user.username})


def _refuse() -> Outgoing:
    said = 'Bearer error="invalid_token"'
    return say(401, {"error": "invalid_token"}, ("www-authenticate", said))
