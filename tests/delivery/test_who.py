"""Who asked for a deployment and who agreed to it, as GitHub's API knows it."""

import pytest

from delivery import who

COMMIT = "c0ffee"
RUN = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_RUN_ID": "30",
    "GITHUB_SHA": COMMIT,
    "GITHUB_ACTOR": "octocat",
    "GITHUB_SERVER_URL": "https://github.com",
}
PULL = {
    "number": 7,
    "user": {"login": "ada", "type": "User"},
    "merged_at": "2026-03-02T12:00:00Z",
    "merge_commit_sha": COMMIT,
    "base": {"ref": "main"},
}


def approval(login, state, *environments):
    return {
        "state": state,
        "user": {"login": login, "type": "User"},
        "comment": "",
        "environments": [{"name": name} for name in environments],
    }


def review(login, state, commit="head"):
    return {"user": {"login": login, "type": "User"}, "state": state, "commit_id": commit}


@pytest.fixture
def run(github, monkeypatch, own_variables):
    """A run of deploy for a merged pull request; give it what people said."""
    for name, value in (RUN | own_variables).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GITHUB_TRIGGERING_ACTOR", raising=False)

    def answer(approvals=(), reviews=(), pulls=(PULL,)):
        github.answer("GET", f"commits/{COMMIT}/pulls", list(pulls))
        github.answer("GET", "actions/runs/30/approvals", list(approvals))
        github.answer("GET", "pulls/7/reviews?per_page=100&page=1", list(reviews))
        github.answer("GET", "pulls/7/reviews?per_page=100&page=2", [])

    return answer


def test_the_reviewers_of_the_environment_and_those_of_the_pull_request_agreed(run):
    run(
        approvals=[approval("grace", "approved", "prod"), approval("alan", "approved", "staging")],
        reviews=[review("linus", "APPROVED", "abc")],
    )
    assert who.agreed("prod", who.merged()) == [
        {"who": "grace", "to": "the environment prod", "commit": None},
        {"who": "linus", "to": "pull request 7", "commit": "abc"},
    ]


def test_who_took_an_approval_back_or_refused_did_not_agree(run):
    run(
        approvals=[approval("grace", "rejected", "prod")],
        reviews=[
            review("linus", "APPROVED"),
            review("linus", "CHANGES_REQUESTED"),
            review("ken", "APPROVED"),
            review("ken", "COMMENTED"),
            review("rob", "DISMISSED"),
        ],
    )
    assert [it["who"] for it in who.agreed("prod", who.merged())] == ["ken"]


def test_a_deployment_of_no_pull_request_has_the_environment_s_reviewers_alone(run):
    run(approvals=[approval("grace", "approved", "prod")], pulls=[])
    assert who.merged() is None
    assert [it["who"] for it in who.agreed("prod", None)] == ["grace"]


def test_whoever_started_a_run_again_asked_for_it(run, monkeypatch):
    run()
    monkeypatch.setenv("GITHUB_REPOSITORY", "owner/name")
    assert who.asked()["actor"] == "octocat"
    monkeypatch.setenv("GITHUB_TRIGGERING_ACTOR", "grace")
    found = who.asked()
    assert (found["actor"], found["log"]) == ("grace", "https://github.com/owner/name/actions/runs/30")
    assert found["caller"].startswith("arn:aws:")
