"""Where a pull request comes from: nothing that a fork brings runs with credentials."""

import json

import pytest

from delivery import event

OURS = {"full_name": "scones-unlimited/driver-routing"}


def pull_request(source) -> dict:
    """The part that counts of what GitHub sends for a pull request from that repository."""
    return {"repository": OURS, "pull_request": {"number": 7, "head": {"repo": source}}}


@pytest.mark.parametrize(
    ("payload", "fork"),
    [
        (pull_request(OURS), False),
        (pull_request({"full_name": "somebody/driver-routing"}), True),
        (pull_request(None), True),
        ({"repository": OURS, "ref": "refs/heads/main"}, False),
        ({}, False),
    ],
    ids=["a branch of ours", "a fork", "a fork that is gone", "a push", "no event at all"],
)
def test_a_fork_is_told_from_a_branch(payload, fork):
    assert event.is_fork(payload) is fork


@pytest.mark.parametrize("name", ["gate", "review", "comment"])
def test_every_command_of_the_plan_job_refuses_a_fork(command, name, tmp_path, monkeypatch):
    (tmp_path / "event.json").write_text(json.dumps(pull_request({"full_name": "somebody/driver-routing"})))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event.json"))
    done = command(name)
    assert done.returncode == 1
    assert done.stderr == (
        "error: pull request 7 comes from a fork, and nothing of a fork runs with credentials: read it, then push it "
        "as a branch of scones-unlimited/driver-routing\n"
    )
