"""Two environments from an empty account to one that is empty again, by the steps of .github/workflows.

Each job runs as the role that it has on GitHub, which may do no more than that; what people do by hand, an
administrator does. Prod also shows what comes from a laptop, staging what is refused.
"""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

from tests.delivery import github_shapes
from tests.delivery.github_merges import Merges
from tests.delivery.workflow_runs import ACCOUNT, WorkflowRuns

from core.contract.model_id import identify
from delivery import digest

ENVIRONMENTS = ("prod", "staging")
FIRST, SECOND = (0.98, 0.02), (0.03, 0.97)
ASK_OFTEN = "ARGS=--capture-seconds 60"  # prod captures every fifth request only
PROOFS = ("attested", "reviewed", "plan", "approve", "apply", "verify")


def deliver(runs, message: str):
    """A pull request with what is in the working tree, its plan, its merge, and its deployment."""
    pull = runs.merges.merge(message)
    planned = runs.plan(pull)
    assert planned.status == "success", planned.said
    return runs.deploy(pull)


def check_deployed(runs, job, answer: str) -> None:
    """Every step has run, as the reviewed plan says, and people know of it."""
    assert job.status == "success", "".join(job.said.values())[-3000:]
    assert {it.outcome for it in job.names.steps.values()} == {"success"}
    assert "is the reviewed one" in job.said["make approve"]
    assert answer in job.said["make verify"]
    assert f"recorded in s3://scones-{runs.env}-{ACCOUNT}/deployments/" in job.said["make record"]
    assert f"The deployment of {runs.env} succeeded." in job.said["make notify"]
    assert "make aftermath" not in job.said
    assert "is deployed, by the plan of run" in runs.last.jobs["decide"].said["make occasion"]
    assert [len(it) for it in runs.merges.comments.values()] == [1] * len(runs.merges.pulls)


def check_refused(runs, job, step: str, why: str) -> None:
    """The job ends in this step, nothing is applied, and who looks at it is told why and what to do."""
    assert job.status == "failure"
    assert why in job.said[f"make {step}"]
    came = {name: it.outcome for name, it in job.names.steps.items() if name in PROOFS}
    ended = PROOFS.index(step)
    assert list(came.values()) == ["success"] * ended + ["failure"] + ["skipped"] * (5 - ended)
    assert "**Refused**: nothing was applied" in job.said["make aftermath"]
    text = job.said["make notify"]
    assert f"The deployment of {runs.env} FAILED." in text
    assert f"make rollback ENV={runs.env}" in text
    assert "Started by: octocat" in text
    assert f"recorded in s3://scones-{runs.env}-{ACCOUNT}/deployments/" in job.said["make record"]


def sign_zips_elsewhere(runs) -> None:
    """Another workflow, whose job runs a model's code, says that it has made them."""
    on = runs.last.names.github
    for content in runs.merges.kept(on.run, "lambdas")["files"].values():
        made_by = github_shapes.certificate("ci.yml", "ci.yml", on.ref, on.event_name, on.run, on.sha)
        runs.merges.attest(content, made_by)


def hide_a_change(runs, pull) -> dict:
    """Somebody got the plan that people read attested without all that it does; the plan as it was."""
    run, name = 10 * pull["number"], f"plan-{runs.env}"
    files = runs.merges.kept(run, name)["files"]
    review = json.loads(files["review.json"])
    review["changes"] = review["changes"][1:]
    forged = json.dumps(review | {"digest": digest.digest(review)}).encode()
    ref, commit = f"refs/pull/{pull['number']}/merge", pull["merge_commit_sha"]
    made_by = github_shapes.certificate("plan.yml", "ci.yml", ref, "pull_request", run, commit)
    runs.merges.attest(forged, made_by)
    runs.merges.keep(run, name, files | {"review.json": forged})
    return files


def begin(runs) -> None:
    """The first deployment, of an account in which nothing is: the endpoint is there once a model is."""
    with (runs.checkout.root / f"terraform/envs/{runs.env}.tfvars").open("a") as file:
        file.write("# From now on this is deployed.\n")
    check_deployed(runs, deliver(runs, "Begin"), "the workflow says so: EndpointNotFound")


def promote(runs, model) -> None:
    runs.checkout.make("promote", f"ENV={runs.env}", f"RUN={model}")


def from_laptop(checkout, env: str, answer) -> None:
    """A deployment without GitHub, by an administrator."""
    checkout.commit("By hand")
    said = checkout.make("plan", "apply", "verify", f"ENV={env}", ASK_OFTEN)
    assert f"answered as in training: {list(answer)}" in said
    assert "recorded in s3://" in said


def live_in_prod(runs, models) -> None:
    """Two deployments by GitHub, of which one takes the place of an older one, then one by hand, and the way back."""
    checkout, env = runs.checkout, runs.env
    begin(runs)
    waiting = {"id": 5, "head_branch": "main", "event": "push", "status": "waiting", "conclusion": None}
    runs.merges.waiting = [github_shapes.run(checkout.git("rev-parse", "HEAD")) | waiting]
    promote(runs, models[FIRST])
    check_deployed(runs, deliver(runs, "Promote a model"), f"answered as in training: {list(FIRST)}")
    assert "run 5 waited for an approval and is cancelled" in runs.last.jobs["decide"].said["make overtake"]
    promote(runs, models[SECOND])
    from_laptop(checkout, env, SECOND)
    assert "which verify found good" in checkout.make("rollback", f"ENV={env}")
    from_laptop(checkout, env, FIRST)
    assert "octocat" in checkout.make("deployments", f"ENV={env}", "LAST=4", COLUMNS="300")
    job = runs.look_for_drift()
    assert (job.status, runs.merges.issues) == ("success", []), job.said
    assert f"{env} is what it should be" in job.said["make drift PREBUILT=1"]


