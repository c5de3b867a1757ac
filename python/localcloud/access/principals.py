"""Who calls: the temporary credentials of roles and of AWS's own services, and everybody else.

AWS: a service takes a role by `sts:AssumeRole`, and what it runs signs with the session's key, which begins with ASIA.
Here moto's STS makes the sessions, whoever asks for one, and they last as long as the local cloud. What a service does
in its own name, as EventBridge does with dead letters, it signs with a key that only the local cloud knows.
Any other key is an administrator's.
"""

import functools
import threading
import uuid
from dataclasses import dataclass

from moto.sts.models import AssumedRole, STSBackend, sts_backends

from localcloud import gaps

PARTITION = "aws"
REGION = "us-east-1"  # of sessions, which are known in every region
SESSION_SECONDS = 3600

Known = tuple[tuple[str, str], ...]  # condition keys, in lower case, with their values


@dataclass(frozen=True)
class Credentials:
    """What a request is signed with."""

    key: str = "local"
    secret: str = "local"  # noqa: S105 - no secret: the local cloud takes any
    token: str | None = None

    def variables(self) -> dict[str, str]:
        """By these a process finds them."""
        found = {"AWS_ACCESS_KEY_ID": self.key, "AWS_SECRET_ACCESS_KEY": self.secret}
        return found | ({"AWS_SESSION_TOKEN": self.token} if self.token else {})


ADMINISTRATOR = Credentials()


@dataclass(frozen=True)
class Principal:
    """Who makes a request: a role's session, or a service."""

    arn: str  # as refusals name it
    names: tuple[tuple[str, str], ...]  # as a policy's Principal may name it
    role: str = ""
    known: Known = ()

    @property
    def account(self) -> str:
        return self.arn.split(":")[4] if self.role else ""


_principals: dict[str, Principal] = {}
_making = threading.RLock()


def install() -> None:
    """From here on the sessions that STS makes are known."""

    @gaps.wrap(STSBackend, "assume_role")
    def assume_role(original: gaps.Original, self: STSBackend, **asked: str) -> AssumedRole:
        session: AssumedRole = original(self, **asked)
        names = (("AWS", session.role_arn), ("AWS", session.arn))
        _principals[session.access_key_id] = Principal(session.arn, names, role=session.role_arn)
        return session


def find(key: str) -> Principal | None:
    """Who signs with this key; None is an administrator."""
    return _principals.get(key)


def assume(role: str, session: str) -> Credentials:
    """The credentials of a role, as a service of AWS gets them; the same ones for the same session."""
    with _making:
        return _assume(role, session)


@functools.cache
def _assume(role: str, session: str) -> Credentials:
    backend = sts_backends[role.split(":")[4]][PARTITION]
    made = backend.assume_role(
        region_name=REGION,
        role_session_name=session,
        role_arn=role,
        policy="",
        duration=SESSION_SECONDS,
        external_id="",
    )
    return Credentials(made.access_key_id, made.secret_access_key, made.session_token)


@functools.cache
def act_as(service: str, known: Known = ()) -> Credentials:
    """The credentials by which a service calls in its own name, with what AWS says of such a request."""
    key = f"ASIA{uuid.uuid4().hex[:16].upper()}"
    _principals[key] = Principal(service, (("Service", service),), known=known)
    return Credentials(key)
