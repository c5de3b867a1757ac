"""The checklist of what an environment's delivery rests on: what it finds missing, and what it sets when it may.

GitHub is a server that keeps what is set; each request to it and each answer is held against GitHub's own schema.
"""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.delivery.conftest import REPOSITORY
from tests.delivery.github_settings import Settings
from tests.operations.test_makefile import make, program, unpacked  # noqa: F401
from tests.oracles import github_requests, github_schemas

from delivery import (
    branch_rules,
    checklist,
    doctor,
    github_environment,
    github_repository,
    planners,
    retraining,
)
from operations import bootstrap, roles, terraform, workplace

ROOT = Path(__file__).resolve().parents[2]
ARNS = {name: f"arn:aws:iam::123456789012:role/scones-prod-{name}" for name in ("plan", "apply", "retrain")}
ERROR = {"line": 1, "column": 3, "kind": "Unknown owner", "source": "* @gone", "message": "?", "path": "C"}


@pytest.fixture
def settings(github, monkeypatch, tmp_path):
    """A new repository's settings. In the end, whatever was asked or answered has to be GitHub's."""
    monkeypatch.chdir(tmp_path)
    github.answers = made = Settings(github)
    yield made
    assert made.faults == []


def write_owners(text: str) -> None:
    Path(".github").mkdir(exist_ok=True)
    Path(".github/CODEOWNERS").write_text(text)


def look(env: str = "prod", reviewers: tuple[str, ...] = ()) -> list[checklist.Point]:
    """All of GitHub's side."""
    return [
        *branch_rules.points(),
        *github_repository.owners(),
        *github_environment.points(env, list(reviewers)),
        *github_repository.variables(env, ARNS, "us-east-1"),
        *retraining.points(env, ARNS),
        *github_repository.workflows(),
    ]


def lacks(points: list[checklist.Point]) -> dict[str, str]:
    return {point.what: point.found for point in points if point.found is not None}


def changes(github) -> list[tuple[str, str]]:
    return [(method, path) for method, path, _ in github.asked if method != "GET"]


def test_of_a_new_repository_every_point_is_missing_but_github_s_own_subject(settings):  # noqa: ARG001
    points = look()
    assert [it.what for it in points if it.found is None] == [
        "workflows: their tokens have GitHub's own subject"
    ]
    assert lacks(points)["main: changes only by pull request"] == "no rule asks for it"
    assert (
        lacks(points)["environment prod: takes deployments from main alone"] == "there is no such environment"
    )


def test_with_yes_all_is_set_and_found_set(settings, github):
    write_owners("* @octocat\n")
    reviewers = ("octocat", "scones-unlimited/platform")
    assert checklist.offer(look(reviewers=reviewers), yes=True)
    # Which no request makes.
    settings.variables["environments/propose"] = {retraining.APP: "Iv23liabcdefghijklmn"}
    settings.secrets["environments/propose"] = {retraining.KEY}
    assert lacks(look()) == {}
    (rules,) = settings.rulesets.values()
    assert rules["bypass_actors"] == []
    assert rules["conditions"]["ref_name"]["include"] == ["refs/heads/main"]
    assert [it["name"] for it in settings.branches["prod"]] == ["main"]
    assert settings.variables["environments/prod"]["APPLY_ROLE"] == ARNS["apply"]
    assert settings.variables["actions"]["PLAN_ROLE_PROD"] == ARNS["plan"]
    assert settings.variables["environments/retrain"]["RETRAIN_ROLE"] == ARNS["retrain"]
    assert [it["name"] for it in settings.branches["retrain"] + settings.branches["propose"]] == ["main"] * 2
    assert not checklist.offer(look(), yes=True)
    assert len(changes(github)) == len(set(changes(github)))


def test_nothing_is_set_where_nobody_is_asked(settings, github, monkeypatch):  # noqa: ARG001
    monkeypatch.setattr(sys, "stdin", open("/dev/null"))  # noqa: SIM115, PTH123
    assert not checklist.offer(look(), yes=False)
    assert changes(github) == []


def test_at_a_terminal_each_request_is_asked_about(settings, github, monkeypatch):  # noqa: ARG001
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda shown: "y" if "permissions/workflow" in shown else "")
    assert checklist.offer(look(), yes=False)
    assert changes(github) == [("PUT", "actions/permissions/workflow")]


