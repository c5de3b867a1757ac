"""The plan in the job summary, and in one comment of the pull request."""

import json

import pytest

from delivery import limit, review
from delivery.comment import mark

REVIEW = "## Plan for staging: 1 to create\n"
COMMENTS = "issues/7/comments?per_page=100&page="
WRITTEN = {"id": 5, "html_url": "https://github.com/the-comment"}


@pytest.fixture
def comment(github, command, tmp_path, monkeypatch):  # noqa: ARG001 its variables are the command's
    """Run the command in the job of a pull request of ours."""
    (tmp_path / "build/plans/staging").mkdir(parents=True)
    (tmp_path / "build/plans/staging/review.md").write_text(REVIEW)
    ours = {"full_name": "scones-unlimited/driver-routing"}
    payload = {"repository": ours, "pull_request": {"number": 7, "head": {"repo": ours}}}
    (tmp_path / "event.json").write_text(json.dumps(payload))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event.json"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    return lambda: command("comment")


def bot(number: int, body: str) -> dict:
    return {"id": number, "body": body, "user": {"login": "github-actions[bot]", "type": "Bot"}}


def test_the_first_plan_of_a_pull_request_is_a_new_comment(comment, github, tmp_path):
    others = [
        bot(1, mark("prod") + "## Plan for prod"),
        {**bot(2, mark("staging")), "user": {"type": "User"}},
    ]
    github.answer("GET", f"{COMMENTS}1", others)
    github.answer("GET", f"{COMMENTS}2", [])
    github.answer("POST", "issues/7/comments", WRITTEN, status=201)
    done = comment()
    assert done.returncode == 0, done.stderr
    assert github.sent("POST") == [("issues/7/comments", {"body": mark("staging") + REVIEW})]
    assert (tmp_path / "summary.md").read_text() == f"{REVIEW}\n"


def test_the_next_plan_updates_that_comment(comment, github):
    github.answer("GET", f"{COMMENTS}1", [bot(1, mark("prod")), bot(5, mark("staging") + "the plan before")])
    github.answer("PATCH", "issues/comments/5", WRITTEN)
    done = comment()
    assert done.returncode == 0, done.stderr
    assert github.sent("PATCH") == [("issues/comments/5", {"body": mark("staging") + REVIEW})]
    assert github.sent("POST") == []


def test_without_a_pull_request_there_is_the_summary_alone(comment, github, tmp_path):
    (tmp_path / "event.json").write_text("{}")
    done = comment()
    assert done.returncode == 0, done.stderr
    assert github.asked == []
    assert (tmp_path / "summary.md").read_text() == f"{REVIEW}\n"


def test_without_a_plan_the_command_says_how_to_make_one(comment, tmp_path):
    (tmp_path / "build/plans/staging/review.md").unlink()
    done = comment()
    assert done.returncode == 1
    assert "make it with make plan ENV=staging" in done.stderr


def test_on_a_terminal_a_plan_says_what_changes_and_where_to_read_how():
    written = "## Plan\n\n### Changed\n\n- `a`\n  - policy:\n\n    ```terraform\n    x\n    ```\n\n- `b`\n\n"
    shown = review.shorten(f"{written}{limit.FOLD}\n\nall of it", "staging")
    assert shown == (
        "## Plan\n\n### Changed\n- `a`\n- `b`\n\nHow, and the whole difference: build/plans/staging/review.md"
    )
