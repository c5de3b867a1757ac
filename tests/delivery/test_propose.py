"""A candidate as a pull request: what GitHub is asked for, and when nothing is."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.conftest import REPOSITORY
from tests.oracles import github_requests, github_schemas

from core.console import UserError
from delivery import propose

SHA = "ab" * 32
MODEL = {
    "artefact": f"s3://scones-prod-123456789012/models/{SHA[:16]}/model.tar.gz",
    "sha256": SHA,
    "dataset_id": "0123456789abcdef",
    "labels": ["bicycle", "motorcycle"],
    "metrics": {"test_accuracy": 0.95},
}
BRANCH = f"retrain/prod-{SHA[:16]}"
START = "c" * 40
FILE = "contents/terraform/envs/prod.model.tfvars.json"
OPEN = "pulls?state=open&base=main&per_page=100&page={}"
PAGE = "**The candidate is better by 1.9 points, surely between 0.4 and 3.5: it is surely better.**\n"


def pull(number: int, branch: str, repository: str = REPOSITORY, author: str = "Bot") -> dict[str, Any]:
    head = {"ref": branch, "sha": "d" * 40, "repo": {"full_name": repository}}
    place = f"https://github.com/{REPOSITORY}/pull/{number}"
    return {"number": number, "head": head, "html_url": place, "user": {"login": "scones", "type": author}}


def older(model: str) -> str:
    return f"retrain/prod-{model * 16}"


@pytest.fixture
def summary(tmp_path) -> Path:
    return tmp_path / "summary.md"


@pytest.fixture
def left(tmp_path, monkeypatch, summary):
    """What make retrain has left: a comparison with this verdict, and perhaps a model."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["delivery.propose", "prod"])
    for name, value in {
        "GITHUB_SHA": START,
        "GITHUB_RUN_ID": "30",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_STEP_SUMMARY": str(summary),
    }.items():
        monkeypatch.setenv(name, value)
    Path("terraform/envs").mkdir(parents=True)
    Path("terraform/envs/prod.tfvars").touch()

    def make(verdict: str, model: object = None) -> None:
        folder = Path("build/retrain/prod")
        folder.mkdir(parents=True)
        (folder / "comparison.json").write_text(json.dumps({"verdict": verdict}))
        (folder / "comparison.md").write_text(PAGE)
        if model is not None:
            (folder / "prod.model.tfvars.json").write_text(json.dumps({"model": model}))

    return make


@pytest.fixture
def hub(github, left):  # noqa: ARG001 left sets the summary's file, which github unsets
    """GitHub before the first proposal. In the end each request has to be one that it takes."""
    github.answer("GET", OPEN.format(1), [])
    github.answer("POST", "git/refs", {"ref": f"refs/heads/{BRANCH}"}, 201)
    github.answer("GET", f"{FILE}?ref={START}", {"type": "file", "encoding": "base64", "sha": "e" * 40})
    github.answer("PUT", FILE, {"commit": {"sha": "f" * 40}})
    github.answer("POST", "pulls", pull(9, BRANCH), 201)
    yield github
    if github_schemas.is_installed():
        for method, path, body in github.asked:
            assert github_requests.request_faults(method, f"/repos/{REPOSITORY}/{path}", body) == []


@pytest.fixture(autouse=True)
def summary_is_read(hub, monkeypatch, summary):  # noqa: ARG001 after github
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))


def test_one_that_is_surely_better_becomes_a_pull_request_of_one_signed_commit(left, hub, summary):
    left("surely better", MODEL)
    propose.main()
    assert [(method, path) for method, path, _ in hub.asked if method != "GET"] == [
        ("POST", "git/refs"),
        ("PUT", FILE),
        ("POST", "pulls"),
    ]
    refs, put, opened = (body for _, _, body in hub.asked if body)
    assert refs == {"ref": f"refs/heads/{BRANCH}", "sha": START}
    assert (put["branch"], put["sha"]) == (BRANCH, "e" * 40)
    assert json.loads(base64.b64decode(put["content"])) == {"model": MODEL}
    assert (opened["head"], opened["base"]) == (BRANCH, "main")
    assert opened["title"] == f"Promote model {SHA[:16]} in prod"
    assert opened["body"].startswith(PAGE)
    assert f"https://github.com/{REPOSITORY}/actions/runs/30" in opened["body"]
    assert set(hub.tokens) == {"Bearer secret"}
    assert f"proposed: https://github.com/{REPOSITORY}/pull/9" in summary.read_text()