def live_in_staging(runs, models, logs) -> None:
    """A first deployment; then one that is refused as often as somebody attacks it; and what is done at night."""
    env = runs.env
    begin(runs)
    promote(runs, models[FIRST])
    pull = runs.merges.merge("Promote a model")
    assert runs.plan(pull).status == "success"
    plan = hide_a_change(runs, pull)
    check_refused(runs, runs.deploy(pull), "approve", "planned now, but not reviewed: create ")
    runs.merges.keep(10 * pull["number"], f"plan-{env}", plan)
    sign_zips_elsewhere(runs)
    check_refused(runs, runs.again(), "attested", "was not made by deploy.yml in run")
    runs.last.run("deploy.yml", "build", env)
    job = runs.again()
    check_deployed(runs, job, f"answered as in training: {list(FIRST)}")
    text = job.said["make notify"]
    assert f"/models/{identify(sha256(models[FIRST]))}/model.tar.gz" in text
    assert job.checkout.review(env)["digest"] in text

    assert change_by_hand(logs, env).startswith("/aws/lambda/")
    assert runs.look_for_drift().status == "failure"
    (issue,) = runs.merges.issues
    assert "retention_in_days `1` -> `" in issue["body"]


def change_by_hand(logs, env: str) -> str:
    """What an administrator may do at night: the name of what was changed."""
    name = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/scones-{env}-")["logGroups"][0][
        "logGroupName"
    ]
    logs.put_retention_policy(logGroupName=name, retentionInDays=1)
    return name


def sha256(path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_records(s3, env: str, expected: list) -> None:
    """Each deployment is on the record: how it ended, with which model after which, who was asked and what was seen."""
    bucket = f"scones-{env}-{ACCOUNT}"
    keys = [it["Key"] for it in s3.list_objects_v2(Bucket=bucket, Prefix="deployments/")["Contents"]]
    found = [json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]
    assert [(it["outcome"], it["step"], it["model_before"], it["model_id"]) for it in found] == expected
    assert {it["clean"] for it in found} == {True}
    applied = [it for it in found if it["outcome"] == "success"]
    assert len({it["digest"] for it in applied} - {None}) == len(applied)
    for it in applied:
        steps = {step["name"]: step for step in it["steps"]}
        assert {"plan", "review", "apply", "verify"} <= steps.keys()
        assert steps["apply"]["seconds"] > 0
        assert steps["verify"]["saw"].get("model") == it["model_id"]
        assert (it["live"]["status"] == "InService") is bool(it["model_id"])
    for it in found:
        if "log" not in it["asked"]:
            continue
        assert (it["asked"]["actor"], it["asked"]["author"], it["unknown"]) == ("octocat", "octocat", [])
        assert [agreed["who"] for agreed in it["agreed"]] == ["monalisa", "hubot"]
    assert ["log" in it["asked"] for it in found] == [it not in found[2:] or env != "prod" for it in found]


def destroy(runs) -> None:
    printed = runs.checkout.make("destroy", f"ENV={runs.env}", f"CONFIRM={runs.env}")
    assert f"0 resources tagged as ours are left in {runs.env}" in printed
    assert "aws_sqs_queue_redrive_policy.review: Destroying" not in printed  # for which one waits


def test_two_environments_live_from_nothing_to_nothing(
    first_checkout, own_aws, make_model, make_github, tmp_path
):
    models = {answer: make_model(answer) for answer in (FIRST, SECOND)}
    first, second = (identify(sha256(models[answer])) for answer in (FIRST, SECOND))
    prod, staging = (
        WorkflowRuns(
            Merges(make_github(), make_github(), first_checkout(env), env, tmp_path / f"github-{env}"),
            own_aws("sts"),
            tmp_path,
        )
        for env in ENVIRONMENTS
    )
    for it in (prod, staging):
        it.checkout.make("bootstrap", f"ENV={it.env}")
        # Of AWS's side nothing is missing: that nobody may look at GitHub's is the one point.
        assert f"{it.env}: 1 missing, of 5 points" in it.checkout.make("doctor", f"ENV={it.env}", status=2)

    with ThreadPoolExecutor() as pool:
        in_prod = pool.submit(live_in_prod, prod, models)
        live_in_staging(staging, models, own_aws("logs"))
        check_records(
            own_aws("s3"),
            "staging",
            [
                ("success", None, None, None),
                ("refused", "approve", None, first),
                ("refused", "attested", None, first),
                ("success", None, None, first),
            ],
        )
        destroy(staging)
        in_prod.result()
    check_records(
        own_aws("s3"),
        "prod",
        [
            ("success", None, None, None),
            ("success", None, None, first),
            ("success", None, first, second),
            ("success", None, second, first),
        ],
    )
    assert prod.merges.faults + staging.merges.faults == []
    # The account's identity provider came with the first environment, so the first is destroyed last.
    destroy(prod)
    tags = [{"Key": "Environment", "Values": list(ENVIRONMENTS)}]
    found = own_aws("resourcegroupstaggingapi").get_resources(TagFilters=tags)["ResourceTagMappingList"]
    assert [it["ResourceARN"] for it in found if ":key/" not in it["ResourceARN"]] == []
