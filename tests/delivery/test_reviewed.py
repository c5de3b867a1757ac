"""The reviewed plan is fetched from GitHub: of the pull request that was merged, from a run that may be trusted."""

import io
import json
import re
import zipfile

import pytest
from tests.delivery import github_shapes
from tests.delivery.conftest import REPOSITORY
from tests.delivery.github_shapes import WHERE, certificate

from core.console import UserError
from delivery import merged, reviewed

COMMIT, HEAD, BASE, MERGE = (letter * 40 for letter in "abcd")
PULL, RUN = github_shapes.pull(COMMIT, HEAD), github_shapes.run(HEAD)
BY_HAND = RUN | {"event": "workflow_dispatch", "head_branch": "main"}
ARTIFACT = {"id": 50, "name": "plan-staging", "expired": False}
RUNS = f"actions/workflows/ci.yml/runs?event=pull_request&head_sha={HEAD}&per_page=100"
CERTIFICATE = certificate("plan.yml", "ci.yml", "refs/pull/7/merge", "pull_request", 30, MERGE)
OF_MAIN = certificate("plan.yml", "ci.yml", "refs/heads/main", "workflow_dispatch", 30, MERGE)
ARTIFACTS = "actions/runs/30/artifacts?name=plan-staging&per_page=100"


def zipped(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("_", "."), text)
    return content.getvalue()


@pytest.fixture
def answers(github, make_github):
    """Let GitHub know a merged pull request, its run and its artefact; with other answers where they are given."""

    def know(
        pulls=(PULL,),
        runs=(RUN,),
        artifacts=(ARTIFACT,),
        archive=None,
        parents=(BASE, HEAD),
        status="ahead",
        files=("terraform/main.tf",),
        labels=(),
    ):
        storage = make_github()
        storage.answer(
            "GET", "/zip", zipped(review_json='{"version": 1}', review_md="") if archive is None else archive
        )
        github.answer("GET", f"commits/{COMMIT}/pulls", list(pulls))
        named = [{"filename": it} if isinstance(it, str) else it for it in files]
        for number in range(len(named) // 100 + 2):
            page = f"pulls/7/files?per_page=100&page={number + 1}"
            github.answer("GET", page, named[100 * number : 100 * (number + 1)])
        events = [{"event": "labeled", "created_at": time, "label": {"name": name}} for name, time in labels]
        github.answer("GET", "issues/7/timeline?per_page=100&page=1", events)
        github.answer("GET", "issues/7/timeline?per_page=100&page=2", [])
        github.answer("GET", RUNS, {"total_count": len(runs), "workflow_runs": list(runs)})
        for run in runs:
            github.answer("GET", f"actions/runs/{run['id']}", run)
        github.answer("GET", ARTIFACTS, {"total_count": len(artifacts), "artifacts": list(artifacts)})
        github.answer("GET", "actions/artifacts/50/zip", f"{storage.url}/zip", status=302)
        github.answer("GET", f"commits/{MERGE}", {"sha": MERGE, "parents": [{"sha": it} for it in parents]})
        github.answer("GET", f"compare/{BASE}...main", {"status": status, "files": []})

    return know


@pytest.fixture
def fetch(github, command, monkeypatch):  # noqa: ARG001 its variables are the command's
    """Run the command in the job that a merge started."""
    monkeypatch.setenv("GITHUB_SHA", COMMIT)
    return lambda run="": command("reviewed", RUN=run)


def test_the_plan_of_the_merged_pull_request_is_fetched(answers, fetch, attest, tmp_path):
    earlier = RUN | {"id": 20, "conclusion": "failure"}
    answers(runs=[earlier, RUN], artifacts=[ARTIFACT | {"id": 40}, ARTIFACT])
    asked = attest({"runInvocationURI": f"{WHERE}/actions/runs/31/attempts/1"}, CERTIFICATE)
    done = fetch()
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "build/reviewed/staging/review.json").read_text()) == {"version": 1}
    assert "the plan of run 30" in done.stdout
    token, *words = asked.read_text().split()
    assert (token, words[:2]) == ("secret", ["attestation", "verify"])
    assert words[3:] == [
        f"--repo={REPOSITORY}",
        f"--signer-workflow={REPOSITORY}/.github/workflows/plan.yml",
        "--source-ref=refs/pull/7/merge",
        "--deny-self-hosted-runners",
        "--format=json",
    ]


def test_a_commit_that_another_branch_s_pull_request_brought_too_is_the_one_of_main_s(answers):
    answers(pulls=[PULL | {"number": 6, "base": {"ref": "release"}}, PULL])
    assert reviewed.of_merge(COMMIT).ref == "refs/pull/7/merge"