def test_each_command_that_is_printed_does_what_would_be_sent(settings, capsys):  # noqa: ARG001
    points = look(reviewers=("octocat",))
    checklist.show(points)
    printed = re.findall(r"set it: (.* gh .*|gh .*)", capsys.readouterr().out)
    wanted = {it for point in points for it in point.requests if point.found}
    assert len(printed) == len(wanted) == 11
    for command in printed:
        before, _, call = command.rpartition(" | ")
        body = json.loads(shlex.split(before)[1]) if before else None
        words = shlex.split(call.removesuffix(" --input -"))
        assert words[:3] == ["gh", "api", "--method"]
        method, path = words[3:]
        place = path.removeprefix(f"repos/{REPOSITORY}/")
        assert checklist.request(method, place, body) in wanted


@pytest.mark.parametrize(
    ("parameter", "value", "what"),
    [
        ("required_approving_review_count", 0, "an approval by somebody else"),
        ("dismiss_stale_reviews_on_push", False, "approvals that end with the next push"),
        ("require_last_push_approval", False, "an approval of the last push, by another than who pushed"),
        ("require_code_owner_review", False, "the review of code owners"),
    ],
)
def test_a_rule_that_asks_for_less_is_found_and_made_to_ask(settings, parameter, value, what):
    checklist.offer(branch_rules.points(), yes=True)
    (rules,) = settings.rulesets.values()
    pull = next(rule for rule in rules["rules"] if rule["type"] == "pull_request")
    pull["parameters"][parameter] = value
    assert lacks(branch_rules.points()) == {f"main: {what}": "the rule pull_request does not ask for it"}
    checklist.offer(branch_rules.points(), yes=True)
    assert lacks(branch_rules.points()) == {}
    assert len(settings.rulesets) == 1


def test_what_a_ruleset_of_ours_asks_for_beyond_is_kept(settings):
    checklist.offer(branch_rules.points(), yes=True)
    (rules,) = settings.rulesets.values()
    pull, checks = (
        next(rule for rule in rules["rules"] if rule["type"] == kind)["parameters"]
        for kind in ("pull_request", "required_status_checks")
    )
    pull |= {"required_approving_review_count": 2, "require_last_push_approval": False}
    checks["required_status_checks"].append({"context": "licences", "integration_id": 12})
    rules["rules"].append({"type": "required_linear_history"})
    checklist.offer(branch_rules.points(), yes=True)
    (rules,) = settings.rulesets.values()
    by_kind = {rule["type"]: rule.get("parameters") for rule in rules["rules"]}
    assert by_kind["pull_request"]["required_approving_review_count"] == 2
    assert by_kind["pull_request"]["require_last_push_approval"] is True
    contexts = [it["context"] for it in by_kind["required_status_checks"]["required_status_checks"]]
    assert sorted(contexts) == sorted([*branch_rules.CHECKS, "licences"])
    assert "required_linear_history" in by_kind


def test_rules_that_somebody_may_go_round_are_taken_for_none(settings):
    checklist.offer(branch_rules.points(), yes=True)
    (rules,) = settings.rulesets.values()
    rules["bypass_actors"] = [{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}]
    found = lacks(branch_rules.points())
    assert len(found) == len(branch_rules.WISHES)
    assert set(found.values()) == {"a ruleset asks for it, but some may bypass it"}
    checklist.offer(branch_rules.points(), yes=True)
    assert lacks(branch_rules.points()) == {}


@pytest.mark.parametrize("hidden", ["the field", "the ruleset"])
def test_whether_somebody_may_go_round_is_not_taken_for_no_where_the_token_does_not_see_it(settings, hidden):
    """GitHub gives bypass_actors only to who may write the ruleset, as no reader and no organization's member may."""
    checklist.offer(branch_rules.points(), yes=True)
    settings.unseen = hidden
    found = lacks(branch_rules.points())
    assert len(found) == len(branch_rules.WISHES)
    assert set(found.values()) == {
        "a ruleset asks for it, but whether some may bypass it cannot be seen with this token"
    }


