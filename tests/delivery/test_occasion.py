"""What a push to main asks for: a deployment, nothing, or somebody who reads a plan. None of these is an error."""

import json
from pathlib import Path

import pytest
import yaml
from tests.delivery import github_shapes
from tests.delivery.github_shapes import OURS
from tests.oracles import github_schemas

from delivery import occasion
from delivery.github import Comparison

ROOT = Path(__file__).resolve().parents[2]
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
RUNS = f"actions/workflows/ci.yml/runs?event=pull_request&head_sha={HEAD}&per_page=100"
UNDER_WAY = {"status": "in_progress", "conclusion": None}
DEPLOYED = ["terraform/main.tf"]
BY_HAND = "run ci on main, read its plans, then deploy with the number of that run"


@pytest.fixture
def know(github):
    """Let GitHub know what a push brought, and of ci's runs the plans that they made."""

    def answer(files=(), pulls=(PULL,), runs=(RUN,), plans=("plan-staging",), expired=False):
        found = {"status": "ahead", "files": [{"filename": name} for name in files]}
        github.answer("GET", f"compare/{BEFORE}...{AFTER}", found)
        github.answer("GET", f"commits/{AFTER}/pulls", list(pulls))
        github.answer("GET", "pulls/7/files?per_page=100&page=1", [{"filename": name} for name in files])
        github.answer("GET", "pulls/7/files?per_page=100&page=2", [])
        github.answer("GET", RUNS, {"total_count": len(runs), "workflow_runs": list(runs)})
        for name in ("plan-prod", "plan-staging"):
            made = [{"id": 50, "name": name, "expired": expired}] if name in plans else []
            answered = {"total_count": len(made), "artifacts": made}
            github.answer("GET", f"actions/runs/30/artifacts?name={name}&per_page=100", answered)

    return answer


@pytest.fixture
def decide(know, command, tmp_path, monkeypatch):
    """Run the command for a push, and answer what it decides and says."""

    def push(files=(), created=False, forced=False, before=BEFORE, **known):
        payload = {"created": created, "forced": forced, "before": before}
        (tmp_path / "terraform/envs/prod.tfvars").touch()
        (tmp_path / "event.json").write_text(json.dumps(PUSH | payload))
        for name, value in {
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        }.items():
            monkeypatch.setenv(name, value)
        know(files, **known)
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
    "a merge after ci failed": (
        {"runs": [RUN | {"conclusion": "failure"}]},
        "run 30 did not succeed (failure)",
    ),
    "a merge after ci was cancelled": (
        {"runs": [RUN | {"conclusion": "cancelled"}]},
        "run 30 did not succeed (cancelled)",
    ),
    "a merge a week after its plan": (
        {"plans": ["plan-prod"], "expired": True},
        "the artefact plan-prod of run 30 has expired",
    ),
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


@pytest.fixture
def wait(know, monkeypatch, tmp_path):
    """Decide of a merge that came before its plans, while ci's run becomes one after the other of these."""
    monkeypatch.chdir(tmp_path)

    def push(*runs):
        plans = ("plan-prod", "plan-staging")
        coming, pauses = iter(runs), []

        def go_on(seconds):
            pauses.append(seconds)
            know(DEPLOYED, plans=plans, runs=[next(coming, runs[-1])])

        know(DEPLOYED, plans=plans, runs=[next(coming)])
        since: Comparison = {"status": "ahead", "files": [{"filename": name} for name in DEPLOYED]}
        return occasion.decide(AFTER, since, ["prod"], sleep=go_on), pauses

    return push


def test_a_merge_before_ci_has_ended_waits_for_its_plan(wait):
    queued, running = RUN | UNDER_WAY | {"status": "queued"}, RUN | UNDER_WAY
    found, pauses = wait(queued, running, RUN)
    assert (found.deploy, len(pauses)) == (True, 2)
    assert "by the plan of run 30" in found.said


@pytest.mark.parametrize("conclusion", ["failure", "cancelled", "timed_out"])
def test_a_merge_before_ci_has_ended_badly_says_what_to_do(wait, conclusion):
    found, pauses = wait(RUN | UNDER_WAY, RUN | {"conclusion": conclusion})
    assert (found.deploy, len(pauses)) == (False, 1)
    assert f"run 30 did not succeed ({conclusion}): {BY_HAND}" in found.said


def test_a_merge_waits_for_ci_no_longer_than_its_job_may(wait):
    found, pauses = wait(RUN | UNDER_WAY)
    assert found.deploy is False
    assert f"run 30 has not ended (in_progress): {BY_HAND}" in found.said
    decide = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text())["jobs"]["decide"]
    assert sum(pauses) == occasion.LONGEST
    assert sum(pauses) + 10 * 60 <= 60 * decide["timeout-minutes"]


def test_what_takes_a_run_s_place_meanwhile_is_what_is_waited_for(wait):
    """As ci's run of a label does, which cancels the one of the push before it."""
    later = RUN | {"id": 30, "run_started_at": "2026-03-02T11:59:00Z"}
    found, _ = wait(RUN | UNDER_WAY | {"id": 29}, later | UNDER_WAY, later)
    assert found.deploy is True


@pytest.fixture
def ask(github, know, command, tmp_path, monkeypatch):
    """Run the command for a deployment that somebody asks for, by the number of this run."""
    monkeypatch.setenv("GITHUB_EVENT_NAME", "workflow_dispatch")
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    by_hand = RUN | {"event": "workflow_dispatch", "head_branch": "main"}
    github.answer("GET", "actions/runs/30", by_hand)
    github.answer("GET", "actions/runs/31", RUN | {"id": 31})

    def run(number, **known):
        know(**{"plans": ("plan-staging",)} | known)
        return command("occasion", RUN=number)

    return run


def test_a_deployment_that_somebody_asks_for_is_one(ask, tmp_path):
    assert ask("30").returncode == 0
    assert (tmp_path / "output").read_text() == "deploy=yes\n"


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"expired": True}, "the artefact plan-staging of run 30 has expired"),
        ({"plans": ()}, "run 30 of ci.yml has made no plan-staging"),
    ],
)
def test_a_deployment_whose_plan_is_gone_takes_nothing_s_place(ask, tmp_path, known, said):
    done = ask("30", **known)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert said in done.stderr
    assert not (tmp_path / "output").exists()


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
