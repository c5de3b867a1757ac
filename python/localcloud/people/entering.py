"""A link that signs a browser in, as if somebody had filled in the sign-in page there: `make console` opens it.

AWS has nothing like it. The browser gets the cookie of a session that the page has given before, and goes on to a page
of an origin that one of the pool's clients is led back to, and nowhere else.
"""

import html
from urllib.parse import parse_qs, urlsplit

from moto.cognitoidp.models import CognitoIdpUserPool, UserStatus

from localcloud.http.exchanges import Incoming, Outgoing
from localcloud.people import grants, sign_in

OVER = "This link is over: make console gives another one."
ELSEWHERE = "No page of this pool's clients is there: {}"


def enter(pool: CognitoIdpUserPool, incoming: Incoming) -> Outgoing:
    """Sign the browser in, and go on."""
    asked = {name: values[0] for name, values in parse_qs(incoming.query).items()}
    session, to = asked.get("session", ""), asked.get("to", "")
    if not to.isprintable() or find_origin(to) not in list_origins(pool):
        return refuse(ELSEWHERE.format(to))
    known = grants.recall(pool, session)
    if known is None or known.user.status != UserStatus.CONFIRMED:
        return refuse(OVER)
    return Outgoing(
        302,
        headers=[("Location", to), ("Cache-Control", "no-store"), sign_in.write_cookie(pool, session)],
    )


def list_origins(pool: CognitoIdpUserPool) -> set[str]:
    """Where the clients' pages are."""
    clients = list(pool.clients.values())
    return {
        find_origin(url) for client in clients for url in client.extended_config.get("CallbackURLs") or ()
    }


def find_origin(url: str) -> str:
    place = urlsplit(url)
    return f"{place.scheme}://{place.netloc}"


def refuse(why: str) -> Outgoing:
    return Outgoing(400, html.escape(why).encode(), [sign_in.TYPE, ("Cache-Control", "no-store")])
