"""Whose labels allow what a rule would refuse."""

import json

import pytest

from delivery import labels

COMMIT = "a" * 40
PULLS = f"commits/{COMMIT}/pulls"
PULL = {"merged_at": "2026-03-02T12:00:00Z", "merge_commit_sha": COMMIT, "labels": [{"name": "may-replace"}]}


@pytest.fixture
def job(github, tmp_path, monkeypatch):
    """A job of GitHub Actions for this event; answer the API that it may ask."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_SHA", COMMIT)
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event.json"))
    monkeypatch.setenv("LABELS", "may-cost-more")

    def run(**event):
        (tmp_path / "event.json").write_text(json.dumps(event))
        return github

    return run


def test_a_pull_request_has_its_own(job):
    job(pull_request={"number": 7, "labels": [{"name": "may-replace"}]})
    assert labels.read("staging") == {"may-replace"}


def test_after_the_merge_they_are_those_of_the_pull_request(job):
    job().answer("GET", PULLS, [PULL, PULL | {"merged_at": None, "labels": [{"name": "may-cost-more"}]}])
    assert labels.read("staging") == {"may-replace"}


def test_a_job_that_may_not_ask_goes_by_what_the_reviewed_plan_needed(job, tmp_path, monkeypatch):
    job()
    monkeypatch.delenv("GITHUB_TOKEN")
    assert labels.read("staging") == set()
    (tmp_path / "build/reviewed/staging").mkdir(parents=True)
    (tmp_path / "build/reviewed/staging/review.json").write_text('{"allowed": ["may-replace"]}')
    assert labels.read("staging") == {"may-replace"}


def test_on_a_laptop_one_says_so_oneself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITHUB_EVENT_PATH"):
        monkeypatch.delenv(name, raising=False)
    assert labels.read("staging") == set()
    monkeypatch.setenv("LABELS", "may-replace,may-cost-more")
    assert labels.read("staging") == {"may-replace", "may-cost-more"}
