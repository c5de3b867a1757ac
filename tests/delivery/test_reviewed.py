"""The reviewed plan is fetched from GitHub: of the pull request that was merged, from a run that may be trusted."""

import io
import json
import re
import zipfile

import pytest

from core.console import UserError
from delivery import reviewed

COMMIT, HEAD = "a" * 40, "b" * 40
OURS = {"full_name": "scones-unlimited/driver-routing"}
PULL = {
    "number": 7,
    "merged_at": "2026-03-02T12:00:00Z",
    "merge_commit_sha": COMMIT,
    "head": {"sha": HEAD, "repo": OURS},
}
RUN = {
    "id": 30,
    "path": ".github/workflows/ci.yml",
    "status": "completed",
    "conclusion": "success",
    "head_sha": HEAD,
    "head_repository": OURS,
    "html_url": "https://github.com/the-run",
}
ARTIFACT = {"id": 50, "name": "plan-staging", "expired": False}
RUNS = f"actions/workflows/ci.yml/runs?head_sha={HEAD}&per_page=100"
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

    def know(pulls=(PULL,), runs=(RUN,), artifacts=(ARTIFACT,), archive=None):
        storage = make_github()
        storage.answer(
            "GET", "/zip", zipped(review_json='{"version": 1}', review_md="") if archive is None else archive
        )
        github.answer("GET", f"commits/{COMMIT}/pulls", list(pulls))
        github.answer("GET", RUNS, {"total_count": len(runs), "workflow_runs": list(runs)})
        for run in runs:
            github.answer("GET", f"actions/runs/{run['id']}", run)
        github.answer("GET", ARTIFACTS, {"total_count": len(artifacts), "artifacts": list(artifacts)})
        github.answer("GET", "actions/artifacts/50/zip", f"{storage.url}/zip", status=302)

    return know


@pytest.fixture
def fetch(github, command, monkeypatch):  # noqa: ARG001 its variables are the command's
    """Run the command in the job that a merge started."""
    monkeypatch.setenv("GITHUB_SHA", COMMIT)
    return lambda run="": command("reviewed", RUN=run)


def test_the_plan_of_the_merged_pull_request_is_fetched(answers, fetch, tmp_path):
    earlier = RUN | {"id": 20, "conclusion": "failure"}
    answers(runs=[earlier, RUN], artifacts=[ARTIFACT | {"id": 40}, ARTIFACT])
    done = fetch()
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "build/reviewed/staging/review.json").read_text()) == {"version": 1}
    assert "the plan of run 30" in done.stdout


def test_the_plan_of_a_run_that_is_named_is_fetched(answers, fetch, tmp_path):
    answers(pulls=[])
    done = fetch("30")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "build/reviewed/staging/review.json").exists()


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
    "no run": ({"runs": []}, "no run of ci.yml has made a plan for pull request 7"),
    "a fork's run": (
        {"runs": [FORK]},
        "no run of ci.yml has made a plan for pull request 7: is it a fork's?",
    ),
    "a run that failed": ({"runs": [RUN | {"conclusion": "failure"}]}, "run 30 did not succeed (failure)"),
    "a run under way": (
        {"runs": [RUN | {"conclusion": None, "status": "in_progress"}]},
        "run 30 did not succeed (in_progress)",
    ),
    "no artefact": ({"artifacts": []}, "run 30 has no artefact plan-staging"),
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
    [(FORK, "is a fork's"), (RUN | {"path": ".github/workflows/other.yml@main"}, "makes no plans")],
)
def test_a_run_that_is_named_counts_only_if_it_is_ci_of_ours(answers, run, said):
    answers(runs=[run])
    with pytest.raises(UserError, match=said):
        reviewed.fetch("staging", "30")


def test_a_refusal_is_one_line_and_leaves_nothing(answers, fetch, tmp_path):
    answers(pulls=[])
    done = fetch()
    assert done.returncode == 1
    assert done.stderr.startswith("error: no pull request was merged")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "build").exists()
