"""A role is taken with a token, as GitHub Actions do, if its trust policy has what the token claims."""

import uuid

import pytest
from botocore.exceptions import ClientError
from tests.builders import document, make_role, token

ISSUER, GITHUB = "token.somewhere.example", "token.actions.githubusercontent.com"
WHOSE = {"aud": "sts.amazonaws.com", "sub": "repo:owner/name:environment:prod"}
MAIN = "refs/heads/main"
WHICH = WHOSE | {"job_workflow_ref": f"owner/name/.github/workflows/environment.yml@{MAIN}", "ref": MAIN}


@pytest.fixture(scope="module", autouse=True)
def provider(aws):
    """The ARN of an issuer's provider."""
    found = {}
    for issuer in (ISSUER, GITHUB):
        made = aws("iam").create_open_id_connect_provider(Url=f"https://{issuer}", ThumbprintList=["0" * 40])
        found[issuer] = made["OpenIDConnectProviderArn"]
    yield found.__getitem__
    for arn in found.values():
        aws("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)


@pytest.fixture
def make(aws, provider):
    """Make a role for tokens of an issuer that claim all of this; its ARN."""

    def trusting(issuer, claims):
        condition = {"StringEquals": {f"{issuer}:{name}": value for name, value in claims.items()}}
        trust = {
            "Effect": "Allow",
            "Principal": {"Federated": provider(issuer)},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": condition,
        }
        name = f"r-{uuid.uuid4().hex[:8]}"
        made = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
        names.append(name)
        return made["Role"]["Arn"]

    names: list[str] = []
    yield trusting
    for name in names:  # GitHub's provider is not taken down as long as a role trusts it
        aws("iam").delete_role(RoleName=name)


@pytest.fixture
def role(make):
    return make(ISSUER, WHOSE)


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


def test_a_role_may_ask_for_the_workflow_and_the_branch_of_github_s_tokens(make, take):
    role = make(GITHUB, WHICH)
    assert take(role, token(GITHUB, **WHICH))
    for claim in (
        {"job_workflow_ref": f"owner/name/.github/workflows/other.yml@{MAIN}"},
        {"job_workflow_ref": "owner/name/.github/workflows/environment.yml@refs/heads/mine"},
        {"ref": "refs/heads/mine"},
    ):
        with pytest.raises(ClientError, match="Not authorized"):
            take(role, token(GITHUB, **(WHICH | claim)))
    with pytest.raises(ClientError, match="Not authorized"):
        take(role, token(GITHUB, **WHOSE))


@pytest.mark.parametrize(("issuer", "claim"), [(ISSUER, "ref"), (GITHUB, "run_id")])
def test_a_claim_that_aws_does_not_evaluate_lets_nobody_in(make, take, issuer, claim):
    claims = WHOSE | {claim: "1"}
    with pytest.raises(ClientError, match="Not authorized"):
        take(make(issuer, claims), token(issuer, **claims))


def test_a_role_for_services_is_not_taken_with_a_token(aws, take):
    role = make_role(aws("iam"), f"r-{uuid.uuid4().hex[:8]}")
    with pytest.raises(ClientError, match="Not authorized"):
        take(role, token(ISSUER, **WHOSE))


def test_a_token_of_an_issuer_without_a_provider_is_refused(role, take):
    with pytest.raises(ClientError, match=r"No OpenIDConnect provider found .* https://elsewhere\.example"):
        take(role, token("elsewhere.example", **WHOSE))
    with pytest.raises(ClientError, match="InvalidIdentityToken"):
        take(role, "no token at all")
