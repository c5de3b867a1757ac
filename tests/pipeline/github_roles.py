"""What GitHub's two roles are allowed, and which of it no request here needs.

Each permission of the roles, and of what the key's policy gives the apply role, counts where a request was allowed by
its statement alone. What only AWS asks for, or only the provider's next version, is in the table, with the page that
says so. A permission that no request needs and the table does not have is to go.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

PREFIX = "scones-local"
DOCS = "https://docs.aws.amazon.com"
PROVIDER = "https://github.com/hashicorp/terraform-provider-aws/blob/main/CHANGELOG.md"
# By the statement and the action, as patterns.
ONLY_ELSEWHERE = {
    # The local cloud makes no roles of services. AWS makes this one with the account's first scalable target.
    r"LetAutoScalingHaveItsRole iam:CreateServiceLinkedRole": (
        f"{DOCS}/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html"
    ),
    # Nor this one, which AWS makes with the account's first API.
    r"LetGatewayHaveItsRole iam:CreateServiceLinkedRole": (
        f"{DOCS}/apigateway/latest/developerguide/using-service-linked-roles.html"
    ),
    # No reference has it, and yet who makes a stage with tags is refused without it.
    r"TagStage apigateway:TagResource": f"{DOCS}/apigateway/latest/developerguide/apigateway-tagging.html",
    # What is in an API has its tags here, by which another statement allows it. AWS says so of REST APIs alone.
    r"ChangeWhatIsInApi apigateway:(DELETE|PATCH)": (
        f"{DOCS}/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html"
    ),
    # No deployment here gives the domain other pages: the newer ones are of the pool's next plan.
    r"ChangePool cognito-idp:UpdateUserPoolDomain": (
        f"{DOCS}/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPoolDomain.html"
    ),
    # A stage's log has no delivery here that would end with it.
    r"LogRequests logs:DeleteLogDelivery": f"{DOCS}/apigateway/latest/developerguide/http-api-logging.html",
    # By which version 6.23 of the provider reads a bucket's tags and tags it.
    r"ReadBucket s3:ListTagsForResource": PROVIDER,
    r"MakeBucket s3:(Unt|T)agResource": PROVIDER,
}

Permission = tuple[str, str, str]  # the role, the statement's name, the action


def read_policies(aws: Callable[[str], Any], role: str) -> list[dict[str, Any]]:
    """The statements of the policies that are attached to it."""
    iam = aws("iam")
    attached = iam.list_attached_role_policies(RoleName=f"{PREFIX}-{role}")["AttachedPolicies"]
    return [statement for policy in attached for statement in read_policy(aws, policy["PolicyArn"])]


def read_policy(aws: Callable[[str], Any], arn: str) -> list[dict[str, Any]]:
    iam = aws("iam")
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]["Statement"]


def find_idle(
    granted: dict[str, list[dict[str, Any]]], decisions: Iterable[dict[str, Any]]
) -> set[Permission]:
    """The permissions without which every request would have been allowed all the same."""
    needed = {
        (it["role"].rpartition(f"{PREFIX}-")[2], it["by"][0].rpartition("/")[2], it["action"])
        for it in decisions
        if it["allowed"] and len(it["by"]) == 1
    }
    return {
        (role, statement["Sid"], action)
        for role, statements in granted.items()
        for statement in statements
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
    } - needed


def find_row(statement: str, action: str) -> str | None:
    """The row of the table that has this permission."""
    return next((row for row in ONLY_ELSEWHERE if re.fullmatch(row, f"{statement} {action}")), None)
