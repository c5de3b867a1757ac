"""Cognito: resource servers that change, and pools that are not deleted by mistake.

AWS: a pool with its deletion protection on is not deleted, nor one that has a domain; a resource server is changed and
deleted. moto 5.2.5 deletes any pool and knows neither `UpdateResourceServer` nor `DeleteResourceServer`.
"""

from moto.cognitoidp.exceptions import InvalidParameterException
from moto.cognitoidp.models import CognitoIdpBackend
from moto.cognitoidp.responses import CognitoIdpResponse
from moto.core.responses import ActionResult, EmptyResult

from localcloud import gaps

PROTECTED = (
    "The user pool cannot be deleted because deletion protection is activated. "
    "Deletion protection must be inactivated first."
)
HAS_DOMAIN = "User pool cannot be deleted. It has a domain configured that should be deleted first."


def install() -> None:
    """Fill the gaps."""

    @gaps.wrap(CognitoIdpBackend, "delete_user_pool")
    def delete_user_pool(original: gaps.Original, self: CognitoIdpBackend, user_pool_id: str) -> None:
        pool = self.describe_user_pool(user_pool_id)
        if pool.extended_config.get("DeletionProtection") == "ACTIVE":
            raise InvalidParameterException(PROTECTED)
        if pool.domain:
            raise InvalidParameterException(HAS_DOMAIN)
        original(self, user_pool_id)

    @gaps.add(CognitoIdpResponse)
    def update_resource_server(self: CognitoIdpResponse) -> ActionResult:
        server = self.backend.describe_resource_server(
            self._get_param("UserPoolId"), self._get_param("Identifier")
        )
        server.name, server.scopes = self._get_param("Name"), self._get_param("Scopes") or []
        return ActionResult({"ResourceServer": server.to_json()})

    @gaps.add(CognitoIdpResponse)
    def delete_resource_server(self: CognitoIdpResponse) -> ActionResult:
        pool_id, identifier = self._get_param("UserPoolId"), self._get_param("Identifier")
        self.backend.describe_resource_server(pool_id, identifier)
        del self.backend.describe_user_pool(pool_id).resource_servers[identifier]
        return EmptyResult()
