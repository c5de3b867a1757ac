"""Cognito: tags and resource servers that change, pools that are not deleted by mistake, and whose pages a domain has.

AWS: a pool with its deletion protection on is not deleted, nor one that has a domain; an update sets back what it does
not name, but neither the tags nor how people are called; a resource server is changed and deleted; a domain is one
pool's, and has pages of the version that was asked for, by default the classic ones.
moto 5.2.5 deletes any pool, sets back the tags and the names as well, knows neither `UpdateResourceServer` nor
`DeleteResourceServer` nor what changes tags, and gives a domain to whoever asks last, without a version and with an
account that is another one each time.
"""

from typing import Any

from moto.cognitoidp.exceptions import InvalidParameterException
from moto.cognitoidp.models import CognitoIdpBackend, CognitoIdpUserPoolDomain
from moto.cognitoidp.responses import CognitoIdpResponse
from moto.core.responses import ActionResult, EmptyResult

from core.contract.shapes import Json
from localcloud import gaps
from localcloud.people import user_pools

PROTECTED = (
    "The user pool cannot be deleted because deletion protection is activated. "
    "Deletion protection must be inactivated first."
)
TAKEN = "Domain already associated with another user pool."
CLASSIC = 1
KEPT = ("AliasAttributes", "UserPoolTags", "UsernameAttributes", "UsernameConfiguration")
HAS_DOMAIN = "User pool cannot be deleted. It has a domain configured that should be deleted first."


def install() -> None:
    """Fill the gaps."""
    _install_tags()

    @gaps.wrap(CognitoIdpBackend, "delete_user_pool")
    def delete_user_pool(original: gaps.Original, self: CognitoIdpBackend, user_pool_id: str) -> None:
        pool = self.describe_user_pool(user_pool_id)
        if pool.extended_config.get("DeletionProtection") == "ACTIVE":
            raise InvalidParameterException(PROTECTED)
        if pool.domain:
            raise InvalidParameterException(HAS_DOMAIN)
        original(self, user_pool_id)

    @gaps.wrap(CognitoIdpBackend, "update_user_pool")
    def update_user_pool(
        original: gaps.Original, self: CognitoIdpBackend, user_pool_id: str, extended_config: Json
    ) -> None:
        known = self.describe_user_pool(user_pool_id).extended_config
        kept = {name: known[name] for name in KEPT if name in known}
        original(self, user_pool_id, kept | extended_config)

    @gaps.wrap(CognitoIdpBackend, "create_user_pool_domain")
    def create_user_pool_domain(
        original: gaps.Original, self: CognitoIdpBackend, user_pool_id: str, domain: str, *more: object
    ) -> CognitoIdpUserPoolDomain:
        if domain in self.user_pool_domains:
            raise InvalidParameterException(TAKEN)
        return original(self, user_pool_id, domain, *more)  # type: ignore[no-any-return]

    for method in ("create_user_pool_domain", "update_user_pool_domain"):
        _keep_version(method)

    @gaps.wrap(CognitoIdpUserPoolDomain, "to_json")
    def to_json(original: gaps.Original, self: gaps.Amended, extended: bool = True) -> Json:
        shown = original(self, extended) | {"ManagedLoginVersion": getattr(self, "pages", CLASSIC)}
        account = {"AWSAccountId": user_pools.account(self.user_pool_id)} if extended else {}
        return {**shown, **account}

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


def _install_tags() -> None:
    @gaps.add(CognitoIdpResponse)
    def list_tags_for_resource(self: CognitoIdpResponse) -> ActionResult:
        return ActionResult({"Tags": _tags(self)})

    @gaps.add(CognitoIdpResponse)
    def tag_resource(self: CognitoIdpResponse) -> ActionResult:
        _tags(self).update(self._get_param("Tags"))
        return EmptyResult()

    @gaps.add(CognitoIdpResponse)
    def untag_resource(self: CognitoIdpResponse) -> ActionResult:
        for name in self._get_param("TagKeys"):
            _tags(self).pop(name, None)
        return EmptyResult()


def _tags(response: CognitoIdpResponse) -> dict[str, str]:
    """The tags of the pool that the request names, to be changed."""
    settings = response.backend.describe_user_pool(
        response._get_param("ResourceArn").rpartition("/")[2]
    ).extended_config
    settings["UserPoolTags"] = settings.get("UserPoolTags") or {}
    return settings["UserPoolTags"]  # type: ignore[no-any-return]


def _keep_version(method: str) -> None:
    """Have this request keep which version of the pages it names."""

    @gaps.wrap(CognitoIdpResponse, method)
    def keep(original: gaps.Original, self: CognitoIdpResponse) -> Any:
        named, version = self._get_param("Domain"), self._get_param("ManagedLoginVersion")
        answer: Any = original(self)
        made: gaps.Amended = self.backend.user_pool_domains[named]
        made.pages = version or getattr(made, "pages", CLASSIC)
        answer._result["ManagedLoginVersion"] = made.pages
        return answer
