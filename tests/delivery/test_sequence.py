"""The deploy job's make targets, from an empty account to one that is empty again, for staging and prod at once.

Each runs as the role that it has on GitHub, which may do no more than that; what people do by hand, an administrator
does.
"""

import hashlib
import json
import shutil
from concurrent.futures import ThreadPoolExecutor

from tests import builders
from tests.delivery.conftest import REPOSITORY

from operations import terraform

ENVIRONMENTS = ("staging", "prod")
FIRST, SECOND = (0.98, 0.02), (0.03, 0.97)
ASK_OFTEN = "ARGS=--capture-seconds 60"  # prod captures every fifth request only
MAIN = "refs/heads/main"
JOB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_ACTOR": "octocat",
    "GITHUB_RUN_ID": "30",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_TOKEN": "",  # nobody answers here as GitHub does
}
LAPTOP = {"GITHUB_ACTIONS": ""}


def take_role(sts, checkout, env: str, role: str, **claims: str) -> dict[str, str]:
    """The credentials that a job gets for GitHub's token, which claims this."""
    prefix = terraform.setting_in((checkout.root / f"terraform/envs/{env}.tfvars").read_text(), "prefix")
    return builders.take_role(sts, f"arn:aws:iam::123456789012:role/{prefix}-{role}", **claims)


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
    """What the deploy job does with a change whose plan was reviewed; answer what verify and the record say.

    Unless it was planned before, the reviewed plan is the one made here: each costs seconds.
    """
    if planned:
        checkout.make("plan", f"ENV={env}", **deployer)
    else:
        plan(checkout, env, deployer)
    assert "is the reviewed one" in checkout.make("approve", f"ENV={env}", **deployer)
    job = JOB | deployer
    checkout.make("apply", f"ENV={env}", **job)
    said = checkout.make("verify", f"ENV={env}", ASK_OFTEN, **job)
    assert "recorded in" not in said
    return said + checkout.make("record", f"ENV={env}", "OUTCOME=success", **job)


def from_laptop(checkout, env: str) -> str:
    """The same without GitHub; answer what is said."""
    said = checkout.make("plan", "apply", "verify", f"ENV={env}", ASK_OFTEN, **LAPTOP)
    assert "recorded in s3://" in said
    return said


def check_records(s3, env: str, models: list[str]) -> None:
    """Each deployment is on the record: with the model and the one before, who asked, and what verify saw."""
    bucket = f"scones-{env}-123456789012"
    keys = [it["Key"] for it in s3.list_objects_v2(Bucket=bucket, Prefix="deployments/")["Contents"]]
    found = [json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]
    first, second = models
    assert [(it["model_before"], it["model_id"]) for it in found] == [
        (None, None),
        (None, first),
        (first, second),
        (second, first),
    ]
    assert {(it["outcome"], it["step"], it["clean"]) for it in found} == {("success", None, True)}
    assert len({it["digest"] for it in found} - {None}) == len(found)
    for it in found:
        steps = {step["name"]: step for step in it["steps"]}
        assert {"plan", "review", "apply", "verify"} <= steps.keys()
        assert steps["apply"]["seconds"] > 0
        assert steps["verify"]["saw"].get("model") == it["model_id"]
        assert (it["live"]["status"] == "InService") is bool(it["model_id"])
    assert {it["asked"]["actor"] for it in found[:-1]} == {"octocat"}
    assert "GITHUB" in found[0]["unknown"][0]
    assert "log" not in found[-1]["asked"]


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
    assert "which verify found good" in checkout.make("rollback", f"ENV={env}")
    checkout.commit("Go back")
    assert f"answered as in training: {list(FIRST)}" in from_laptop(checkout, env)
    assert "octocat" in checkout.make("deployments", f"ENV={env}", "LAST=3", COLUMNS="300")
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

        ids = [hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in models.values()]
        check_records(own_aws("s3"), env, ids)

    # The account's identity provider came with the first environment, so the first is destroyed last.
    for env, checkout in reversed(list(zip(ENVIRONMENTS, checkouts, strict=True))):
        printed = checkout.make("destroy", f"ENV={env}", f"CONFIRM={env}")
        assert f"0 resources tagged as ours are left in {env}" in printed
    tags = [{"Key": "Environment", "Values": list(ENVIRONMENTS)}]
    found = own_aws("resourcegroupstaggingapi").get_resources(TagFilters=tags)["ResourceTagMappingList"]
    assert [it["ResourceARN"] for it in found if ":key/" not in it["ResourceARN"]] == []