def test_the_first_model_s_file_has_no_version_before(left, hub):
    del hub.answers["GET", f"{FILE}?ref={START}"]
    left("surely better", MODEL)
    propose.main()
    (put,) = (body for path, body in hub.sent("PUT"))
    assert "sha" not in put


@pytest.mark.parametrize("verdict", ["not surely better", "it surely falls"])
def test_one_that_is_not_is_not_opened_and_the_summary_says_why(verdict, left, hub, summary):
    left(verdict)
    propose.main()
    assert hub.asked == []
    assert f"this came of it: {verdict}." in summary.read_text()
    assert PAGE in summary.read_text()


def test_where_nobody_has_said_more_the_summary_says_so(hub, summary):
    propose.main()
    assert hub.asked == []
    assert "nobody has said more" in summary.read_text()


def list_open(hub, *pulls: dict[str, Any], added: int = 0) -> None:
    hub.answer("GET", OPEN.format(1), list(pulls))
    hub.answer("GET", OPEN.format(2), [])
    for it in pulls:
        commits = [{"sha": str(number) * 40} for number in range(1 + added)]
        hub.answer("GET", f"pulls/{it['number']}/commits?per_page=100&page=1", commits)
        hub.answer("GET", f"pulls/{it['number']}/commits?per_page=100&page=2", [])


def test_an_older_proposal_of_the_environment_is_closed_and_says_which_is_newer(left, hub):
    """And nobody else's: of a fork, of a person, of another environment, of a branch that is called otherwise."""
    others = [
        pull(4, f"retrain/staging-{'1' * 16}"),
        pull(5, older("2"), "somebody/fork"),
        pull(6, older("3"), author="User"),
        pull(7, "retrain/prod-by-hand"),
    ]
    list_open(hub, pull(3, older("1")), *others)
    hub.answer("POST", "issues/3/comments", {"id": 1}, 201)
    hub.answer("PATCH", "pulls/3", {"state": "closed"})
    hub.answer("DELETE", f"git/refs/heads/{older('1')}", b"", 204)
    left("surely better", MODEL)
    propose.main()
    assert hub.sent("PATCH") == [("pulls/3", {"state": "closed"})]
    assert ("issues/3/comments", {"body": "#9 proposes a newer candidate."}) in hub.sent("POST")
    assert hub.sent("DELETE") == [(f"git/refs/heads/{older('1')}", None)]


def test_a_proposal_to_which_somebody_has_added_stays(left, hub):
    list_open(hub, pull(3, older("1")), added=1)
    left("surely better", MODEL)
    propose.main()
    assert (hub.sent("PATCH"), hub.sent("DELETE")) == ([], [])


def test_a_branch_that_is_left_of_a_run_that_failed_is_used_again(left, hub):
    hub.answer("GET", f"git/ref/heads/{BRANCH}", {"ref": f"refs/heads/{BRANCH}"})
    hub.answer("PATCH", f"git/refs/heads/{BRANCH}", {"ref": f"refs/heads/{BRANCH}"})
    left("surely better", MODEL)
    propose.main()
    assert hub.sent("PATCH") == [(f"git/refs/heads/{BRANCH}", {"sha": START, "force": True})]
    assert [path for path, _ in hub.sent("POST")] == ["pulls"]


def test_a_model_that_is_proposed_already_is_not_proposed_twice(left, hub, summary):
    list_open(hub, pull(8, BRANCH))
    left("surely better", MODEL)
    propose.main()
    assert all(method == "GET" for method, _, _ in hub.asked)
    assert "/pull/8" in summary.read_text()


@pytest.mark.parametrize("model", [{}, {"sha256": SHA, "artefact": "s3://elsewhere/model.tar.gz"}, "text"])
def test_what_is_no_model_as_promote_writes_it_is_not_proposed(model, left, hub):
    left("surely better", model)
    with pytest.raises(UserError, match="names no model as make promote does"):
        propose.main()
    assert hub.asked == []
