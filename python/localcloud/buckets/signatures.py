"""The signatures of what is signed beforehand: an upload's form, and an address.

AWS: version 4 signs by a key that is made from the secret, the day, the region and the service. Who signs with a role's
session sends the session's token along. An administrator's secret is the one that all of them have here.
"""

import hashlib
import hmac
from dataclasses import dataclass

from moto.sts.models import sts_backends

from localcloud.access.principals import ADMINISTRATOR, PARTITION

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE, END = "s3", "aws4_request"


class Unknown(Exception):
    """Nobody has this key."""


class WrongToken(Exception):
    """The session's token is not that of the key."""


@dataclass(frozen=True)
class Scope:
    """What a credential names: the key, and what a signature by it is good for."""

    key: str
    day: str
    region: str

    @property
    def text(self) -> str:
        return f"{self.day}/{self.region}/{SERVICE}/{END}"


def read_scope(credential: str) -> Scope | None:
    """The parts of `KEY/20261127/us-east-1/s3/aws4_request`, if it is one."""
    parts = credential.split("/")
    if len(parts) != 5 or parts[3:] != [SERVICE, END] or not all(parts):
        return None
    return Scope(*parts[:3])


def find_secret(key: str, token: str | None) -> str:
    """The secret of the key that is sent with this token."""
    for regions in list(sts_backends.values()):
        session = regions[PARTITION].get_assumed_role_from_access_key(key)
        if session:
            if session.session_token != token:
                raise WrongToken
            return session.secret_access_key  # type: ignore[no-any-return]
    if key.startswith("ASIA"):  # a session that is none
        raise Unknown
    if token:
        raise WrongToken
    return ADMINISTRATOR.secret


def sign(secret: str, scope: Scope, text: str) -> str:
    """The signature of this text."""
    key = f"AWS4{secret}".encode()
    for part in (scope.day, scope.region, SERVICE, END):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def hash_text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def are_same(one: str, other: str) -> bool:
    """Whether two signatures are the same, without a hint where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())
