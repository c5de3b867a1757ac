"""`make token` and `make client`: which program is meant, what it signs in with, and what is said where it cannot."""

import base64
import json
import subprocess

import pytest

from core.console import UserError
from operations import api_access, api_client
from operations.api_access import Access

NOBODY = (
    "no program may call the API of staging: name one in terraform/envs/staging.tfvars, as in "
    'api = { programs = ["program"] }, then make plan apply ENV=staging'
)


@pytest.fixture
def pool(aws, cloud_variables, monkeypatch, prefix) -> dict:
    """The output `api` of an environment with one program."""
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    cognito = aws("cognito-idp")
    pool_id = cognito.create_user_pool(PoolName=f"{prefix}-people")["UserPool"]["Id"]
    return {"pool_id": pool_id, "programs": {"orders": "gone"}, "url": "https://api"}


def test_a_token_is_had_by_what_the_pool_says_of_its_program(pool, aws, prefix):
    cognito, named = aws("cognito-idp"), {"UserPoolId": pool["pool_id"]}
    cognito.create_user_pool_domain(Domain=f"{prefix}-people", **named)
    scopes = [{"ScopeName": "photos", "ScopeDescription": "photos"}]
    cognito.create_resource_server(Identifier="scones", Name="scones", Scopes=scopes, **named)
    client = cognito.create_user_pool_client(
        ClientName="orders",
        GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=["scones/photos"],
        **named,
    )["UserPoolClient"]
    found = api_access.look_up("any", pool | {"programs": {"orders": client["ClientId"]}}, "orders")
    assert (found.program, found.url, found.client_secret) == (
        "orders",
        "https://api",
        client["ClientSecret"],
    )
    body = api_access.take_token(found).split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    assert (claims["client_id"], claims["scope"]) == (client["ClientId"], "scones/photos")


def test_a_pool_without_a_domain_has_no_tokens_to_give(pool, aws):
    made = aws("cognito-idp").create_user_pool_client(
        UserPoolId=pool["pool_id"], ClientName="orders", GenerateSecret=True
    )
    programs = {"orders": made["UserPoolClient"]["ClientId"]}
    with pytest.raises(UserError, match=r"names no token_endpoint: has the pool lost its domain\?"):
        api_access.look_up("any", pool | {"programs": programs}, "orders")


def test_a_program_that_the_pool_has_lost_is_said_in_one_line(pool):
    with pytest.raises(UserError) as refused:
        api_access.look_up("any", pool, "orders")
    assert str(refused.value).startswith("what orders signs in with in any cannot be read: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("programs", "who", "said"),
    [
        ((), "", NOBODY),
        ((), "orders", NOBODY),
        (
            ("orders", "gates"),
            "",
            "several programs may call the API of staging: name one by WHO=, of gates, orders",
        ),
        (
            ("orders", "gates"),
            "-x",
            "WHO=-x is no program that may call the API of staging: choose from gates, orders",
        ),
    ],
)
def test_a_program_that_cannot_be_meant_is_answered_in_one_line(programs, who, said):
    with pytest.raises(UserError) as refused:
        api_access.choose("staging", dict.fromkeys(programs, "id"), who)
    assert str(refused.value) == said


def test_the_only_program_needs_no_name_and_of_several_one_is_named():
    assert api_access.choose("staging", {"orders": "1"}, "") == "orders"
    assert api_access.choose("staging", {"orders": "1", "gates": "2"}, "gates") == "gates"


def test_an_environment_that_was_applied_before_there_was_an_api_is_one_line(monkeypatch):
    monkeypatch.setattr(api_access.environment, "outputs", lambda _env: {"bucket": "b"})
    said = "^staging was applied before this release: make bootstrap plan apply ENV=staging$"
    with pytest.raises(UserError, match=said):
        api_access.find("staging")


def test_a_shell_takes_the_lines_as_they_are():
    access = Access("orders", "https://api", "https://auth/oauth2/token", "id", "it's $HOME; `x`")
    shown = 'printf "%s\\n" "$SCONES_API" "$SCONES_TOKEN_URL" "$SCONES_CLIENT_ID" "$SCONES_CLIENT_SECRET"'
    command = ["bash", "-c", f"{api_client.write(access)}\n{shown}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        access.url,
        access.token_url,
        access.client_id,
        access.client_secret,
    ]


def test_a_token_that_is_refused_or_not_answered_is_one_line(cloud):
    refused = Access("orders", "", f"{cloud}/_localcloud/nothing", "id", "secret")
    silent = Access("orders", "", "http://127.0.0.1:1/token", "id", "secret")
    for access, said in ((refused, "nothing answers "), (silent, "token does not answer as it should: ")):
        with pytest.raises(UserError, match=said) as error:
            api_access.take_token(access)
        assert "\n" not in str(error.value)