LATER = dict.fromkeys(("created_at", "run_started_at"), "2026-03-02T12:00:01Z")
NOT_ITS_OWN: dict[str, dict] = {
    "one of after the merge, as a label starts it": RUN | LATER | {"id": 31},
    "one of after the merge, under way": RUN
    | LATER
    | {"id": 31, "status": "in_progress", "conclusion": None},
    "one of after the merge, for main": RUN | LATER | {"id": 31, "display_title": "main: Better"},
    "another pull request's with the same head": RUN | {"id": 31, "display_title": "8/merge: Better"},
    "one of a pull request with a longer number": RUN | {"id": 31, "display_title": "77/merge: 7/merge: x"},
}


@pytest.mark.parametrize("name", NOT_ITS_OWN)
def test_a_later_run_that_nobody_reviewed_does_not_stand_in_the_way(answers, name):
    answers(runs=[NOT_ITS_OWN[name], RUN])
    assert reviewed.of_merge(COMMIT).run["id"] == 30


def test_a_run_that_was_tried_again_after_the_merge_has_a_plan_that_nobody_read(answers):
    answers(runs=[RUN | {"run_started_at": "2026-03-02T12:00:01Z"}, RUN | {"id": 29}])
    with pytest.raises(
        merged.NotPlanned, match=r"run 30 of ci\.yml was tried again after pull request 7 was merged"
    ):
        reviewed.of_merge(COMMIT)


def test_the_plan_of_a_run_on_main_that_is_named_is_fetched(answers, fetch, attest, tmp_path):
    answers(pulls=[], runs=[BY_HAND])
    attest(OF_MAIN)
    done = fetch("30")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "build/reviewed/staging/review.json").exists()


@pytest.mark.parametrize("attempt", [2, 3])
def test_a_run_that_was_tried_again_counts(answers, fetch, attest, attempt):
    answers()
    attest(CERTIFICATE | {"runInvocationURI": f"{WHERE}/actions/runs/30/attempts/{attempt}"})
    assert fetch().returncode == 0


@pytest.mark.parametrize("typed", ["ci", "30; true", "$(shell true)", "-1", "3²"])
def test_what_is_no_number_of_a_run_is_refused(github, typed):  # noqa: ARG001 its variables are the command's
    with pytest.raises(UserError, match="RUN is the number of a ci"):
        reviewed.fetch("staging", typed)


FORK = RUN | {"head_repository": {"full_name": "somebody/driver-routing"}}
REFUSED: dict[str, tuple[dict, str]] = {
    "no pull request": ({"pulls": []}, f"no pull request was merged as commit {COMMIT}"),
    "one that was closed": ({"pulls": [PULL | {"merged_at": None}]}, "no pull request was merged"),
    "one that only mentions the commit": (
        {"pulls": [PULL | {"merge_commit_sha": HEAD}]},
        "no pull request was",
    ),
    "one for another branch alone": (
        {"pulls": [PULL | {"base": {"ref": "release"}}]},
        "pull request 7 was one for release, not for main",
    ),
    "no run": ({"runs": []}, "no run of ci.yml has made a plan for pull request 7"),
    "a run that somebody started for the same head": (
        {"runs": [RUN | {"event": "workflow_dispatch"}]},
        "run 30 was not for pull request 7 as it was merged",
    ),
    "a run of a head that was not merged": (
        {"runs": [RUN | {"head_sha": BASE}]},
        "run 30 was not for pull request 7 as it was merged",
    ),
    "a fork's run": (
        {"runs": [FORK]},
        "no run of ci.yml has made a plan for pull request 7 before it was merged, as for a fork's: run ci on main",
    ),
    "a run that failed": ({"runs": [RUN | {"conclusion": "failure"}]}, "run 30 did not succeed (failure)"),
    "a run under way": (
        {"runs": [RUN | {"conclusion": None, "status": "in_progress"}]},
        "run 30 has not ended (in_progress)",
    ),
    "a run of after the merge alone": (
        {"runs": [RUN | LATER]},
        "no run of ci.yml has made a plan for pull request 7 before it was merged, as for a fork's: run ci on main",
    ),
    "no artefact": ({"artifacts": []}, "run 30 of ci.yml has made no plan-staging: run ci on main"),
    "an expired artefact": ({"artifacts": [ARTIFACT | {"expired": True}]}, "of run 30 has expired"),
    "an artefact of something else": ({"archive": zipped(readme_md="")}, "holds no review.json"),
    "an artefact that is no zip": ({"archive": b"garbage"}, "holds no review.json"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_plan_that_may_not_count_is_refused(answers, monkeypatch, name):
    given, said = REFUSED[name]
    answers(**given)
    monkeypatch.setenv("GITHUB_SHA", COMMIT)
    with pytest.raises(UserError, match=re.escape(said)):
        reviewed.fetch("staging", "")


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (BY_HAND | {"head_repository": FORK["head_repository"]}, "is a fork's"),
        (BY_HAND | {"path": ".github/workflows/other.yml@main"}, "makes no plans"),
        (BY_HAND | {"path": "mine/.github/workflows/ci.yml"}, "makes no plans"),
        (
            BY_HAND | {"head_branch": "better"},
            "was for workflow_dispatch on better, and a plan may be named only",
        ),
        (
            RUN,
            "was for pull_request on better, and a plan may be named only if ci was started by hand on main",
        ),
        (RUN | {"event": "push", "head_branch": "main"}, "was for push on main"),
        (RUN | {"head_branch": "main"}, "was for pull_request on main"),
    ],
)
def test_a_run_that_is_named_counts_only_if_it_is_ci_of_ours_on_main(answers, run, said):
    answers(runs=[run])
    with pytest.raises(UserError, match=said):
        reviewed.fetch("staging", "30")