def test_a_check_that_any_app_may_report_does_not_count(settings):
    checklist.offer(branch_rules.points(), yes=True)
    (rules,) = settings.rulesets.values()
    checks = next(rule for rule in rules["rules"] if rule["type"] == "required_status_checks")["parameters"]
    del checks["required_status_checks"][0]["integration_id"]
    assert list(lacks(branch_rules.points())) == ["main: the check `lint and test` of GitHub Actions"]
    checklist.offer(branch_rules.points(), yes=True)
    assert lacks(branch_rules.points()) == {}


def test_the_checks_are_the_jobs_of_ci_that_run_for_every_pull_request():
    """GitHub takes a job that was skipped for passed: by its own condition, or since one that it needs has failed."""
    ci = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    always = [job for job in ci["jobs"].values() if not job.keys() & {"if", "needs"}]
    assert [job["name"] for job in always] == list(branch_rules.CHECKS)
    assert not any("strategy" in job for job in always)
    assert not any("if" in step or "continue-on-error" in step for job in always for step in job["steps"])
    assert ci[True]["pull_request"].keys() == {"types"}


def test_what_is_deployed_was_not_planned_where_a_check_was_left_out():
    """Who takes a check out of ci.yml has a plan that does not count; in ci.yml as it is plans need the tests."""
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    assert (jobs["plan"]["needs"], jobs["gate"]["needs"]) == ("gate", "check")
    assert not any(
        word in jobs[name]["if"] for name in ("gate", "plan") for word in ("always()", "cancelled()")
    )
    assert planners.changed([{"filename": ".github/workflows/ci.yml"}])


def test_an_environment_keeps_its_wait_and_its_reviewers(settings):
    reviewer = {"type": "User", "id": 583231}
    checklist.offer(github_environment.points("prod", ["octocat"]), yes=True)
    settings.environment(
        "PUT", ["prod"], {"wait_timer": 30, "reviewers": [reviewer], "prevent_self_review": False}
    )
    assert lacks(github_environment.points("prod", [])) == {
        "environment prod: takes deployments from main alone": "it takes them from every branch",
        "environment prod: waits for a reviewer, who is not the one who started it": (
            "whoever starts a deployment may agree to it"
        ),
    }
    checklist.offer(github_environment.points("prod", ["octocat", "scones-unlimited/platform"]), yes=True)
    assert lacks(github_environment.points("prod", [])) == {}
    kinds = {rule["type"]: rule for rule in settings.environments["prod"]["protection_rules"]}
    assert kinds["wait_timer"]["wait_timer"] == 30
    people = [(it["type"], it["reviewer"]["id"]) for it in kinds["required_reviewers"]["reviewers"]]
    assert people == [("User", 583231), ("Team", 77)]


def test_a_branch_beside_main_is_found_and_taken_out(settings):
    checklist.offer(github_environment.points("staging", []), yes=True)
    settings.environment(
        "POST", ["staging", "deployment-branch-policies"], {"name": "release/*", "type": "branch"}
    )
    assert lacks(github_environment.points("staging", [])) == {
        "environment staging: takes deployments from main alone": "it takes them from main, release/*"
    }
    checklist.offer(github_environment.points("staging", []), yes=True)
    assert [it["name"] for it in settings.branches["staging"]] == ["main"]


def test_staging_needs_no_reviewer_and_prod_says_how_to_name_one(settings):  # noqa: ARG001
    assert len(github_environment.points("staging", [])) == 1
    *_, point = github_environment.points("prod", [])
    assert point.requests == ()
    assert "--reviewers" in point.advice


def test_a_reviewer_whom_github_does_not_know_is_named(settings):  # noqa: ARG001
    (point,) = doctor.ask(
        "GitHub: the environment", lambda: github_environment.points("prod", ["nobody-at-all"])
    )
    assert "GitHub knows no nobody-at-all" in str(point.found)


def test_what_retrains_is_asked_for_in_the_environment_that_drivers_use(settings):
    assert retraining.points("staging", ARNS) == []
    found = lacks(retraining.points("prod", ARNS))
    assert found == {
        "environment retrain: takes deployments from main alone": "there is no such environment",
        "variable of environment retrain: RETRAIN_ROLE": "it is not set",
        "environment propose: takes deployments from main alone": "there is no such environment",
        "variable of environment propose: PROPOSE_APP": "it is not set",
        "secret of environment propose: PROPOSE_APP_KEY": "it is not set",
    }
    settings.variables["actions"] = {"RETRAIN_ENV": "staging"}
    assert (len(retraining.points("staging", ARNS)), retraining.points("prod", ARNS)) == (5, [])
    settings.variables["actions"] = {"RETRAIN_ENV": retraining.NOWHERE}
    assert retraining.points("prod", ARNS) == []


