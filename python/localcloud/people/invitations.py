"""Cognito: whom an administrator may invite, and who is invited again.

AWS: in a pool that takes addresses for names, no name looks like an address, and a confirmed address is one person's.
`RESEND` gives somebody who has not come yet another temporary password, and they stay who they are, in their groups.
moto 5.2.5 takes any name and any address, and makes somebody new of whoever is invited again. Nobody is mailed here.
"""

from typing import Any

from moto.cognitoidp.exceptions import AliasExistsException, InvalidParameterException, UserNotFoundError
from moto.cognitoidp.models import CognitoIdpUser, CognitoIdpUserPool, UserStatus
from moto.cognitoidp.responses import CognitoIdpResponse
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult

from localcloud import gaps
from localcloud.people import user_pools

EMAIL, RESEND = "email", "RESEND"
IS_ADDRESS = "Username cannot be of email format, since user pool is configured for email alias."
NOT_INVITED = "Resend not possible. {} status is not FORCE_CHANGE_PASSWORD"


def install() -> None:
    """Fill the gap."""

    @gaps.wrap(CognitoIdpResponse, "admin_create_user")
    def admin_create_user(original: gaps.Original, self: CognitoIdpResponse) -> Any:
        pool, name = (
            self.backend.describe_user_pool(self._get_param("UserPoolId")),
            self._get_param("Username"),
        )
        if self._get_param("MessageAction") == RESEND:
            user = invite_again(pool, name, self._get_param("TemporaryPassword"))
            return ActionResult({"User": user.to_json(extended=True)})
        check(
            pool, name, self._get_param("UserAttributes") or [], bool(self._get_param("ForceAliasCreation"))
        )
        return original(self)


def check(pool: CognitoIdpUserPool, name: str, attributes: list[dict[str, str]], force: bool) -> None:
    """Refuse a name, or an address, that the pool cannot have."""
    if EMAIL not in (pool.extended_config.get("AliasAttributes") or ()):
        return
    if "@" in name:
        raise InvalidParameterException(IS_ADDRESS)
    known = {it["Name"]: it["Value"] for it in attributes}
    confirmed = known.get(f"{EMAIL}_verified") == "true"
    if confirmed and not force and user_pools.find_person(pool, known.get(EMAIL, "")):
        raise AliasExistsException


def invite_again(pool: CognitoIdpUserPool, name: str, password: str | None) -> CognitoIdpUser:
    user = user_pools.find_person(pool, name)
    if user is None:
        raise UserNotFoundError("User does not exist.")
    if user.status != UserStatus.FORCE_CHANGE_PASSWORD:
        raise JsonRESTError("UnsupportedUserStateException", NOT_INVITED.format(user.username))
    if password:
        user.password = password
    return user
