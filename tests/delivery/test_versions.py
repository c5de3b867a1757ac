"""The model that a change is compared with, as it stands in git's history."""

import json

import pytest

from core import environment
from core.console import UserError
from delivery import versions


@pytest.fixture
def project(tmp_path, monkeypatch, git):
    """A clone where one model was merged, and a pull request that names another is checked out as its merge."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / environment.model_file("staging")
    file.parent.mkdir(parents=True)
    git("init", "-q", "-b", "main")
    for name in ("merged", "proposed"):
        file.write_text(json.dumps({"model": {"sha256": name}}))
        git("add", "-A")
        git("commit", "-q", "-m", name)
    return file


@pytest.mark.usefixtures("project")
def test_a_pull_request_is_compared_with_its_base_branch(monkeypatch):
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    assert versions.live("staging") == {"sha256": "merged"}


@pytest.mark.parametrize("event", ["push", "workflow_dispatch", ""])
def test_anything_else_is_compared_with_what_was_committed_last(project, monkeypatch, event):
    monkeypatch.setenv("GITHUB_EVENT_NAME", event)
    project.write_text("{}")
    assert versions.live("staging") == {"sha256": "proposed"}


def test_a_base_branch_without_a_model_has_none(project, git):
    git("rm", "-q", str(project))
    git("commit", "-q", "-m", "No model")
    assert versions.live("staging") is None


@pytest.mark.usefixtures("project")
def test_a_clone_without_the_base_branch_says_so(monkeypatch, git):
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    git("checkout", "-q", "HEAD^1")
    with pytest.raises(UserError, match="git rev-parse failed"):
        versions.live("staging")
