"""The classic pages of a pool's domain, where people sign in: they come from a page of a client's and go back to it.

AWS: `/oauth2/authorize` goes on to `/login` unless the browser is signed in, and then to the client's page with a code.
Only an address that the client has registered is gone to: with another one, or an unknown client, the browser is shown
an error. Whoever was invited gives a new password first. `/logout` forgets the browser.
Left out here: signing up, a forgotten password, second factors, and the implicit flow.
"""

import html
import time
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, quote, urlencode

from moto.cognitoidp.exceptions import InvalidPasswordException
from moto.cognitoidp.models import CognitoIdpUser, CognitoIdpUserPool, CognitoIdpUserPoolClient, UserStatus

from localcloud.http.exchanges import Incoming, Outgoing
from localcloud.people import discovery, grants, user_pools
from localcloud.people.issue import Grant
from localcloud.people.token_endpoint import STANDARD, allows

COOKIE = "cognito"
TYPE = ("Content-Type", "text/html;charset=UTF-8")
METHOD = "S256"
OWN = "COGNITO"  # the pool itself, among those by whom a client's people sign in
UNAVAILABLE = "Login pages unavailable. Please contact an administrator."
WRONG = "Incorrect username or password."
TOO_WEAK = "Password does not conform to policy."
NO_MATCH = "Passwords do not match."
PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body {{ font: 16px sans-serif; max-width: 22rem; margin: 4rem auto; padding: 0 1rem }}
label, input, button {{ display: block; width: 100%; box-sizing: border-box; margin: .4rem 0; font: inherit }}
input, button {{ padding: .5rem }}</style></head>
<body><main><h1>{title}</h1>{body}</main></body>
</html>
"""
FORM = """<p role="alert">{message}</p>
<form method="post" action="{action}">
<label for="username">User name</label>
<input id="username" name="username" autocomplete="username" autocapitalize="none" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button name="signInSubmitButton">Sign in</button>
</form>"""
FIRST_TIME = """<p role="alert">{message}</p>
<form method="post" action="{action}">
<input type="hidden" name="session" value="{session}">
<label for="new_password">New password</label>
<input id="new_password" name="new_password" type="password" autocomplete="new-password" required autofocus>
<label for="confirm_password">The same again</label>
<input id="confirm_password" name="confirm_password" type="password" autocomplete="new-password" required>
<button>Send</button>
</form>"""


def authorize(pool: CognitoIdpUserPool, incoming: Incoming) -> Outgoing:
    """Send the browser to the sign-in page, or back to the client with a code or an error."""
    asked = _read(incoming.query)
    if error := _refuse_address(pool, asked, "redirect_uri", "CallbackURLs"):
        return _go(
            f"{_pages(pool)}/error?{urlencode({'error': error, 'client_id': asked.get('client_id', '')})}"
        )
    client = pool.clients[asked["client_id"]]
    if error := _find_error(client, asked):
        return _go_back(asked, error=error)
    known = grants.recall(pool, _cookie(incoming))
    if known:
        return _give_code(pool, known.user, asked, known.at)
    return _go(f"{_pages(pool)}/login?{incoming.query}")


def show(pool: CognitoIdpUserPool, incoming: Incoming) -> Outgoing:
    """The sign-in page."""
    asked = _read(incoming.query)
    if error := _refuse_address(pool, asked, "redirect_uri", "CallbackURLs"):
        return _show_error(error)
    return _page("Sign in", FORM, action=f"{_pages(pool)}/login?{incoming.query}", message="")


def sign_in(pool: CognitoIdpUserPool, incoming: Incoming) -> Outgoing:
    """Somebody has filled in the page."""
    asked, given = _read(incoming.query), _read(incoming.body.decode(errors="replace"))
    if error := _refuse_address(pool, asked, "redirect_uri", "CallbackURLs"):
        return _show_error(error)
    if error := _find_error(pool.clients[asked["client_id"]], asked):
        return _go_back(asked, error=error)
    user = user_pools.find_person(pool, given.get("username", "").strip())
    if user is None or not user.enabled or not user.password or user.password != given.get("password"):
        return _page("Sign in", FORM, action=f"{_pages(pool)}/login?{incoming.query}", message=WRONG)
    if user.status == UserStatus.FORCE_CHANGE_PASSWORD:
        return _ask_new_password(pool, user, incoming.query, "")
    if user.status != UserStatus.CONFIRMED:
        return _page("Sign in", FORM, action=f"{_pages(pool)}/login?{incoming.query}", message=WRONG)
    return _let_in(pool, user, asked)


def set_password(pool: CognitoIdpUserPool, incoming: Incoming) -> Outgoing:
    """Somebody who was invited has chosen a password."""
    asked, given = _read(incoming.query), _read(incoming.body.decode(errors="replace"))
    if error := _refuse_address(pool, asked, "redirect_uri", "CallbackURLs"):
        return _show_error(error)
    known = grants.recall(pool, given.get("session", ""))
    if known is None or known.user.status != UserStatus.FORCE_CHANGE_PASSWORD:
        return _go(f"{_pages(pool)}/login?{incoming.query}")
    grants.forget(given["session"])
    password = given.get("new_password", "")
    if password != given.get("confirm_password"):
        return _ask_new_password(pool, known.user, incoming.query, NO_MATCH)
    try:
        pool.backend.admin_set_user_password(pool.id, given_name(pool, known.user), password, permanent=True)
    except InvalidPasswordException:
        return _ask_new_password(pool, known.user, incoming.query, TOO_WEAK)
    return _let_in(pool, known.user, asked)


def sign_out(pool: CognitoIdpUserPool, incoming: Incoming) -> Outgoing:
    """Forget the browser, and send it where the client wants it."""
    asked = _read(incoming.query)
    grants.forget(_cookie(incoming))
    gone = ("Set-Cookie", f"{COOKIE}=; Path={_pages(pool)}; Max-Age=0; HttpOnly; SameSite=Lax")
    if "redirect_uri" in asked and "logout_uri" not in asked:
        answer = authorize(pool, Incoming("GET", incoming.path, incoming.query, {}, b"", "", ""))
    elif error := _refuse_address(pool, asked, "logout_uri", "LogoutURLs"):
        answer = _show_error(error)
    else:
        answer = _go(asked["logout_uri"])
    answer.headers.append(gone)
    return answer


def show_error(_pool: CognitoIdpUserPool, incoming: Incoming) -> Outgoing:
    return _show_error(_read(incoming.query).get("error", ""))


def given_name(pool: CognitoIdpUserPool, user: CognitoIdpUser) -> str:
    """By what moto finds the person: an address, where the pool's names are addresses."""
    known = {it["Name"]: it["Value"] for it in user.attributes}
    names = pool.extended_config.get("UsernameAttributes") or ()
    return next((known[name] for name in names if name in known), user.username)