def test_a_variable_that_names_another_role_is_found_and_set(settings):
    settings.variables = {"actions": {"PLAN_ROLE_PROD": "arn:aws:iam::1:role/of-yesterday"}}
    found = lacks(github_repository.variables("prod", ARNS, "us-east-1"))
    assert found["variable of the repository: PLAN_ROLE_PROD"] == "it is arn:aws:iam::1:role/of-yesterday"
    checklist.offer(github_repository.variables("prod", ARNS, "us-east-1"), yes=True)
    assert settings.variables["actions"]["PLAN_ROLE_PROD"] == ARNS["plan"]


def test_the_region_needs_a_variable_only_where_it_is_another(settings):
    assert "AWS_REGION" not in str(lacks(github_repository.variables("prod", ARNS, "us-east-1")))
    checklist.offer(github_repository.variables("prod", ARNS, "eu-west-1"), yes=True)
    assert settings.variables["actions"]["AWS_REGION"] == "eu-west-1"


@pytest.mark.parametrize(
    ("text", "errors", "found"),
    [
        ("# nobody yet\n", [], ".github/CODEOWNERS names nobody"),
        ("* @gone\n", [ERROR], "Unknown owner: * @gone"),
        ("* @octocat\n", [], None),
    ],
)
def test_code_owners_are_looked_up(settings, text, errors, found):
    write_owners(text)
    settings.owner_errors = errors
    (point,) = github_repository.owners()
    assert point.found == found


def test_what_may_not_be_seen_is_said_and_the_rest_is_looked_at(github):
    github.answer(
        "GET", "rules/branches/main?per_page=100", {"message": "Resource not accessible"}, status=403
    )
    (point,) = doctor.ask("GitHub: the rules of main", branch_rules.points)
    assert str(point.found).startswith("it cannot be looked at: GitHub answers GET")
    assert str(point.found).endswith("status 403: Resource not accessible")


def test_a_schema_tells_a_request_that_github_does_not_take():
    if not github_schemas.is_installed():
        pytest.skip(github_schemas.MISSING)
    place = f"/repos/{REPOSITORY}/rulesets"
    body = {
        "name": "x",
        "enforcement": "always",
        "rules": [{"type": "pull_request", "parameters": {}}],
        "more": 1,
    }
    faults = github_requests.request_faults("POST", place, body)
    assert any("knows no more" in it for it in faults)
    assert any(it.startswith("$.enforcement") for it in faults)
    assert any(it.startswith("$.rules[0]") for it in faults)
    assert github_requests.request_faults("GET", f"{place}?pages=2", None) == [f"GET {place} takes no pages"]
    assert github_requests.answer_faults("GET", f"/repos/{REPOSITORY}/environments/prod", 200, {"id": 1})


@pytest.fixture
def account(aws, cloud_variables, monkeypatch, tmp_path):
    """prod's state and roles, as make bootstrap leaves them, without Terraform, and a clone where nobody owns code."""
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    workplace.copy(tmp_path)
    monkeypatch.chdir(tmp_path)
    iam, bucket = aws("iam"), terraform.state_bucket("prod")
    bootstrap.bootstrap(bucket)
    for name, claims in {"plan": PLANS, "apply": APPLIES, "retrain": RETRAINS}.items():
        iam.create_role(RoleName=f"scones-prod-{name}", AssumeRolePolicyDocument=document(statement(claims)))
    yield iam
    for name in ("plan", "apply", "retrain"):
        iam.delete_role(RoleName=f"scones-prod-{name}")
    aws("s3").delete_bucket(Bucket=bucket)


