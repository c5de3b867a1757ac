"""The roles for GitHub Actions: for which repository, with whose identity provider. tests/pipeline makes them."""

import json
import subprocess

import pytest

from core.console import UserError
from operations import roles


@pytest.fixture
def account(aws, cloud_variables, monkeypatch):
    """IAM of an account in which staging's bootstrap has made the identity provider."""
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    iam = aws("iam")
    tags = [{"Key": "Environment", "Value": "staging"}]
    made = iam.create_open_id_connect_provider(
        Url=f"https://{roles.ISSUER}", ThumbprintList=["0" * 40], Tags=tags
    )
    yield iam
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=made["OpenIDConnectProviderArn"])


def test_the_provider_of_another_environment_is_used_and_ones_own_is_kept(account):
    (provider,) = account.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert roles.identity_provider_of_others("prod") == provider["Arn"]
    assert roles.identity_provider_of_others("staging") is None


def test_a_provider_that_another_environment_needs_is_not_taken_down(account):
    trust = {"Statement": [{"Condition": {"StringEquals": {f"{roles.ISSUER}:aud": "sts.amazonaws.com"}}}]}
    account.create_role(RoleName="scones-prod-apply", AssumeRolePolicyDocument=json.dumps(trust))
    try:
        roles.check_provider("prod")
        with pytest.raises(UserError, match="made with staging, and scones-prod-apply need it"):
            roles.check_provider("staging")
    finally:
        account.delete_role(RoleName="scones-prod-apply")


@pytest.mark.parametrize(
    ("remote", "repository"),
    [
        ("https://github.com/owner/name.git", "owner/name"),
        ("git@github.com:owner/na.me.git", "owner/na.me"),
        ("ssh://git@github.com/owner/name", "owner/name"),
    ],
)
def test_the_repository_is_where_the_code_comes_from(remote, repository, monkeypatch, tmp_path):
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "remote", "add", "origin", remote], check=True)
    assert roles.repository("prod") == repository


def test_a_repository_that_is_named_wins(monkeypatch):
    monkeypatch.setenv("GITHUB_REPOSITORY", "an/other")
    assert roles.repository("prod") == "an/other"


def test_an_unknown_repository_is_refused_unless_nobody_can_take_the_role(monkeypatch, tmp_path):
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    monkeypatch.chdir(tmp_path)
    assert roles.repository("local") == roles.FALLBACK
    with pytest.raises(UserError, match="GITHUB_REPOSITORY=owner/name"):
        roles.repository("prod")
