"""The roles that GitHub Actions deploys an environment with: terraform/bootstrap, applied and taken down.

Its state lies beside the environment's own, in the same bucket; Terraform's working data has a folder of its own.
"""

import json
import os
import re
import subprocess

import boto3

from core import environment
from core.console import UserError
from operations import beforehand, quiet, terraform

CONFIGURATION = terraform.CONFIGURATION / "bootstrap"
ISSUER = "token.actions.githubusercontent.com"
FALLBACK = "scones-unlimited/driver-routing"  # nobody assumes a role of the local cloud
SETTINGS = ("endpoint_name", "prefix", "region")


def apply(env: str, bucket: str, repository: str) -> dict[str, str]:
    """Make the roles, or bring them up to date; their ARNs."""
    call(env, *init(env, bucket))
    call(env, "apply", "-auto-approve", *variables(env, repository))
    return json.loads(ask(env, "output", "-json", "role_arns"))


def destroy(env: str, bucket: str) -> None:
    """Take the roles down."""
    call(env, *init(env, bucket))
    call(env, "destroy", "-auto-approve", *variables(env, FALLBACK))


def init(env: str, bucket: str) -> list[str]:
    beforehand.check(terraform.CONFIGURATION)
    backend = [f"../envs/{env}.s3.tfbackend", f"bucket={bucket}", "key=bootstrap.tfstate"]
    return ["init", "-reconfigure", *(f"-backend-config={value}" for value in backend)]


def variables(env: str, repository: str) -> list[str]:
    """What is asked for, as options of Terraform."""
    values = {name: terraform.setting(env, name) for name in SETTINGS} | {
        "environment": env,
        "identity_provider_arn": identity_provider_of_others(env),
        "repository": repository,
    }
    return [f"-var={name}={value}" for name, value in values.items() if value]


def identity_provider_of_others(env: str) -> str | None:
    """The ARN of the account's identity provider for GitHub, if it was not made here for this environment."""
    iam = boto3.client("iam")
    for provider in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        arn = provider["Arn"]
        if arn.endswith(f"/{ISSUER}"):
            tags = iam.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=arn)["Tags"]
            return None if {"Key": "Environment", "Value": env} in tags else arn
    return None


def check_provider(env: str) -> None:
    """Refuse to take the account's identity provider from the roles of another environment."""
    if identity_provider_of_others(env):
        return
    pages = boto3.client("iam").get_paginator("list_roles").paginate()
    others = [
        role["RoleName"]
        for page in pages
        for role in page["Roles"]
        if ISSUER in json.dumps(role["AssumeRolePolicyDocument"])
        and not role["RoleName"].startswith(f"{terraform.setting(env, 'prefix')}-")
    ]
    if others:
        raise UserError(
            f"the account's identity provider for GitHub was made with {env}, and {', '.join(sorted(others))} need it: "
            f"take those down first"
        )


def repository(env: str) -> str:
    """The repository whose workflows may take the roles, as owner/name, or as owner@id/name@id if it is named so."""
    named = os.environ.get("GITHUB_REPOSITORY")
    if named:
        return named
    asked = subprocess.run(["git", "remote", "get-url", "origin"], capture_output=True, text=True)
    found = re.search(r"github\.com[:/](.+?/.+?)(\.git)?/?$", asked.stdout.strip())
    if found:
        return found[1]
    if env == "local":
        return FALLBACK
    raise UserError(
        "which repository may deploy is not known: name it, as in GITHUB_REPOSITORY=owner/name make bootstrap"
    )


def call(env: str, verb: str, *arguments: str) -> None:
    """Run Terraform on the roles, where the user sees it."""
    asked, log = command(verb, *arguments), terraform.log(f"{env}-bootstrap", verb)
    step, cloud = f"terraform {verb}, of the roles", environment.cloud_of(env)
    if quiet.call(step, asked, process_variables(env), log, cloud=cloud):
        raise UserError(f"terraform {verb} failed on the roles of {env}: see what it says above")


def ask(env: str, verb: str, *arguments: str) -> str:
    """What Terraform answers."""
    asked = command(verb, *arguments)
    done = subprocess.run(asked, env=process_variables(env), stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise UserError(f"terraform {verb} failed on the roles of {env}: see what it says above")
    return done.stdout


def command(verb: str, *arguments: str) -> list[str]:
    return ["terraform", f"-chdir={CONFIGURATION}", verb, *arguments, *quiet.without_colours()]


def process_variables(env: str) -> dict[str, str]:
    folder = (terraform.BUILD / f"{env}-bootstrap").resolve()
    return terraform.variables(env) | {"TF_DATA_DIR": str(folder), "TF_INPUT": "0"}
