"""The one issue per environment that says what somebody changed by hand."""

import pytest

from delivery import by_hand, limit

ISSUES = "issues?state=open&per_page=100&page="
OTHERS = [
    {"number": 1, "user": {"type": "Bot"}, "body": by_hand.mark("prod") + "prod has drifted"},
    {"number": 2, "user": {"type": "User"}, "body": by_hand.mark("staging") + "I copied this"},
    {"number": 3, "user": {"type": "Bot"}, "body": None},
    {"number": 5, "user": None, "body": "by somebody who has left"},
]
OURS = {
    "number": 4,
    "user": {"type": "Bot"},
    "body": by_hand.mark("staging") + "yesterday's",
    "html_url": "url",
}


@pytest.fixture
def open_issues(github):
    def know(*issues):
        github.answer("GET", f"{ISSUES}1", list(issues))
        github.answer("GET", f"{ISSUES}2", [])
        github.answer("POST", "issues", OURS, status=201)
        github.answer("PATCH", "issues/4", OURS)
        github.answer("POST", "issues/4/comments", {}, status=201)

    return know


def test_drift_opens_an_issue(github, open_issues):
    open_issues(*OTHERS)
    by_hand.tell("staging", "## Plan for staging: 1 to change")
    ((path, sent),) = github.sent("POST")
    assert path == "issues"
    assert sent["title"] == "staging is not what it should be"
    assert "1 to change" in sent["body"]
    assert github.sent("PATCH") == []


def test_drift_that_goes_on_updates_the_issue(github, open_issues):
    open_issues(*OTHERS, OURS)
    by_hand.tell("staging", "x" * 100_000 + "\n")
    ((path, sent),) = github.sent("PATCH")
    assert path == "issues/4"
    assert len(sent["body"]) <= limit.COMMENT
    assert github.sent("POST") == []


def test_the_issue_is_closed_when_the_drift_is_gone(github, open_issues):
    open_issues(*OTHERS, OURS)
    by_hand.close("staging")
    assert github.sent("POST") == [("issues/4/comments", {"body": "staging is what it should be again."})]
    assert github.sent("PATCH") == [("issues/4", {"state": "closed", "state_reason": "completed"})]


def test_without_drift_and_without_an_issue_nothing_is_said(github, open_issues):
    open_issues(*OTHERS)
    by_hand.close("staging")
    assert github.sent("POST") == github.sent("PATCH") == []
