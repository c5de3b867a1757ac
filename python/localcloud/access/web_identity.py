"""STS: a role that is taken with a token of somebody else's, as GitHub Actions do.

AWS: `AssumeRoleWithWebIdentity` needs no credentials; the account has an identity provider for the token's issuer, and
the role's trust policy names it, with conditions on what the token claims. Of most issuers it knows three claims, of
GitHub's nine more; a condition on another one is never met.
moto 5.2.5 hands out credentials of any role for any text. Here the claims count, but nobody checks who signed them.
"""

import base64
import json

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.iam.models import iam_backends
from moto.sts.responses import TokenResponse

from core.contract.shapes import Json
from localcloud import gaps
from localcloud.access import role_policies
from localcloud.access.decisions import Policies, decide
from localcloud.access.principals import PARTITION
from localcloud.access.statements import Request

ACTION = "sts:AssumeRoleWithWebIdentity"
OF_ANY = ("amr", "aud", "sub")
# Since January 2026:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
OF_SOME = {
    "token.actions.githubusercontent.com": (
        "actor",
        "actor_id",
        "enterprise_id",
        "environment",
        "job_workflow_ref",
        "ref",
        "repository",
        "repository_id",
        "workflow",
    )
}


class InvalidIdentityToken(ServiceException):
    code = "InvalidIdentityToken"


class AccessDenied(ServiceException):
    code = "AccessDenied"
    message = f"Not authorized to perform {ACTION}"


def install() -> None:
    """Fill the gap."""

    @gaps.wrap(TokenResponse, "assume_role_with_web_identity")
    def assume_role_with_web_identity(original: gaps.Original, self: TokenResponse) -> ActionResult:
        claims = read_claims(self._get_param("WebIdentityToken"))
        issuer = str(claims.get("iss", "")).removeprefix("https://")
        providers = iam_backends[self.current_account][PARTITION].open_id_providers
        provider = f"arn:aws:iam::{self.current_account}:oidc-provider/{issuer}"
        if provider not in providers:
            raise InvalidIdentityToken(
                f"No OpenIDConnect provider found in your account for https://{issuer}"
            )
        role = role_policies.find(self._get_param("RoleArn"))
        evaluated = OF_ANY + OF_SOME.get(issuer, ())
        known = {f"{issuer}:{name}": [str(claims[name])] for name in evaluated if name in claims}
        request = Request(ACTION, role.arn if role else "", (("Federated", provider),), known.get)
        if role is None or not decide(request, Policies(resource=role_policies.read_trust(role))).allowed:
            raise AccessDenied
        return original(self)


def read_claims(token: str) -> Json:
    """What a JSON Web Token claims."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError) as error:
        raise InvalidIdentityToken("The ID Token provided is not a valid JWT.") from error
    return claims
