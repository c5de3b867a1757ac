"""A pool's discovery document and its keys, below the address of cognito-idp.

AWS: the document names the issuer, and where the pool's domain has its pages. Here the issuer stays AWS's name, which
tokens carry, and the addresses are the local cloud's.
moto 5.2.5 names the keys alone.
"""

from moto.cognitoidp.models import CognitoIdpUserPool

from core.contract.shapes import Json
from localcloud.people import user_pools

PREFIX = "/_aws/auth/"
KEYS, CONFIGURATION = "/.well-known/jwks.json", "/.well-known/openid-configuration"
ENDPOINTS = {
    "authorization_endpoint": "oauth2/authorize",
    "end_session_endpoint": "logout",
    "revocation_endpoint": "oauth2/revoke",
    "token_endpoint": "oauth2/token",
    "userinfo_endpoint": "oauth2/userInfo",
}


def describe(pool: CognitoIdpUserPool, url: str) -> Json:
    """The document. A pool without a domain has no pages."""
    domain = pool.domain
    pages = f"{url}{PREFIX}{domain.domain}" if domain else ""
    return {
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": user_pools.issuer(pool),
        "jwks_uri": f"{url}/{pool.id}{KEYS}",
        "response_types_supported": ["code", "token"],
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        **({name: f"{pages}/{path}" for name, path in ENDPOINTS.items()} if pages else {}),
    }
