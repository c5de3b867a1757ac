"""How long what a client of a pool gets is valid, in seconds.

AWS: an access and an ID token an hour, a refresh token thirty days, unless the client says otherwise, each in a unit of
its own.
"""

from moto.cognitoidp.models import CognitoIdpUserPoolClient

SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
DEFAULTS = {"AccessToken": (1, "hours"), "IdToken": (1, "hours"), "RefreshToken": (30, "days")}


def read(client: CognitoIdpUserPoolClient, token: str) -> int:
    """For a token of this kind."""
    number, unit = DEFAULTS[token]
    configured = client.extended_config.get(f"{token}Validity") or number
    units = client.extended_config.get("TokenValidityUnits") or {}
    return int(configured) * SECONDS[units.get(token, unit)]
