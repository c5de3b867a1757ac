"""How a deployment's record says that it ended."""

from datetime import UTC, datetime

import pytest

from delivery import recorded
from operations.live import Live
from operations.steps import Step

BEGAN, BEFORE, AFTER = (datetime(2026, 3, 2, 12, minute, tzinfo=UTC) for minute in (10, 5, 15))


def step(name, error=None, seconds=1.0):
    return Step(name, BEGAN.isoformat(), seconds, error)


def outcome(said, *taken, went_back=False):
    return recorded.conclude(said, recorded.find_end(list(taken)), went_back)


@pytest.mark.parametrize("said", ["success", "cancelled"])
def test_what_github_says_of_the_job_counts(said):
    assert outcome(said, step("apply")) == said


@pytest.mark.parametrize("name", ["attested", "newer", "reviewed", "review", "approve"])
def test_one_that_may_not_be_applied_is_refused(name):
    assert outcome("failure", step(name, "another plan")) == "refused"


@pytest.mark.parametrize("name", ["plan", "apply", "verify"])
def test_one_that_does_not_get_through_has_failed(name):
    assert outcome("failure", step("reviewed"), step(name, "terraform ended with status 1")) == "failed"


def test_one_that_fails_without_a_step_of_its_own_has_failed():
    assert outcome("failure", step("verify")) == "failed"
    assert outcome("failure") == "failed"


def test_the_step_that_did_not_end_is_the_one_in_which_it_ended():
    killed = step("apply", seconds=None)
    assert recorded.find_end([step("plan"), killed]) is killed


@pytest.mark.parametrize(
    ("live", "back"),
    [
        (Live("e", "InService", "before", "s3://b/1", AFTER), True),
        (Live("e", "RollingBack", "before", "s3://b/1", AFTER), True),
        (Live("e", "InService", "asked", "s3://b/2", AFTER), False),
        (Live("e", "InService", "before", "s3://b/1", BEFORE), False),  # it was not touched
        (Live("e", "Failed", "before", "s3://b/1", AFTER), False),
        (Live("e"), False),
    ],
)
def test_the_endpoint_went_back_if_it_was_changed_and_has_not_what_was_asked_for(live, back):
    end = step("apply", "it rang")
    assert recorded.went_back(live, "asked", [end], end) is back
    assert outcome("failure", end, went_back=back) == ("rolled back" if back else "failed")


def test_nothing_went_back_where_nothing_was_applied():
    end = step("approve", "another plan")
    assert not recorded.went_back(Live("e", "InService", "before", "s3://b/1", AFTER), "asked", [end], end)


def test_the_model_before_is_the_plan_s_where_the_plan_changes_it():
    now = {"model": {"id": "new"}}
    assert recorded.find_before({"outputs": {"model": {"before": {"id": "old"}}}}, now) == "old"
    assert recorded.find_before({"outputs": {"model": {"before": None}}}, now) is None
    assert recorded.find_before({"outputs": {}}, now) == "new"
    assert recorded.find_before({}, {}) is None


def test_without_an_apply_nothing_is_recorded_on_a_laptop(command, monkeypatch):
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    done = command("recorded")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_record_that_cannot_be_written_is_a_warning_and_not_a_failure(command):
    done = command("recorded", "--outcome", "failure", GITHUB_ACTIONS="true", GITHUB_RUN_ID="30")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("::warning::this deployment of staging is not on the record: ")
    assert done.stdout.count("\n") == 1
