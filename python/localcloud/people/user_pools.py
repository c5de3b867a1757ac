"""The user pools of the local cloud, found by what tokens and addresses say of them."""

import json
import re

from moto.cognitoidp.models import CognitoIdpUser, CognitoIdpUserPool, cognitoidp_backends
from moto.cognitoidp.responses import CognitoIdpJsonWebKeyResponse

from core.contract.shapes import Json

ISSUER = re.compile(r"https://cognito-idp\.[a-z0-9-]+\.amazonaws\.com/([^/]+)")


def find(pool_id: str) -> CognitoIdpUserPool | None:
    """The pool that has this id."""
    for regions in list(cognitoidp_backends.values()):
        for backend in list(regions.values()):
            if pool_id in backend.user_pools:
                return backend.user_pools[pool_id]  # type: ignore[no-any-return]
    return None


def find_issuer(issuer: str) -> CognitoIdpUserPool | None:
    """The pool that tokens of this issuer are from."""
    named = ISSUER.fullmatch(issuer)
    return find(named[1]) if named else None


def find_domain(domain: str) -> CognitoIdpUserPool | None:
    """The pool whose pages this domain has."""
    for regions in list(cognitoidp_backends.values()):
        for backend in list(regions.values()):
            if domain in backend.user_pool_domains:
                return find(backend.user_pool_domains[domain].user_pool_id)
    return None


def issuer(pool: CognitoIdpUserPool) -> str:
    """The issuer that the pool's tokens name."""
    return f"https://cognito-idp.{pool.region}.amazonaws.com/{pool.id}"


def account(pool_id: str) -> str:
    """Whose the pool is."""
    pool = find(pool_id)
    return pool.account_id if pool else ""


def public_keys(_pool: CognitoIdpUserPool) -> Json:
    """The keys that its tokens are checked by: moto's pools share one."""
    return json.loads(CognitoIdpJsonWebKeyResponse.json_web_key)  # type: ignore[no-any-return]


def key_ids(pool: CognitoIdpUserPool) -> list[str]:
    return [key["kid"] for key in public_keys(pool)["keys"]]


def find_person(pool: CognitoIdpUserPool, name: str) -> CognitoIdpUser | None:
    """Who signs in by this name: the user's own, or an address that the pool lets stand for it once it is verified.

    AWS: small and capital letters are not the same unless the pool says so.
    """
    exact = (pool.extended_config.get("UsernameConfiguration") or {}).get("CaseSensitive", True)
    fold = str if exact else str.lower
    settings = pool.extended_config
    aliases = [it for it in settings.get("AliasAttributes") or () if it != "preferred_username"]
    for user in list(pool.users.values()):
        known = {it["Name"]: it["Value"] for it in user.attributes}
        names = [user.username]
        names += [known.get(alias, "") for alias in aliases if known.get(f"{alias}_verified") == "true"]
        names += [known.get(it, "") for it in settings.get("UsernameAttributes") or ()]
        if name and fold(name) in map(fold, names):
            return user  # type: ignore[no-any-return]
    return None