REPO, ACCOUNT = f"repo:{REPOSITORY}", "arn:aws:iam::123456789012"
PLANS = {"aud": "sts.amazonaws.com", "sub": [f"{REPO}:pull_request", f"{REPO}:ref:refs/heads/main"]}
APPLIES = {
    "aud": "sts.amazonaws.com",
    "job_workflow_ref": [f"{REPOSITORY}/.github/workflows/environment.yml@refs/heads/main"],
    "ref": ["refs/heads/main"],
    "sub": [f"{REPO}:environment:prod"],
}
RETRAINS = APPLIES | {
    "job_workflow_ref": [f"{REPOSITORY}/.github/workflows/retrain.yml@refs/heads/main"],
    "sub": [f"{REPO}:environment:retrain"],
}


def statement(claims: dict, operator: str = "StringEquals", **other) -> dict:
    """Of a trust policy, as the module's tests have it; with other parts where they are given."""
    return {
        "Effect": "Allow",
        "Principal": {"Federated": f"{ACCOUNT}:oidc-provider/{roles.ISSUER}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {operator: {f"{roles.ISSUER}:{name}": value for name, value in claims.items()}},
    } | other


def document(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def without(claim: str) -> dict:
    return {name: value for name, value in APPLIES.items() if name != claim}


def of_aws(repository: str = REPOSITORY) -> dict[str, str]:
    return lacks(doctor.account.points("prod", f"repo:{repository}"))


def test_the_account_as_bootstrap_leaves_it_lacks_nothing(account):  # noqa: ARG001
    assert of_aws() == {}


def test_roles_that_trust_another_name_than_the_tokens_have_are_found(account):  # noqa: ARG001
    found = of_aws("scones-unlimited@1/driver-routing@2")
    assert list(found) == [
        f"AWS: the role scones-prod-{name} trusts this repository and no other"
        for name in ("plan", "apply", "retrain")
    ]
    assert "not repo:scones-unlimited@1/driver-routing@2:environment:prod" in list(found.values())[1]


EVERYBODY = statement(APPLIES, Principal={"AWS": f"{ACCOUNT}:root"}, Action="sts:AssumeRole")
del EVERYBODY["Condition"]
OTHER = f"{ACCOUNT}:oidc-provider/tokens.example.com"
TRUSTS_MORE: dict[str, tuple[list[dict], str]] = {
    "another repository beside this one": (
        [statement(APPLIES | {"sub": [*APPLIES["sub"], "repo:some/body:environment:prod"]})],
        ":sub is repo:scones-unlimited/driver-routing:environment:prod, repo:some/body:environment:prod, not repo:",
    ),
    "whatever looks alike": ([statement(APPLIES, "StringLike")], "StringLike"),
    "any branch": ([statement(without("ref"))], ":ref is nothing, not refs/heads/main"),
    "another branch": ([statement(APPLIES | {"ref": ["refs/heads/x"]})], ":ref is refs/heads/x, not refs/"),
    "any workflow": ([statement(without("job_workflow_ref"))], ":job_workflow_ref is nothing, not "),
    "a branch's workflow": (
        [
            statement(
                APPLIES
                | {"job_workflow_ref": [f"{REPOSITORY}/.github/workflows/environment.yml@refs/heads/x"]}
            )
        ],
        "environment.yml@refs/heads/x, not ",
    ),
    "tokens for anybody": ([statement(without("aud"))], ":aud is nothing, not sts.amazonaws.com"),
    "tokens for somebody else": (
        [statement(APPLIES | {"aud": ["sts.amazonaws.com", "https://example.com"]})],
        ":aud is https://example.com, sts.amazonaws.com, not sts.amazonaws.com",
    ),
    "another provider": (
        [statement(APPLIES, Principal={"Federated": OTHER})],
        f"Principal Federated is {OTHER}, not {ACCOUNT}:oidc-provider/{roles.ISSUER}",
    ),
    "an account beside the provider": (
        [
            statement(
                APPLIES, Principal=statement(APPLIES)["Principal"] | {"AWS": "arn:aws:iam::210987654321:root"}
            )
        ],
        "Principal AWS is arn:aws:iam::210987654321:root, not nothing",
    ),
    "another way in": (
        [statement(APPLIES, Action=["sts:AssumeRoleWithWebIdentity", "sts:TagSession"])],
        "Action is sts:AssumeRoleWithWebIdentity, sts:TagSession, not sts:AssumeRoleWithWebIdentity",
    ),
    "somebody else by a second statement": ([statement(APPLIES), EVERYBODY], "it has 2 statements, not one"),
    "its tokens twice": ([statement(APPLIES), statement(APPLIES)], "it has 2 statements, not one"),
}


@pytest.mark.parametrize("name", TRUSTS_MORE)
def test_a_role_that_trusts_more_is_found(account, name):
    statements, said = TRUSTS_MORE[name]
    account.update_assume_role_policy(RoleName="scones-prod-apply", PolicyDocument=document(*statements))
    ((what, found),) = of_aws().items()
    assert "scones-prod-apply" in what
    assert said in found


def test_the_plan_role_is_looked_at_as_well(account):
    more = statement(PLANS | {"aud": ["sts.amazonaws.com", "https://example.com"]})
    account.update_assume_role_policy(RoleName="scones-prod-plan", PolicyDocument=document(more))
    ((what, found),) = of_aws().items()
    assert "scones-prod-plan" in what
    assert ":aud is https://example.com, sts.amazonaws.com, not" in found


def test_a_bucket_that_keeps_no_versions_or_may_be_made_public_is_found(account, aws):  # noqa: ARG001
    bucket = terraform.state_bucket("prod")
    aws("s3").delete_public_access_block(Bucket=bucket)
    assert list(of_aws().values()) == ["it may be made public"]
    aws("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert list(of_aws().values()) == ["it keeps no versions"]


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "delivery.doctor", *arguments]
    return subprocess.run(
        command, cwd=Path.cwd(), env=dict(doctor.os.environ) | variables, capture_output=True, text=True
    )


def test_the_command_says_what_is_missing_and_its_status_is_1(settings, account):  # noqa: ARG001
    done = run("prod")
    assert done.returncode == 1
    assert "MISSING  main: changes only by pull request" in done.stdout
    assert "ok       AWS: s3://scones-prod-tfstate-123456789012 keeps the state" in done.stdout
    assert f"repos/{REPOSITORY}/rulesets --input -" in done.stdout
    assert re.search(r"^prod: 2\d missing, of 2\d points$", done.stdout, re.MULTILINE)
    assert done.stderr == ""


def test_the_command_with_yes_leaves_only_what_no_request_can_set(settings, account):  # noqa: ARG001
    done = run(
        "prod", "--yes", "--reviewers", "octocat", GITHUB_REPOSITORY="scones-unlimited@1/driver-routing@2"
    )
    last = done.stdout.strip().splitlines()[-1]
    assert last.startswith("prod: 3 missing"), done.stdout
    assert done.returncode == 1
    assert "MISSING  variable of environment propose: PROPOSE_APP" in done.stdout
    assert "MISSING  secret of environment propose: PROPOSE_APP_KEY" in done.stdout
    assert ".github/CODEOWNERS names nobody" in done.stdout


def test_without_a_token_aws_is_looked_at_and_the_rest_is_missing(account, monkeypatch):  # noqa: ARG001
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    done = run("prod", GITHUB_REPOSITORY=REPOSITORY)
    assert done.returncode == 1
    assert "found: GITHUB_TOKEN is not set" in done.stdout
    assert done.stdout.strip().endswith("prod: 1 missing, of 5 points")


def test_nothing_of_github_s_belongs_to_local(account, monkeypatch):  # noqa: ARG001
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    done = run("local", GITHUB_API_URL="http://127.0.0.1:9")
    assert "nothing of GitHub's belongs to local" in done.stdout
    assert "127.0.0.1:9" not in done.stdout
    assert "make bootstrap ENV=local" in done.stdout
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("env", "token", "called"), [("prod", "t", True), ("prod", "", False), ("local", "t", False)]
)
def test_bootstrap_shows_the_checklist_where_there_is_a_token_and_has_done_its_own_part(
    unpacked,  # noqa: F811
    env,
    token,
    called,
):
    python = program(unpacked / "bin/python", 'shift; echo "$@"; [ "$1" = operations.bootstrap ]')
    given = ("-C", str(unpacked), "bootstrap", f"ENV={env}", "ARGS=--yes", f"BIN={python.parent}")
    done = make(*given, "--assume-old=.venv/.installed-demo", GITHUB_TOKEN=token)
    assert done.returncode == 0, done.stderr
    assert (f"delivery.doctor {env} --yes" in done.stdout.splitlines()) is called
    assert ("make doctor ENV=prod shows what is missing" in done.stdout) is called
