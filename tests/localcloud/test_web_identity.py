"""A role is taken with a token, as GitHub Actions do, if its trust policy has what the token claims."""

import uuid

import pytest
from botocore.exceptions import ClientError
from tests.builders import document, make_role, token

ISSUER = "token.somewhere.example"
WHOSE = {"aud": "sts.amazonaws.com", "sub": "repo:owner/name:environment:prod"}


@pytest.fixture(scope="module")
def provider(aws):
    made = aws("iam").create_open_id_connect_provider(Url=f"https://{ISSUER}", ThumbprintList=["0" * 40])
    yield made["OpenIDConnectProviderArn"]
    aws("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=made["OpenIDConnectProviderArn"])


@pytest.fixture
def role(aws, provider):
    condition = {"StringEquals": {f"{ISSUER}:{name}": value for name, value in WHOSE.items()}}
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }
    name = f"r-{uuid.uuid4().hex[:8]}"
    made = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
    return made["Role"]["Arn"]


@pytest.fixture
def take(aws):
    """Take the role with a token; answer the session's ARN."""

    def ask(role, text):
        answer = aws("sts").assume_role_with_web_identity(
            RoleArn=role, RoleSessionName="actions", WebIdentityToken=text
        )
        return answer["AssumedRoleUser"]["Arn"]

    return ask


def test_a_role_is_taken_with_the_token_that_its_trust_policy_asks_for(role, take):
    name = role.rpartition("/")[2]
    assert take(role, token(ISSUER, **WHOSE)) == f"arn:aws:sts::123456789012:assumed-role/{name}/actions"


@pytest.mark.parametrize("claim", [{"sub": "repo:other/name:environment:prod"}, {"aud": "somebody"}])
def test_a_token_that_claims_something_else_is_refused(role, take, claim):
    with pytest.raises(
        ClientError, match="Not authorized to perform sts:AssumeRoleWithWebIdentity"
    ) as caught:
        take(role, token(ISSUER, **(WHOSE | claim)))
    assert caught.value.response["Error"]["Code"] == "AccessDenied"


def test_a_role_for_services_is_not_taken_with_a_token(aws, provider, take):
    assert provider
    role = make_role(aws("iam"), f"r-{uuid.uuid4().hex[:8]}")
    with pytest.raises(ClientError, match="Not authorized"):
        take(role, token(ISSUER, **WHOSE))


def test_a_token_of_an_issuer_without_a_provider_is_refused(role, take):
    with pytest.raises(ClientError, match=r"No OpenIDConnect provider found .* https://elsewhere\.example"):
        take(role, token("elsewhere.example", **WHOSE))
    with pytest.raises(ClientError, match="InvalidIdentityToken"):
        take(role, "no token at all")