FORGED: dict[str, dict] = {
    "by another workflow": {"buildSignerURI": f"{WHERE}/.github/workflows/mine.yml@refs/pull/7/merge"},
    "by another job of ci, which runs a model's code": {
        "buildSignerURI": f"{WHERE}/.github/workflows/ci.yml@refs/pull/7/merge"
    },
    "for another workflow": {"buildConfigURI": f"{WHERE}/.github/workflows/mine.yml@refs/pull/7/merge"},
    "by ci of another pull request with the same head": {
        "buildSignerURI": f"{WHERE}/.github/workflows/plan.yml@refs/pull/8/merge",
        "sourceRepositoryRef": "refs/pull/8/merge",
    },
    "by ci of a branch": {
        "buildSignerURI": f"{WHERE}/.github/workflows/plan.yml@refs/heads/better",
        "sourceRepositoryRef": "refs/heads/better",
    },
    "in another run": {"runInvocationURI": f"{WHERE}/actions/runs/300/attempts/1"},
    "for a push": {"buildTrigger": "push"},
    "on somebody's own runner": {"runnerEnvironment": "self-hosted"},
    "in another repository": {"sourceRepositoryURI": "https://github.com/somebody/driver-routing"},
}


@pytest.mark.parametrize("name", FORGED)
def test_a_plan_that_was_made_elsewhere_is_refused(answers, fetch, attest, tmp_path, name):
    answers()
    attest(CERTIFICATE | FORGED[name])
    done = fetch()
    assert done.stderr == (
        "error: review.json was not made by plan.yml in run 30 for refs/pull/7/merge, so GitHub attests: find out who "
        "put it there\n"
    )
    assert not (tmp_path / "build/reviewed").exists()


def test_a_plan_that_nothing_attests_is_refused(answers, fetch, attest):
    answers()
    attest(status=1)
    assert fetch().stderr == (
        "error: review.json has no attestation by plan.yml for refs/pull/7/merge (no attestations found)\n"
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"status": "diverged"}, f"the plan was made against commit {BASE}, which is not on main"),
        ({"status": "behind"}, f"the plan was made against commit {BASE}, which is not on main"),
        ({"parents": (BASE, COMMIT)}, f"the plan was made for commit {MERGE}, which does not merge {HEAD}"),
        ({"parents": (HEAD,)}, f"the plan was made for commit {MERGE}, which does not merge {HEAD}"),
    ],
    ids=["a base of somebody's own", "a base that is to come", "another head", "no merge at all"],
)
def test_a_pull_request_that_was_pointed_elsewhere_meanwhile_is_refused(answers, fetch, attest, given, said):
    """It may be opened against a branch with another ci.yml, planned there, and pointed to main afterwards."""
    answers(**given)
    attest(CERTIFICATE)
    assert said in fetch().stderr


ALLOWED = zipped(review_json='{"allowed": ["may-replace"]}')
BEFORE, AFTER = "2026-03-02T11:59:00Z", "2026-03-02T12:00:01Z"


