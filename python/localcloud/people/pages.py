"""What a browser or a program asks of a pool: its discovery document, its keys, and the pages of its domain.

AWS has these at addresses of their own: here the domain is a part of the path.
"""

from collections.abc import Callable, Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from moto.cognitoidp.models import CognitoIdpUserPool

from localcloud.http import exchanges
from localcloud.http.exchanges import Incoming, Outgoing, say
from localcloud.people import discovery, entering, sign_in, token_endpoint, user_info, user_pools

Page = Callable[[CognitoIdpUserPool, Incoming], Outgoing]

PAGES: dict[tuple[str, str], Page] = {
    ("GET", "enter"): entering.enter,
    ("GET", "error"): sign_in.show_error,
    ("GET", "login"): sign_in.show,
    ("GET", "logout"): sign_in.sign_out,
    ("GET", "oauth2/authorize"): sign_in.authorize,
    ("GET", "oauth2/userInfo"): user_info.answer,
    ("POST", "login"): sign_in.sign_in,
    ("POST", "newPassword"): sign_in.set_password,
    ("POST", "oauth2/revoke"): token_endpoint.revoke,
    ("POST", "oauth2/token"): token_endpoint.answer,
    ("POST", "oauth2/userInfo"): user_info.answer,
}
FOR_SCRIPTS = ("oauth2/revoke", "oauth2/token", "oauth2/userInfo")
OPEN = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Headers", "Authorization,Content-Type"),
    ("Access-Control-Allow-Methods", "GET,POST,OPTIONS"),
)


def serve(application: WSGIApplication, url: str) -> WSGIApplication:
    """The application, which answers these as well."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith(discovery.PREFIX):
            incoming = exchanges.read(environ)
            outgoing = respond(incoming)
        elif path.endswith((discovery.KEYS, discovery.CONFIGURATION)):
            incoming = exchanges.read(environ)
            outgoing = describe(path, url)
        else:
            return application(environ, start_response)
        return outgoing.send(incoming.method, start_response)

    return answer


def respond(incoming: Incoming) -> Outgoing:
    """The answer to a request below the prefix."""
    _, _, domain, *rest = incoming.segments
    pool, page = user_pools.find_domain(domain), "/".join(rest)
    if pool is None:
        return say(404, {"message": "no user pool has this domain"})
    if page in FOR_SCRIPTS and incoming.method == "OPTIONS":
        return Outgoing(200, headers=list(OPEN))
    if (incoming.method, page) not in PAGES:
        known = any(name == page for _, name in PAGES)
        return say(405 if known else 404, {"message": "Method Not Allowed" if known else "Not Found"})
    outgoing = PAGES[incoming.method, page](pool, incoming)
    if page in FOR_SCRIPTS:
        outgoing.headers.append(OPEN[0])
    return outgoing


def describe(path: str, url: str) -> Outgoing:
    """A pool's document, or its keys."""
    pool_id = path.split("/")[1]
    pool = user_pools.find(pool_id)
    if pool is None:
        said = {"code": "ResourceNotFoundException", "message": f"User pool {pool_id} does not exist."}
        return say(404, said, OPEN[0])
    found = user_pools.public_keys(pool) if path.endswith(discovery.KEYS) else discovery.describe(pool, url)
    return say(200, found, OPEN[0])
