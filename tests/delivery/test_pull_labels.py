"""Whose labels allow what a rule would refuse."""

import json

import pytest

from core.console import UserError
from delivery import pull_labels

COMMIT = "a" * 40
PULLS = f"commits/{COMMIT}/pulls"
PULL = {
    "number": 7,
    "merged_at": "2026-03-02T12:00:00Z",
    "merge_commit_sha": COMMIT,
    "base": {"ref": "main"},
    "labels": [{"name": "may-replace"}, {"name": "may-cost-more"}],
}


def event(time: str, what: str, name: str) -> dict:
    return {"event": what, "created_at": f"2026-03-02T{time}Z", "label": {"name": name}}


# What became of the pull request, the oldest first: the second label is there after the merge only.
EVENTS = [
    {"event": "committed", "sha": "b" * 40},
    event("10:00:00", "labeled", "may-replace"),
    event("10:30:00", "labeled", "may-cost-more"),
    event("11:00:00", "unlabeled", "may-cost-more"),
    {"event": "merged", "created_at": "2026-03-02T12:00:00Z"},
    event("12:00:01", "labeled", "may-cost-more"),
    event("13:00:00", "unlabeled", "may-replace"),
]


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
    assert pull_labels.read("staging") == {"may-replace"}


def test_after_the_merge_they_are_those_that_the_pull_request_had_when_it_was_merged(job):
    """Whoever may triage can set one on what is merged."""
    asked = job()
    asked.answer("GET", PULLS, [PULL | {"number": 8, "merged_at": None}, PULL])
    asked.answer("GET", "issues/7/timeline?per_page=100&page=1", EVENTS)
    asked.answer("GET", "issues/7/timeline?per_page=100&page=2", [])
    assert pull_labels.read("staging") == {"may-replace"}


def test_a_direct_push_has_none(job):
    job().answer("GET", PULLS, [])
    assert pull_labels.read("staging") == set()


def test_a_reviewed_plan_that_somebody_committed_allows_nothing_where_plans_are_reviewed(job, tmp_path):
    job().answer("GET", PULLS, [])
    (tmp_path / "build/reviewed/staging").mkdir(parents=True)
    (tmp_path / "build/reviewed/staging/review.json").write_text('{"allowed": ["may-replace"]}')
    assert pull_labels.read("staging") == set()


def test_a_job_that_may_not_ask_goes_by_what_the_reviewed_plan_needed(job, tmp_path, monkeypatch):
    job()
    monkeypatch.delenv("GITHUB_TOKEN")
    assert pull_labels.read("staging") == set()
    (tmp_path / "build/reviewed/staging").mkdir(parents=True)
    (tmp_path / "build/reviewed/staging/review.json").write_text('{"allowed": ["may-replace"]}')
    assert pull_labels.read("staging") == {"may-replace"}


def test_on_a_laptop_one_says_so_oneself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITHUB_EVENT_PATH"):
        monkeypatch.delenv(name, raising=False)
    assert pull_labels.read("staging") == set()
    monkeypatch.setenv("LABELS", "may-replace,may-cost-more")
    assert pull_labels.read("staging") == {"may-replace", "may-cost-more"}


def test_a_reviewed_plan_that_somebody_committed_is_refused(job, git, tmp_path):
    """Its salt would be known, and on main its labels believed."""
    job()
    (tmp_path / "build/reviewed/staging").mkdir(parents=True)
    (tmp_path / "build/reviewed/staging/review.json").write_text('{"salt": "mine"}')
    git("init", "-q")
    assert pull_labels.read_reviewed("staging") == {"salt": "mine"}
    git("add", "-A")
    with pytest.raises(UserError, match=r"staging/review\.json is under version control"):
        pull_labels.read_reviewed("staging")
