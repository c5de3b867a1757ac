"""The deploy job's make targets, from an empty account to one that is empty again, for staging and prod at once.

Each runs as the role that it has on GitHub, which may do no more than that; what people do by hand, an administrator
does.
"""

import hashlib
import shutil
from concurrent.futures import ThreadPoolExecutor

from tests.builders import token
from tests.delivery.conftest import REPOSITORY

from operations import roles, terraform

ENVIRONMENTS = ("staging", "prod")
FIRST, SECOND = (0.98, 0.02), (0.03, 0.97)
ASK_OFTEN = "ARGS=--capture-seconds 60"  # prod captures every fifth request only


MAIN = "refs/heads/main"


def take_role(sts, checkout, env: str, role: str, **claims: str) -> dict[str, str]:
    """The credentials that a job gets for GitHub's token, which claims this."""
    prefix = terraform.setting_in((checkout.root / f"terraform/envs/{env}.tfvars").read_text(), "prefix")
    taken = sts.assume_role_with_web_identity(
        RoleArn=f"arn:aws:iam::123456789012:role/{prefix}-{role}",
        RoleSessionName="GitHubActions",
        WebIdentityToken=token(roles.ISSUER, aud="sts.amazonaws.com", **claims),
    )["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": taken["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": taken["SecretAccessKey"],
        "AWS_SESSION_TOKEN": taken["SessionToken"],
    }


def take_roles(sts, checkout, env: str) -> tuple[dict[str, str], dict[str, str]]:
    """What a pull request's plan runs as, which cannot take the lock, and what a deployment runs as."""
    planner = take_role(
        sts, checkout, env, "plan", sub=f"repo:{REPOSITORY}:pull_request", ref="refs/pull/7/merge"
    )
    deployer = take_role(
        sts,
        checkout,
        env,
        "apply",
        sub=f"repo:{REPOSITORY}:environment:{env}",
        ref=MAIN,
        job_workflow_ref=f"{REPOSITORY}/.github/workflows/environment.yml@{MAIN}",
    )
    return planner | {"TF_CLI_ARGS_plan": "-lock=false"}, deployer


def plan(checkout, env: str, role: dict[str, str]) -> None:
    """Make a plan, and let it be the reviewed one."""
    checkout.make("plan", f"ENV={env}", **role)
    reviewed = checkout.root / "build/reviewed" / env
    reviewed.mkdir(parents=True, exist_ok=True)
    shutil.copy(checkout.root / f"build/plans/{env}/review.json", reviewed)


def deploy(checkout, env: str, deployer: dict[str, str], *, planned: bool = False) -> str:
    """What the deploy job does with a change whose plan was reviewed; answer what verify says.

    Unless it was planned before, the reviewed plan is the one made here: each costs seconds.
    """
    if planned:
        checkout.make("plan", f"ENV={env}", **deployer)
    else:
        plan(checkout, env, deployer)
    assert "is the reviewed one" in checkout.make("approve", f"ENV={env}", **deployer)
    checkout.make("apply", f"ENV={env}", **deployer)
    return checkout.make("verify", f"ENV={env}", ASK_OFTEN, **deployer)


def change_by_hand(logs, env: str) -> str:
    """What an administrator may do at night: the name of what was changed."""
    name = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/scones-{env}-")["logGroups"][0][
        "logGroupName"
    ]
    logs.put_retention_policy(logGroupName=name, retentionInDays=1)
    return name


def life(checkout, env: str, models: dict, aws) -> str:
    """From the first plan to a rollback; answer what people are told in the end."""
    logs = aws("logs")
    planner, deployer = take_roles(aws("sts"), checkout, env)
    plan(checkout, env, planner)
    assert "the workflow says so: EndpointNotFound" in deploy(checkout, env, deployer, planned=True)
    for answer, path in models.items():
        checkout.make("promote", f"ENV={env}", f"RUN={path}")
        checkout.commit(f"Promote the model that answers {answer}")
        assert f"answered as in training: {list(answer)}" in deploy(checkout, env, deployer)
    checkout.make("rollback", f"ENV={env}")
    checkout.commit("Go back")
    assert f"answered as in training: {list(FIRST)}" in deploy(checkout, env, deployer)
    assert f"{env} is what it should be" in checkout.make("drift", f"ENV={env}", **planner)
    assert change_by_hand(logs, env).startswith("/aws/lambda/")
    drift = checkout.make("drift", f"ENV={env}", status=2, **planner)
    assert "retention_in_days `1` -> `" in drift
    return checkout.make("notify", f"ENV={env}", "OUTCOME=failure", GITHUB_ACTOR="octocat", **deployer)


def test_two_environments_live_from_nothing_to_nothing(first_checkout, own_aws, make_model):
    models = {answer: make_model(answer) for answer in (FIRST, SECOND)}
    checkouts = [first_checkout(env) for env in ENVIRONMENTS]
    for env, checkout in zip(ENVIRONMENTS, checkouts, strict=True):
        checkout.make("bootstrap", f"ENV={env}")
        # Of AWS's side nothing is missing: that nobody may look at GitHub's is the one point.
        assert f"{env}: 1 missing, of 4 points" in checkout.make("doctor", f"ENV={env}", status=2)
    with ThreadPoolExecutor(len(ENVIRONMENTS)) as pool:
        told = list(pool.map(life, checkouts, ENVIRONMENTS, [models] * 2, [own_aws] * 2))

    sha256 = hashlib.sha256(models[FIRST].read_bytes()).hexdigest()
    for env, checkout, text in zip(ENVIRONMENTS, checkouts, told, strict=True):
        assert f"The deployment of {env} FAILED." in text
        assert f"/models/{sha256[:16]}/model.tar.gz" in text
        assert f"make rollback ENV={env}" in text
        assert checkout.review(env)["digest"] in text
        assert "Started by: octocat" in text

    # The account's identity provider came with the first environment, so the first is destroyed last.
    for env, checkout in reversed(list(zip(ENVIRONMENTS, checkouts, strict=True))):
        printed = checkout.make("destroy", f"ENV={env}", f"CONFIRM={env}")
        assert f"0 resources tagged as ours are left in {env}" in printed
    tags = [{"Key": "Environment", "Values": list(ENVIRONMENTS)}]
    found = own_aws("resourcegroupstaggingapi").get_resources(TagFilters=tags)["ResourceTagMappingList"]
    assert [it["ResourceARN"] for it in found if ":key/" not in it["ResourceARN"]] == []