def write_cookie(pool: CognitoIdpUserPool, word: str) -> tuple[str, str]:
    """The header by which a browser is known from now on."""
    cookie = f"{COOKIE}={word}; Path={_pages(pool)}; HttpOnly; SameSite=Lax"
    return "Set-Cookie", f"{cookie}; Max-Age={grants.SIGNED_IN_SECONDS}"


def _refuse_address(pool: CognitoIdpUserPool, asked: dict[str, str], name: str, registered: str) -> str:
    """Why the browser is sent nowhere; nothing if it may be."""
    client = pool.clients.get(asked.get("client_id", ""))
    if "client_id" not in asked or name not in asked:
        return "invalid_request"
    if client is None:
        return "Client does not exist."
    if asked[name] not in (client.extended_config.get(registered) or ()):
        return "redirect_mismatch"
    return "" if OWN in (client.extended_config.get("SupportedIdentityProviders") or ()) else UNAVAILABLE


def _find_error(client: CognitoIdpUserPoolClient, asked: dict[str, str]) -> str:
    """What is wrong with a request that came from the client's page; nothing if it is right."""
    if asked.get("response_type") != "code":
        return "unsupported_response_type" if asked.get("response_type") else "invalid_request"
    if not allows(client, "code"):
        return "unauthorized_client"
    if asked.get("code_challenge_method", METHOD) != METHOD:
        return "invalid_request"
    if ("code_challenge" in asked) != ("code_challenge_method" in asked):
        return "invalid_request"
    return "" if set(_scopes(client, asked)) <= set(_own_scopes(client)) else "invalid_scope"


def _scopes(client: CognitoIdpUserPoolClient, asked: dict[str, str]) -> list[str]:
    return asked.get("scope", "").split() or _own_scopes(client)


def _own_scopes(client: CognitoIdpUserPoolClient) -> list[str]:
    return list(client.extended_config.get("AllowedOAuthScopes") or STANDARD)


def _ask_new_password(pool: CognitoIdpUserPool, user: CognitoIdpUser, query: str, message: str) -> Outgoing:
    session = grants.remember(pool, user, grants.CHALLENGE_SECONDS)
    action = f"{_pages(pool)}/newPassword?{query}"
    return _page("Change password", FIRST_TIME, action=action, session=session, message=message)


def _let_in(pool: CognitoIdpUserPool, user: CognitoIdpUser, asked: dict[str, str]) -> Outgoing:
    answer = _give_code(pool, user, asked, int(time.time()))
    answer.headers.append(write_cookie(pool, grants.remember(pool, user)))
    return answer


def _give_code(pool: CognitoIdpUserPool, user: CognitoIdpUser, asked: dict[str, str], at: int) -> Outgoing:
    client = pool.clients[asked["client_id"]]
    scopes = tuple(_scopes(client, asked))
    grant = Grant(pool, client, user, scopes, nonce=asked.get("nonce", ""), signed_in=at)
    code = grants.make_code(grant, asked["redirect_uri"], asked.get("code_challenge", ""))
    return _go_back(asked, code=code)


def _go_back(asked: dict[str, str], **told: str) -> Outgoing:
    state = {"state": asked["state"]} if "state" in asked else {}
    joint = "&" if "?" in asked["redirect_uri"] else "?"
    return _go(f"{asked['redirect_uri']}{joint}{urlencode(told | state)}")


def _go(url: str) -> Outgoing:
    return Outgoing(302, headers=[("Location", url), ("Cache-Control", "no-store")])


def _page(title: str, body: str, status: int = 200, **values: str) -> Outgoing:
    filled = body.format(**{name: html.escape(value) for name, value in values.items()})
    text = PAGE.format(title=title, body=filled)
    return Outgoing(status, text.encode(), [TYPE, ("Cache-Control", "no-store")])


def _show_error(error: str) -> Outgoing:
    said = "<p>An error was encountered with the requested page.</p><p>{error}</p>"
    return _page("Error", said, 400, error=error)


def _pages(pool: CognitoIdpUserPool) -> str:
    assert pool.domain
    return discovery.PREFIX + quote(pool.domain.domain)


def _cookie(incoming: Incoming) -> str:
    try:
        found = SimpleCookie(incoming.headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _read(form: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(form, keep_blank_values=True).items()}