@pytest.mark.parametrize("number", ["", "30"])
@pytest.mark.parametrize(
    ("set_at", "counts"), [([BEFORE], True), ([AFTER], False), ([], False)], ids=["before", "after", "never"]
)
def test_what_a_label_allowed_counts_if_the_pull_request_had_it_when_it_was_merged(
    answers, fetch, attest, tmp_path, number, set_at, counts
):
    """The plan says itself what allowed it: whoever made it could say so."""
    of_main = BY_HAND | {"head_sha": COMMIT}
    answers(
        archive=ALLOWED, labels=[("may-replace", it) for it in set_at], runs=[of_main] if number else [RUN]
    )
    attest(OF_MAIN if number else CERTIFICATE)
    done = fetch(number)
    assert (tmp_path / "build/reviewed/staging/review.json").exists() is counts
    said = "error: the plan was allowed by the label may-replace, which pull request 7 did not have when it was merged"
    assert done.stderr.startswith("" if counts else said)
    assert (done.returncode == 0) is counts


@pytest.mark.parametrize("text", ["nonsense", "[]", '{"allowed": 7}', '{"allowed": [[]]}'])
def test_what_is_attested_and_is_no_review_is_refused_in_one_line(answers, fetch, attest, text):
    answers(archive=zipped(review_json=text))
    attest(CERTIFICATE)
    assert fetch().stderr.startswith("error: review.json is no review of a plan")


JUDGES_ITSELF = (
    ".github/workflows/ci.yml",
    ".github/dependabot.yml",
    "Makefile",
    "pyproject.toml",
    "boto3/__init__.py",
    "json.py",
    "python/boto3.py",
    "python/sitecustomize.py",
    "python/core/console.py",
    "python/core/console.cpython-313-x86_64-linux-gnu.so",
    "python/core/__pycache__/console.cpython-313.pyc",
    "terraform/.terraform.lock.hcl",
    "python/cost/bill.py",
    "python/lambdas/console/files/json.so",
    "python/delivery/plan_rules.py",
    "python/delivery/new.py",
    "python/delivery/requirements.txt",
    "python/operations/terraform.py",
)


@pytest.mark.parametrize("path", JUDGES_ITSELF)
def test_a_pull_request_that_changes_how_plans_are_made_is_planned_again_on_main(answers, path):
    answers(files=["terraform/main.tf", path])
    with pytest.raises(merged.NotPlanned) as refused:
        reviewed.of_merge(COMMIT)
    assert str(refused.value) == (
        f"pull request 7 changes {path}, by which its own plan was made or judged: run ci on main, read its plans, "
        f"then deploy with the number of that run"
    )


@pytest.mark.parametrize("path", ["training/evaluate.py", "training/train.py", "core/figures/scores.py"])
@pytest.mark.parametrize("promotes", [True, False])
def test_a_pull_request_that_changes_the_gate_passes_no_model_of_its_own(answers, path, promotes):
    model = "terraform/envs/prod.model.tfvars.json" if promotes else "terraform/envs/prod.tfvars"
    answers(files=[model, f"python/{path}"])
    if promotes:
        with pytest.raises(
            merged.NotPlanned, match=f"changes python/{path}, by which its own plan was made or judged"
        ):
            reviewed.of_merge(COMMIT)
    else:
        assert reviewed.of_merge(COMMIT).run["id"] == 30


def test_a_tool_that_is_moved_away_is_changed(answers):
    answers(files=[{"filename": "docs/limit.py", "previous_filename": "python/delivery/limit.py"}])
    with pytest.raises(merged.NotPlanned, match=r"changes python/delivery/limit\.py"):
        reviewed.of_merge(COMMIT)


def test_a_list_of_files_that_github_cuts_short_counts_as_a_change(answers):
    """It names 3000 at most."""
    answers(files=[f"docs/{number}.md" for number in range(3000)])
    with pytest.raises(merged.NotPlanned, match="changes more files than GitHub lists"):
        reviewed.of_merge(COMMIT)


def test_what_makes_no_plan_may_change(answers):
    files = [
        "docs/deploy.md",
        "README.md",
        "terraform/main.tf",
        "tests/conftest.py",
        "python/lambdas/filter.py",
        "python/lambdas/console/files/review.js",
        "python/lambdas/console/files/texts.json",
    ]
    answers(files=[*files, "python/localcloud/__main__.py", "python/training/train.py"])
    assert reviewed.of_merge(COMMIT).run["id"] == 30


def test_a_refusal_is_one_line_and_leaves_nothing(answers, fetch, tmp_path):
    answers(pulls=[])
    done = fetch()
    assert done.returncode == 1
    assert done.stderr.startswith("error: no pull request was merged")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "build/reviewed").exists()
