"""What people are told at the end of a deployment."""

import pytest

from operations import notify

LIVE = (
    "Live now: endpoint image-classifier-ep is InService with new-config, model s3://b/models/1/model.tar.gz"
)
JOB = {
    "GITHUB_ACTOR": "octocat",
    "GITHUB_REPOSITORY": "scones-unlimited/driver-routing",
    "GITHUB_RUN_ID": "30",
    "GITHUB_SERVER_URL": "https://github.com",
}


def test_after_a_deployment_people_hear_what_is_live_who_did_it_and_where_its_log_is():
    assert notify.message("prod", "success", LIVE, "d1" * 32, JOB) == (
        "The deployment of prod succeeded.\n"
        f"{LIVE}.\n"
        f"Plan: {'d1' * 32}\n"
        "Started by: octocat\n"
        "Log: https://github.com/scones-unlimited/driver-routing/actions/runs/30"
    )


@pytest.mark.parametrize(("outcome", "word"), [("failure", "FAILED"), ("cancelled", "was cancelled")])
def test_after_one_that_did_not_succeed_they_hear_how_to_go_back(outcome, word):
    told = notify.message("prod", outcome, LIVE, None, JOB)
    assert f"The deployment of prod {word}." in told
    assert "To go back: make rollback ENV=prod" in told
    assert "Plan: none was made" in told


def test_from_a_terminal_the_user_is_named_and_no_log():
    told = notify.message("staging", "success", LIVE, None, {"USER": "ada"})
    assert told.endswith("Started by: ada")


def test_the_subject_names_environment_and_outcome():
    assert notify.subject("prod", "failure") == "Scones Unlimited: the deployment of prod FAILED"
