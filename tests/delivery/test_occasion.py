"""What a push to main asks for: a deployment, nothing, or somebody who reads a plan. None of these is an error."""

import json

import pytest
from tests.delivery import github_shapes
from tests.delivery.github_shapes import OURS
from tests.oracles import github_schemas

BEFORE, AFTER, HEAD = "a" * 40, "b" * 40, "c" * 40
PULL, RUN = github_shapes.pull(AFTER, HEAD), github_shapes.run(HEAD)
PUSH = {
    "ref": "refs/heads/main",
    "before": BEFORE,
    "after": AFTER,
    "created": False,
    "forced": False,
    "deleted": False,
    "repository": OURS,
}
DEPLOYED = ["terraform/main.tf"]
BY_HAND = "run ci on main, read its plans, then deploy with the number of that run"


@pytest.fixture
def decide(github, command, tmp_path, monkeypatch):
    """Run the command for a push, and answer what it decides and says."""

    def push(files=(), pulls=(PULL,), runs=(RUN,), plans=("plan-staging",), **payload):
        (tmp_path / "terraform/envs/prod.tfvars").touch()
        (tmp_path / "event.json").write_text(json.dumps(PUSH | payload))
        for name, value in {
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        }.items():
            monkeypatch.setenv(name, value)
        found = {"status": "ahead", "files": [{"filename": name} for name in files]}
        github.answer("GET", f"compare/{BEFORE}...{AFTER}", found)
        github.answer("GET", f"commits/{AFTER}/pulls", list(pulls))
        github.answer("GET", "pulls/7/files?per_page=100&page=1", [{"filename": name} for name in files])
        github.answer("GET", "pulls/7/files?per_page=100&page=2", [])
        query = f"event=pull_request&head_sha={HEAD}&per_page=100"
        github.answer(
            "GET",
            f"actions/workflows/ci.yml/runs?{query}",
            {"total_count": len(runs), "workflow_runs": list(runs)},
        )
        for env in ("prod", "staging"):
            name = f"plan-{env}"
            made = [{"id": 50, "name": name, "expired": False}] if name in plans else []
            answer = {"total_count": len(made), "artifacts": made}
            github.answer("GET", f"actions/runs/30/artifacts?name={name}&per_page=100", answer)
        done = command("occasion")
        assert done.returncode == 0, done.stderr
        return (tmp_path / "output").read_text().strip(), (tmp_path / "summary.md").read_text()

    return push


def test_a_merge_that_changes_what_is_deployed_is_deployed(decide):
    said = "What changes prod and staging is deployed, by the plan of run 30.\n"
    assert decide(DEPLOYED, plans=("plan-prod", "plan-staging")) == ("deploy=yes", said)


def test_a_merge_for_one_environment_needs_the_plan_of_that_one(decide):
    deploy, said = decide(["terraform/envs/staging.model.tfvars.json"])
    assert (deploy, said) == ("deploy=yes", "What changes staging is deployed, by the plan of run 30.\n")


def test_a_merge_of_documentation_deploys_nothing(decide):
    deploy, said = decide(["docs/deploy.md", "tests/test_docs.py"])
    assert (deploy, said) == ("deploy=no", "Nothing that is deployed changes: there is nothing to do.\n")


FORK = RUN | {"head_repository": {"full_name": "somebody/driver-routing"}}
UNREVIEWED: dict[str, tuple[dict, str]] = {
    "a direct push": ({"pulls": []}, f"no pull request was merged as commit {AFTER}"),
    "a fork's merge": (
        {"runs": [FORK]},
        "no run of ci.yml has made a plan for pull request 7 before it was merged, as for a fork's",
    ),
    "a merge that changes by what plans are judged": (
        {"files": [*DEPLOYED, "python/delivery/plan_rules.py"]},
        "pull request 7 changes python/delivery/plan_rules.py, by which its own plan was made",
    ),
    "Dependabot's merge": ({"plans": []}, "run 30 of ci.yml has made no plan-"),
}


@pytest.mark.parametrize("name", UNREVIEWED)
def test_what_nobody_could_review_is_not_deployed_and_says_what_to_do(decide, name):
    given, why = UNREVIEWED[name]
    deploy, said = decide(**{"files": DEPLOYED} | given)
    assert deploy == "deploy=no"
    assert why in said
    assert BY_HAND in said


@pytest.mark.parametrize("payload", [{"created": True, "before": "0" * 40}, {"forced": True}])
def test_what_was_there_before_is_not_guessed(decide, payload):
    assert decide(plans=("plan-prod",), **payload)[0] == "deploy=yes"


def test_a_run_of_ci_that_failed_is_an_error(decide):
    with pytest.raises(AssertionError, match="run 30 did not succeed"):
        decide(DEPLOYED, runs=[RUN | {"conclusion": "failure"}])


@pytest.fixture
def ask(github, command, tmp_path, monkeypatch):
    """Run the command for a deployment that somebody asks for, by the number of this run."""
    monkeypatch.setenv("GITHUB_EVENT_NAME", "workflow_dispatch")
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    by_hand = RUN | {"event": "workflow_dispatch", "head_branch": "main"}
    github.answer("GET", "actions/runs/30", by_hand)
    github.answer("GET", "actions/runs/31", RUN | {"id": 31})
    return lambda number: command("occasion", RUN=number)


def test_a_deployment_that_somebody_asks_for_is_one(ask, tmp_path):
    assert ask("30").returncode == 0
    assert (tmp_path / "output").read_text() == "deploy=yes\n"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("nonsense", "RUN is the number of a ci.yml run, as in 1234567890, not 'nonsense'"),
        ("", "RUN is the number of a ci.yml run"),
        (
            "31",
            "run 31 was for pull_request on better, and a plan may be named only if ci was started by hand",
        ),
        ("32", "status 404"),
    ],
)
def test_what_cannot_be_deployed_takes_nothing_s_place(ask, tmp_path, number, said):
    """Whatever waits for an approval is cancelled after this step, and not before somebody knows what for."""
    done = ask(number)
    assert said in done.stderr
    assert not (tmp_path / "output").exists()


def test_the_payloads_of_these_tests_are_github_s():
    if not github_schemas.is_installed():
        pytest.skip(github_schemas.MISSING)
    assert github_schemas.event_faults("push", PUSH) == []
    pull = {"repository": OURS, "pull_request": {"number": 7, "head": {"repo": OURS}}}
    assert github_schemas.event_faults("pull-request-opened", pull) == []
    assert github_schemas.event_faults("push", PUSH | {"forced": "no"})
    assert github_schemas.event_faults("push", PUSH | {"head_sha": AFTER})


def test_the_answers_of_these_tests_are_github_s():
    """As test_reviewed.py and others give them, too: the server of these tests looks at each."""
    if not github_schemas.is_installed():
        pytest.skip(github_schemas.MISSING)
    assert github_schemas.answer_faults("GET", "actions/runs/30", 200, RUN) == []
    assert github_schemas.answer_faults("GET", "actions/runs/30", 200, RUN | {"conclusions": ""})
    assert github_schemas.answer_faults("GET", "actions/runs/30?attempt=1", 200, RUN)
    assert github_schemas.answer_faults("GET", f"compare/{BEFORE}...main", 200, {"status": "newer"})
    assert github_schemas.answer_faults("POST", "actions/runs/30/cancel", 200, {})
    with pytest.raises(LookupError):
        github_schemas.answer_faults("POST", "actions/runs/30/overtake", 202, {})
