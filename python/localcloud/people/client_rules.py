"""Cognito: what a client of a pool may be given.

AWS: a client's scopes are those that every pool has, and those of a resource server that is there; a program has a
secret, and is no page as well; a page has an address to be led back to, and neither that nor the one after signing out
is plain HTTP, unless it is of the machine itself. moto 5.2.5 takes everything.
"""

from urllib.parse import urlsplit

from moto.cognitoidp.exceptions import InvalidParameterException
from moto.cognitoidp.models import CognitoIdpBackend, CognitoIdpUserPool, CognitoIdpUserPoolClient
from moto.core.exceptions import JsonRESTError

from core.contract.shapes import Json
from localcloud import gaps
from localcloud.people.token_endpoint import STANDARD

PROGRAM, PAGES = "client_credentials", {"code", "implicit"}
NO_SECRET = f"{PROGRAM} flow can not be selected if client does not have a client secret."
NO_PAGE = "CallbackUrls can not be empty when code flow or implicit flow is selected"
PLAIN, ITSELF = "http", ("localhost", "127.0.0.1", "::1")
BOTH = f"{PROGRAM} flow can not be selected along with code flow or implicit flow."


def install() -> None:
    """Fill the gap."""

    @gaps.wrap(CognitoIdpBackend, "create_user_pool_client")
    def create_user_pool_client(
        original: gaps.Original,
        self: CognitoIdpBackend,
        user_pool_id: str,
        generate_secret: bool,
        extended_config: Json,
    ) -> CognitoIdpUserPoolClient:
        check(self.describe_user_pool(user_pool_id), extended_config, generate_secret)
        return original(self, user_pool_id, generate_secret, extended_config)  # type: ignore[no-any-return]

    @gaps.wrap(CognitoIdpBackend, "update_user_pool_client")
    def update_user_pool_client(
        original: gaps.Original,
        self: CognitoIdpBackend,
        user_pool_id: str,
        client_id: str,
        extended_config: Json,
    ) -> CognitoIdpUserPoolClient:
        client = self.describe_user_pool_client(user_pool_id, client_id)
        check(self.describe_user_pool(user_pool_id), extended_config, client.generate_secret)
        return original(self, user_pool_id, client_id, extended_config)  # type: ignore[no-any-return]


def check(pool: CognitoIdpUserPool, asked: Json, secret: bool) -> None:
    """Refuse a client that the pool cannot have."""
    flows = set(asked.get("AllowedOAuthFlows") or ())
    if PROGRAM in flows and not secret:
        raise JsonRESTError("InvalidOAuthFlowException", NO_SECRET)
    if PROGRAM in flows and flows & PAGES:
        raise JsonRESTError("InvalidOAuthFlowException", BOTH)
    if flows & PAGES and not asked.get("CallbackURLs"):
        raise JsonRESTError("InvalidOAuthFlowException", NO_PAGE)
    for address in [*(asked.get("CallbackURLs") or ()), *(asked.get("LogoutURLs") or ())]:
        place = urlsplit(address)
        if place.scheme == PLAIN and place.hostname not in ITSELF:
            raise InvalidParameterException(f"{address} cannot use the HTTP protocol.")
    servers = list(pool.resource_servers.values())
    known = {f"{it.identifier}/{scope['ScopeName']}" for it in servers for scope in it.scopes or ()}
    for scope in asked.get("AllowedOAuthScopes") or ():
        if scope not in STANDARD and scope not in known:
            raise JsonRESTError("ScopeDoesNotExistException", f"Invalid scope requested: {scope}")
